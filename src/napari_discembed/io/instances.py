"""Objects from and to the files of other programs, whatever their format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.coco import write_coco
from napari_discembed.io.coco_reading import looks_like_coco, read_coco
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.doubts import check_labels
from napari_discembed.io.geojson import looks_like_geojson, read_geojson, write_geojson
from napari_discembed.io.imagej_rois import holds_rois, read_rois, write_rois
from napari_discembed.io.labels import read_segmentation, write_segmentation
from napari_discembed.io.planes import Picture
from napari_discembed.io.tables import TABLE_SUFFIXES, write_table
from napari_discembed.types import Image, Instances, ObjectTable, Segmentation

INSTANCE_SUFFIXES = (".zip", ".geojson", ".json", *TABLE_SUFFIXES, ".tif", ".tiff")
"""Endings of the files that are written."""
_ARCHIVE = b"PK\x03\x04"
_LIST = "ROIs of ImageJ (.roi, .zip), GeoJSON of outlines, COCO's instances or a label image"


def read_instances(
    path: str | Path,
    image: str | None = None,
    like: Image | Segmentation | Instances | Sequence[int] | None = None,
    *,
    smallest: bool = False,
) -> Instances:
    """Read the objects of one image.

    What a file is, its content says: ROIs of ImageJ, one or a zip; GeoJSON of QuPath; COCO's
    instances, or results of a detector; a label image.

    Parameters
    ----------
    path
        Of the file.
    image
        Which one of the images of a COCO file, by its name without suffix; None for the only one.
    like
        The image, or its shape: needed where the file does not say how large it is, as ROIs and
        GeoJSON of others. Pixel size and unit are taken from it.
    smallest
        Whether the smallest image that holds all objects is taken where nothing says its size.

    Raises
    ------
    FileFormatError
        If it is no such file, or damaged.
    InputError
        If the size of the image is not known, it is of another size than `like`, or no or several
        images of a COCO file are meant.

    Warns
    -----
    FileNote
        Of what is cut off at the edge of the image, and of what has no area and is left out.
    """
    found = read_all_instances(path, like, smallest=smallest)
    chosen = [each for each in found if image is None or each.name == image]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(each.name for each in found[:5]) + (", ..." if len(found) > 5 else "")
    asked = "one image" if image is None else repr(image)
    raise InputError(
        f"{path}: expected {asked}, but it holds {len(found)}: {names or 'none'}. Say which one "
        "(image=...), or read all of them (read_all_instances)."
    )


def read_all_instances(
    path: str | Path,
    like: Image | Segmentation | Instances | Sequence[int] | None = None,
    *,
    smallest: bool = False,
) -> list[Instances]:
    """Read the objects of all images of a file, as :func:`read_instances` does.

    Parameters
    ----------
    path, like, smallest
        As for :func:`read_instances`.

    Returns
    -------
    Those of each image: of a COCO file there may be many.
    """
    path = Path(path)
    picture = None if like is None else Picture.of(like)
    with path.open("rb") as file:
        head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise FileFormatError(f"{path} is empty: expected {_LIST}.")
    if head[:1] in b"{[":
        return _of_json(path, picture, smallest=smallest)
    if holds_rois(path):
        return [read_rois(path, picture, smallest=smallest)]
    if head.startswith(_ARCHIVE):
        raise FileFormatError(
            f"{path}: expected an archive of .roi files, got one of something else, or a damaged "
            "one. Take the file that is meant out of it."
        )
    segmentation = read_segmentation(path)
    check_labels(path, segmentation)
    return [Instances.of_labels(segmentation)]


def _of_json(path: Path, picture: Picture | None, *, smallest: bool) -> list[Instances]:
    document = read_json(path)
    if looks_like_geojson(document):
        return [read_geojson(path, document, picture, smallest=smallest)]
    if looks_like_coco(document):
        return read_coco(path, document, picture)
    raise FileFormatError(f"{path}: expected {_LIST}, got JSON of something else.")


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever is in it
    """Read a JSON document.

    Raises
    ------
    FileFormatError
        If it is none.
    """
    with told_as_damaged(path, "JSON", "Export it again."):
        return json.loads(path.read_text(encoding="utf-8-sig"))


def holds_instances(path: Path) -> bool:
    """Tell whether a file holds objects of other programs, by what is in it; not by labels."""
    try:
        with path.open("rb") as file:
            head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if head[:1] not in b"{[" or not head:
            return holds_rois(path)
        document = read_json(path)
    except (OSError, FileFormatError):
        return False
    return looks_like_coco(document) or _has_areas(document)


def _has_areas(document: object) -> bool:
    """Tell whether a document is GeoJSON with a polygon among its features."""
    if not looks_like_geojson(document):
        return False
    features = document if isinstance(document, list) else [document]
    if isinstance(document, dict) and isinstance(document.get("features"), list):
        features = document["features"]
    shapes = [f.get("geometry") for f in features if isinstance(f, dict)]
    return any(isinstance(s, dict) and "Polygon" in str(s.get("type")) for s in shapes)


def write_instances(
    path: str | Path,
    instances: Instances | Sequence[Instances],
    tables: ObjectTable | Sequence[ObjectTable] | None = None,
) -> None:
    """Write objects in the format that the ending says, whole or not at all.

    Parameters
    ----------
    path
        Ends in ``.zip`` (ROIs of ImageJ), ``.geojson`` (QuPath), ``.json`` (COCO), ``.csv``,
        ``.tsv``, ``.parquet`` (a row an object), ``.tif`` (labels; of overlapping objects the
        surest, or else smallest, keeps the pixels).
    instances
        Of one image, or for COCO and tables of several.
    tables
        A table of each, for GeoJSON and tables; None for place and size alone.

    Raises
    ------
    InputError
        If the ending is another, or it takes one image and there are several.
    """
    path = Path(path)
    several = [instances] if isinstance(instances, Instances) else list(instances)
    given = [tables] if isinstance(tables, ObjectTable) else tables
    suffix = path.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        write_objects_table(path, given or [each.table() for each in several])
    elif suffix == ".json":
        write_coco(path, several)
    elif suffix not in INSTANCE_SUFFIXES:
        raise InputError(
            f"{path}: expected a name that ends in one of {', '.join(INSTANCE_SUFFIXES)}."
        )
    elif len(several) != 1:
        raise InputError(f"{path}: {suffix} holds one image, got {len(several)}. Write .json.")
    elif suffix == ".zip":
        write_rois(path, several[0])
    elif suffix == ".geojson":
        write_geojson(path, several[0], None if given is None else given[0])
    else:
        write_segmentation(path, several[0].segmentation())


def write_objects_table(path: Path, tables: Sequence[ObjectTable]) -> None:
    """Write a row an object of several images, its image first and the unit of lengths last.

    Parameters
    ----------
    path
        Ends in ``.csv``, ``.tsv`` or ``.parquet``.
    tables
        One an image; what one has not is left empty there.
    """
    names = dict.fromkeys(name for table in tables for name in table.columns)
    columns: dict[str, list[Any]] = {"image": [], **{name: [] for name in names}, "unit": []}
    for table in tables:
        n = len(table)
        columns["image"] += [table.name] * n
        columns["unit"] += [table.unit] * n
        for name in names:
            values = table.columns.get(name)
            columns[name] += [None] * n if values is None else np.asarray(values).tolist()
    write_table(path, columns)
