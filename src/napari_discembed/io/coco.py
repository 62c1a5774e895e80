"""COCO's JSON of instances, written: one file for many images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.files import atomic_path
from napari_discembed.imaging.polygons import trace_polygons
from napari_discembed.io.planes import OURS, Picture, PlaneMask, planes_of
from napari_discembed.io.rle import mask_to_runs, runs_to_text
from napari_discembed.types import Instances
from napari_discembed.types.image import frame_suffix

UNNAMED = "object"
"""Name of the category of objects without a class."""


def write_coco(
    path: str | Path,
    images: Sequence[Instances],
    *,
    polygons: bool = False,
    files: Mapping[str, str] | None = None,
) -> None:
    """Write objects of several images, whole or not at all.

    Frames and planes are images of their own, named ``movie[3]``, and are put together again when
    this package reads the file.

    Parameters
    ----------
    path
        Ends in ``.json``.
    images
        Each with a name of its own.
    polygons
        Whether objects without holes are written as outlines, which people can edit and training
        programs that know no run lengths read; else all are run lengths, which are smaller.
    files
        The image file of each name, by which other programs find the images.

    Raises
    ------
    InputError
        If two images have one name.
    """
    names = [each.name for each in images]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InputError(f"{path}: expected a name an image, got {doubled[0]!r} twice.")
    kinds = {k: None for each in images for k in each.classes or ("",)}
    categories = {kind: i for i, kind in enumerate(sorted(kinds), 1)}
    document: dict[str, Any] = {
        "info": {"description": "Objects, by napari-discembed"},
        "images": [],
        "annotations": [],
        "categories": [
            {"id": i, "name": kind or UNNAMED, "supercategory": ""}
            for kind, i in categories.items()
        ],
    }
    for each in images:
        ids: dict[tuple[int, ...], int] = {}
        picture = Picture.of(each)
        file = (files or {}).get(each.name, each.name)
        for row in _image_rows(file, picture, len(document["images"]) + 1):
            ids[tuple(row[OURS]["index"].values())] = row["id"]
            document["images"].append(row)
        for mask in planes_of(each):
            row = _annotation(mask, picture.plane_shape, polygons=polygons)
            row["image_id"] = ids[tuple(mask.index.values())]
            row["category_id"] = categories[mask.kind]
            document["annotations"].append({"id": len(document["annotations"]) + 1, **row})
    with atomic_path(Path(path)) as partial:
        partial.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")


def _image_rows(file: str, picture: Picture, first: int) -> Iterator[dict[str, Any]]:
    height, width = picture.plane_shape
    ids = count(first)
    for at in np.ndindex(picture.shape[:-2]):
        yield {
            "id": next(ids),
            "file_name": f"{file}{frame_suffix(at)}",
            "width": width,
            "height": height,
            OURS: {
                "index": dict(zip(picture.outer, at, strict=True)),
                **picture.model_dump(),
            },
        }


def _annotation(mask: PlaneMask, shape: tuple[int, int], *, polygons: bool) -> dict[str, Any]:
    (top, left), (height, width) = mask.start, mask.mask.shape
    outlines = trace_polygons(mask.mask) if polygons else []
    segmentation: Any
    if outlines and all(len(polygon) == 1 for polygon in outlines):
        segmentation = [(ring + np.array([left, top])).ravel().tolist() for [ring] in outlines]
    else:
        runs = mask_to_runs(mask.start, mask.mask, shape)
        segmentation = {"size": list(shape), "counts": runs_to_text(runs)}
    return {
        "segmentation": segmentation,
        "area": int(np.count_nonzero(mask.mask)),
        "bbox": [left, top, width, height],
        "iscrowd": 0,
        **({} if mask.score is None else {"score": mask.score}),
        OURS: mask.number,
    }
