"""What the functions of :mod:`napari_discembed.api` return: objects, what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import pipeline
from napari_discembed.errors import InputError
from napari_discembed.io.ctc_writer import write_ctc
from napari_discembed.io.geff import SUFFIX as GEFF_SUFFIX
from napari_discembed.io.geff import write_geff
from napari_discembed.io.instances import INSTANCE_SUFFIXES, write_instances
from napari_discembed.io.labels import write_segmentation
from napari_discembed.io.tables import TABLE_SUFFIXES, write_table
from napari_discembed.types import (
    Image,
    Instances,
    IntArray,
    ObjectTable,
    Segmentation,
    Tracks,
    napari_tracks,
    point_table,
    track_table,
)

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


@dataclass(frozen=True, slots=True, eq=False)
class TrackResult:
    """Objects followed through time.

    Attributes
    ----------
    tracks
        Labels that are numbered through time, the table of tracks, and how sure each link is.
    """

    tracks: Tracks

    @property
    def labels(self) -> IntArray:
        """``(T, *S)``: 0 background, the number of its track at each object."""
        return self.tracks.labels

    @property
    def count(self) -> int:
        """The number of tracks."""
        return len(self.tracks.table)

    def table(self) -> ObjectTable:
        """Return a row a track: begin, end, parent, sizes, the least sure of its links."""
        return track_table(self.tracks)

    def objects(self) -> ObjectTable:
        """Return a row an object of a frame: track, frame, centroid, size."""
        return point_table(self.tracks)

    def counts(self) -> ObjectTable:
        """Return a row a frame: objects, births, divisions, losses."""
        return self.tracks.counts()

    def napari(self) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return data and graph of a Tracks layer: ``viewer.add_tracks(data, graph=graph)``."""
        return napari_tracks(self.tracks)

    def save(self, path: str | Path) -> Path:
        """Write the tracks, as the name says.

        Parameters
        ----------
        path
            A folder whose name ends in ``_RES`` for the layout of the Cell Tracking Challenge;
            ``.geff``; ``.tif`` for the labels; ``.csv``, ``.tsv`` or ``.parquet`` for the table.

        Returns
        -------
        The file or folder.

        Raises
        ------
        InputError
            If the name ends otherwise.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        writers: dict[str, Any] = {GEFF_SUFFIX: lambda: write_geff(path, self.tracks)}
        writers |= dict.fromkeys(
            LABEL_SUFFIXES, lambda: write_segmentation(path, self.tracks.segmentation)
        )
        writers |= dict.fromkeys(TABLE_SUFFIXES, lambda: write_table(path, self.table()))
        if path.name.endswith("_RES"):
            write_ctc(path, self.tracks)
        elif suffix in writers:
            writers[suffix]()
        else:
            raise InputError(
                f"{path}: expected a name that ends in _RES or one of {', '.join(writers)}."
            )
        return path
