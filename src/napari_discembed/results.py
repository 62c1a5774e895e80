"""What the functions of :mod:`napari_discembed.api` return: objects, with what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_discembed import pipeline
from napari_discembed.errors import InputError
from napari_discembed.io.instances import INSTANCE_SUFFIXES, write_instances
from napari_discembed.io.labels import write_segmentation
from napari_discembed.io.tables import TABLE_SUFFIXES, write_table
from napari_discembed.types import Image, Instances, IntArray, ObjectTable, Segmentation

LABEL_SUFFIXES = (".tif", ".tiff")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The objects of an image.

    Attributes
    ----------
    segmentation
        The objects, with their axes, pixel size and provenance.
    image
        The pixels that they were found in, for intensities; None where they are not known.
    """

    segmentation: Segmentation
    image: Image | None = None

    @property
    def labels(self) -> IntArray:
        """``(*S)``, frames first: 0 background, the objects above."""
        return self.segmentation.labels

    @property
    def instances(self) -> Instances:
        """The objects one by one, for programs that know no label images."""
        return Instances.of_labels(self.segmentation)

    @property
    def count(self) -> int:
        """The number of objects."""
        return self.segmentation.count

    def table(self) -> ObjectTable:
        """Return a row of measurements for each object."""
        return pipeline.measure(self.segmentation, self.image)

    def save(self, path: str | Path) -> Path:
        """Write the labels, the objects or the table, as the ending says.

        Parameters
        ----------
        path
            ``.tif`` for the labels; ``.zip`` for ROIs of ImageJ, ``.geojson`` for QuPath, ``.json``
            for COCO; ``.csv``, ``.tsv`` or ``.parquet`` for the table.

        Returns
        -------
        The file.

        Raises
        ------
        InputError
            If the ending is another.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in LABEL_SUFFIXES:
            write_segmentation(path, self.segmentation)
        elif suffix in TABLE_SUFFIXES:
            write_table(path, self.table())
        elif suffix in INSTANCE_SUFFIXES:
            write_instances(path, self.instances, self.table())
        else:
            known = ", ".join(dict.fromkeys((*LABEL_SUFFIXES, *TABLE_SUFFIXES, *INSTANCE_SUFFIXES)))
            raise InputError(f"{path}: expected a name that ends in one of {known}.")
        return path
