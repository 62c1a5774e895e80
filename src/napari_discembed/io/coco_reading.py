"""COCO's JSON of instances, read: annotations of images, or the results of a detector."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from napari_discembed.config.base import first_problem
from napari_discembed.errors import FileFormatError, FileNote
from napari_discembed.imaging.polygons import Points
from napari_discembed.io.coco import UNNAMED
from napari_discembed.io.outlines import Outline, check_same_image, filled
from napari_discembed.io.planes import OURS, Picture, PlaneMask, joined
from napari_discembed.io.rle import runs_to_mask, text_to_runs
from napari_discembed.text import pluralize
from napari_discembed.types import Instances

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Length = Annotated[int, Field(gt=0, le=2**31)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Rle(_Part):
    """Run lengths: `counts` as a list or as compressed text, of an image of ``[Y, X]``."""

    size: tuple[_Length, _Length]
    counts: str | list[int]


class _Place(_Part):
    model_config = ConfigDict(extra="allow")

    index: dict[str, Annotated[int, Field(ge=0)]]


class _Image(_Part):
    id: int | str
    width: _Length
    height: _Length
    file_name: str = ""
    ours: _Place | None = Field(None, alias=OURS)


class _Category(_Part):
    id: int
    name: str = ""


class _Annotation(_Part):
    image_id: int | str
    category_id: int | None = None
    segmentation: Rle | list[list[_Number]] | None = None
    score: _Number | None = None
    iscrowd: int = 0
    ours: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(None, alias=OURS)


class _File(_Part):
    images: list[_Image] = []
    annotations: list[_Annotation]
    categories: list[_Category] = []


_RESULTS = TypeAdapter(list[_Annotation])


def looks_like_coco(document: object) -> bool:
    """Tell whether a JSON document is one of instances: annotations of images, or results."""
    if isinstance(document, dict):
        annotations = document.get("annotations")
        return isinstance(annotations, list) and isinstance(document.get("images"), list)
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and {"image_id", "segmentation"} <= first.keys()


def read_coco(path: Path, document: object, like: Picture | None = None) -> list[Instances]:
    """Read the objects of all images of a JSON document.

    Parameters
    ----------
    path
        Of the file, for messages.
    document
        Such as :func:`looks_like_coco` knows.
    like
        What to take pixel size and unit from, for a file of one image.

    Raises
    ------
    FileFormatError
        If a part is missing or cannot be, or run lengths do not sum up.

    Warns
    -----
    FileNote
        Of annotations without a mask, and of crowds, which are no objects; both are left out.
    """
    try:
        if isinstance(document, list):
            file = _of_results(_RESULTS.validate_python(document))
        else:
            file = _File.model_validate(document)
    except ValidationError as error:
        raise FileFormatError(
            f"{path}: expected COCO's instances, got something else: {first_problem(error)}"
        ) from error
    kinds = {category.id: category.name for category in file.categories}
    if set(kinds.values()) <= {UNNAMED}:
        kinds = {}
    by_image: dict[int | str, list[_Annotation]] = {image.id: [] for image in file.images}
    for annotation in _objects(path, file.annotations):
        if annotation.image_id not in by_image:
            raise FileFormatError(
                f"{path}: an annotation is of image {annotation.image_id}, which the file does not "
                "list. Export it again with its images."
            )
        by_image[annotation.image_id].append(annotation)
    return [
        _instances(path, images, by_image, kinds, picture)
        for picture, images in _pictures(file.images, path, like)
    ]


def _of_results(results: list[_Annotation]) -> _File:
    """Return a file of the results of a detector, whose images are as large as run lengths say."""
    sizes = {r.image_id: r.segmentation.size for r in results if isinstance(r.segmentation, Rle)}
    images = [
        _Image(id=key, height=height, width=width, file_name=str(key))
        for key, (height, width) in sizes.items()
    ]
    kinds = sorted({r.category_id for r in results if r.category_id is not None})
    named = [_Category(id=k, name=str(k)) for k in kinds] if len(kinds) > 1 else []
    return _File(images=images, annotations=results, categories=named)


def _objects(path: Path, annotations: Sequence[_Annotation]) -> list[_Annotation]:
    """Return the annotations that are objects with masks, and tell of the others."""
    masked = [a for a in annotations if a.segmentation is not None and a.segmentation != []]
    whole = [a for a in masked if not a.iscrowd]
    for number, what in (
        (len(annotations) - len(masked), "without a mask"),
        (len(masked) - len(whole), "of crowds (iscrowd)"),
    ):
        if number:
            note = f"{path}: {pluralize(number, 'annotation')} {what} left out."
            warnings.warn(note, FileNote, stacklevel=4)
    return whole


def _pictures(
    images: Sequence[_Image], path: Path, like: Picture | None
) -> list[tuple[Picture, list[tuple[_Image, Mapping[str, int]]]]]:
    """Return each picture with the images that are its planes, and which planes these are."""
    planes: dict[object, tuple[Picture, list[tuple[_Image, Mapping[str, int]]]]] = {}
    for image in images:
        ours = None if image.ours is None else Picture.read(image.ours.model_dump())
        size = (image.height, image.width)
        if image.ours is not None and ours is not None and ours.plane_shape == size:
            key, index = ours.name, image.ours.index
            planes.setdefault(("ours", key), (ours, []))[1].append((image, index))
        else:
            file = PurePosixPath(image.file_name.replace("\\", "/"))
            name = str(file.with_suffix("")) if file.name else str(image.id)
            picture = Picture(shape=size, name=name)
            if like is not None and len(images) == 1 and not like.outer:
                check_same_image(path, picture, like)
                picture = like.model_copy(update={"name": name})
            planes[image.id] = picture, [(image, {})]
    if len(planes) == 1:
        check_same_image(path, next(iter(planes.values()))[0], like)
    return list(planes.values())


def _instances(
    path: Path,
    images: Sequence[tuple[_Image, Mapping[str, int]]],
    by_image: Mapping[int | str, Sequence[_Annotation]],
    kinds: Mapping[int, str],
    picture: Picture,
) -> Instances:
    """Return the objects of one picture."""
    parts: list[Outline | PlaneMask] = []
    for image, index in images:
        for a in by_image[image.id]:
            kind = kinds.get(a.category_id or 0, "")
            kind = "" if kind == UNNAMED and a.ours is not None else kind
            about = index, a.ours, a.score, kind
            if isinstance(a.segmentation, Rle):
                start, mask = _decoded(path, a.segmentation, picture)
                parts.append(PlaneMask(start, mask, *about))
            else:
                parts.append(Outline(_rings(path, a.segmentation or []), *about))
    return joined(filled(path, parts, picture), picture, path)


def _decoded(path: Path, rle: Rle, picture: Picture) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    if tuple(rle.size) != picture.plane_shape:
        raise FileFormatError(
            f"{path}: expected a mask of the image's size {picture.plane_shape}, got {rle.size} "
            f"in {picture.name}. Check width and height of the image."
        )
    try:
        counts = text_to_runs(rle.counts) if isinstance(rle.counts, str) else rle.counts
        return runs_to_mask(counts, picture.plane_shape)
    except (FileFormatError, OverflowError) as error:
        raise FileFormatError(f"{path}: {picture.name}: {error}") from error


def _rings(path: Path, lists: Sequence[Sequence[float]]) -> list[list[Points]]:
    if any(len(ring) % 2 or len(ring) < 6 for ring in lists):
        raise FileFormatError(
            f"{path}: expected outlines as x, y, x, y, ... of at least three points, got "
            f"{min(map(len, lists))} numbers. Export it again."
        )
    return [[np.array(ring, np.float64).reshape(-1, 2)] for ring in lists]
