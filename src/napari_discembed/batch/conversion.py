"""Objects of many files from one format to another: ROIs, GeoJSON, COCO, tables, label images."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from napari_discembed.batch.object_files import ImageFiles, with_classes
from napari_discembed.batch.sources import Source
from napari_discembed.datasets.readers import LABEL_ENDING
from napari_discembed.errors import InputError
from napari_discembed.files import safe_name
from napari_discembed.io.coco import write_coco
from napari_discembed.io.geojson import ObjectType, write_geojson
from napari_discembed.io.imagej_rois import write_rois
from napari_discembed.io.images import read_image
from napari_discembed.io.instances import read_all_instances, write_objects_table
from napari_discembed.io.labels import write_segmentation
from napari_discembed.metrics import measure_instances
from napari_discembed.types import Image, Instances, ObjectTable, Winner


class Format(StrEnum):
    """What objects are written as."""

    labels = "labels"
    roi = "roi"
    geojson = "geojson"
    coco = "coco"
    csv = "csv"
    parquet = "parquet"

    @property
    def ending(self) -> str:
        """How its files end."""
        return {"labels": "_labels.tif", "roi": ".zip", "coco": ".json"}.get(self, f".{self}")

    @property
    def suffix(self) -> str:
        """The last part of its ending."""
        return PurePosixPath(f"a{self.ending}").suffix

    @property
    def of_all(self) -> bool:
        """Whether one file is written for all images."""
        return self in (Format.coco, Format.csv, Format.parquet)

    @property
    def measured(self) -> bool:
        """Whether measurements go along."""
        return self in (Format.geojson, Format.csv, Format.parquet)


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """What came of the objects of one image.

    Attributes
    ----------
    instances
        Of one image, named by its file.
    overlapping
        How many pairs share pixels.
    lost
        How many have no pixel of their own in the label image that was written.
    """

    instances: Instances
    overlapping: int
    lost: int


@dataclass(slots=True, eq=False)
class Conversion:
    """Reads objects, file by file, and writes them in one format.

    Attributes
    ----------
    format
        To write.
    output
        A folder; or the file, where its name ends as those of the format do.
    images
        What the objects were found in, for sizes, intensities and names.
    winner
        Which of overlapping objects keeps the pixels in a label image; None for the usual.
    annotations
        Whether objects are annotations in QuPath, which people edit.
    polygons
        Whether COCO's objects are outlines where they can be.
    overwrite
        Whether files that are there are replaced.
    """

    format: Format
    output: Path
    images: ImageFiles | None = None
    winner: Winner | None = None
    annotations: bool = False
    polygons: bool = False
    overwrite: bool = False
    kept: list[tuple[Instances, ObjectTable | None]] = field(default_factory=list)
    """For a format of one file: those to be written at the end."""
    files: dict[str, str] = field(default_factory=dict)
    """By name: the image's file."""
    taken: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format.of_all:
            self._target("objects")

    def convert(self, source: Source) -> list[Converted]:
        """Read the objects of a file, and write them unless one file is written for all.

        Raises
        ------
        DiscembedError, OSError
            If it cannot be read or written.
        """
        key = LABEL_ENDING.sub("", source.key)
        own = None if self.images is None else self.images.find(key)
        like = None if own is None else read_image(own)
        several = read_all_instances(source.path, like)
        named = several
        if len(several) == 1:
            named = [replace(with_classes(several[0], source.path), name=key)]
        return [self._one(each, key, like) for each in named]

    def _one(self, instances: Instances, key: str, like: Image | None) -> Converted:
        name = instances.name
        if self.images is not None:
            file = self.images.find(name)
            if file is not None:
                self.files[name] = self.images.name_of(file)
                like = like if name == key else read_image(file)
                instances = _calibrated(instances, like)
            else:
                like = None
        table = measure_instances(instances, like) if self.format.measured else None
        pairs = len(instances.overlaps()) if self.format == Format.labels else 0
        if self.format.of_all:
            if any(other.name == name for other, _ in self.kept):
                raise InputError(f"Two images are called {name}. Convert them one at a time.")
            self.kept.append((instances, table))
            return Converted(instances, pairs, 0)
        target = self._target(name)
        self.taken[target] = name
        return Converted(instances, pairs, self._write(instances, table, target))

    def _write(self, instances: Instances, table: ObjectTable | None, target: Path) -> int:
        """Write the objects of an image, and return how many have no pixel there."""
        if self.format == Format.roi:
            write_rois(target, instances)
        elif self.format == Format.geojson:
            kind: ObjectType = "annotation" if self.annotations else "detection"
            write_geojson(target, instances, table, object_type=kind)
        else:
            found = instances.segmentation(self.winner)
            write_segmentation(target, found)
            return len(instances) - found.count
        return 0

    def finish(self) -> Path | None:
        """Write what goes into one file, and return it; None where there is none."""
        if not self.kept:
            return None
        target = self._target("objects")
        if self.format == Format.coco:
            found = [instances for instances, _ in self.kept]
            write_coco(target, found, polygons=self.polygons, files=self.files)
        else:
            write_objects_table(target, [table for _, table in self.kept if table is not None])
        return target

    def _target(self, name: str) -> Path:
        """Return the file to write; no name leads out of the folder."""
        parts = [safe_name(part) for part in re.split(r"[/\\]", name) if part.strip(". ")]
        target = self.output.joinpath(
            *parts[:-1], f"{(parts or ['image'])[-1]}{self.format.ending}"
        )
        if self.output.suffix.lower() == self.format.suffix:
            target = self.output
        if target in self.taken:
            raise InputError(
                f"{self.taken[target]} and {name} would both be written to {target}. Give a folder "
                "as --output, or rename one of them."
            )
        if target.exists() and not self.overwrite:
            raise InputError(
                f"{target} is there. Choose another --output, or say --overwrite to replace it."
            )
        return target


def _calibrated(instances: Instances, image: Image | None) -> Instances:
    """Return objects with the pixel size of their image, where they have none."""
    known = instances.unit != "pixel" or set(instances.pixel_size) != {1.0}
    if known or image is None or image.axes.ndim != instances.axes.ndim:
        return instances
    return replace(instances, pixel_size=image.ordered_pixel_size, unit=image.unit)
