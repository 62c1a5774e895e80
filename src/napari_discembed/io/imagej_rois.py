"""ROIs of ImageJ and Fiji: a ``.roi`` file each, or a ``.zip`` of them."""

from __future__ import annotations

import logging
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.files import atomic_path
from napari_discembed.imaging.polygons import Points, Polygon, trace_polygons
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.outlines import Outline, instances_of
from napari_discembed.io.paths import path_to_rings, rings_to_path
from napari_discembed.io.planes import OURS, Picture, PlaneMask, planes_of
from napari_discembed.text import pluralize
from napari_discembed.types import Instances

MAGIC = b"Iout"
"""First bytes of a ROI."""
SUFFIX = ".roi"
LARGEST = 2**28
"""Bytes of one ROI."""
_AREAS = frozenset({ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED})
_PICTURES = frozenset({ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE})
_REMEDY = "Save it anew from the ROI Manager of Fiji."
_STEPS = 128
"""Corners of an oval, at least; else four a pixel of its size."""
_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def write_rois(path: str | Path, instances: Instances) -> None:
    """Write objects as a zip of ROIs, whole or not at all.

    Outlines follow the edges of the pixels: *traced* ones where an object is one part without
    holes, else composite ones. Name, position in a stack and properties (label, score, class, and
    what is needed to read them back) go along.

    Parameters
    ----------
    path
        Ends in ``.zip``.
    instances
        Each plane of an object is a ROI of its own.

    Raises
    ------
    InputError
        If there is no object: ImageJ opens no zip without ROIs.
    """
    if not len(instances):
        raise InputError(
            f"{path}: expected at least one object, got none: Fiji opens no zip without ROIs."
        )
    picture = Picture.of(instances)
    about = {f"{OURS}.{key}": _as_text(value) for key, value in picture if value is not None}
    with (
        atomic_path(Path(path)) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for mask in planes_of(instances):
            roi = _roi(mask, about, len(picture.outer))
            archive.writestr(f"{roi.name}{SUFFIX}", roi.tobytes())


def _as_text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else " ".join(str(value).split())


def _roi(mask: PlaneMask, about: Mapping[str, str], n_outer: int) -> ImagejRoi:
    corner = (mask.start[1], mask.start[0])
    polygons = [[ring + corner for ring in polygon] for polygon in trace_polygons(mask.mask)]
    if len(polygons) == 1 and len(polygons[0]) == 1:
        roi = ImagejRoi.frompoints(polygons[0][0])
        roi.roitype = ROI_TYPE.TRACED
    else:
        roi = _composite(polygons)
    roi.options |= ROI_OPTIONS.OVERLAY_LABELS
    place = "".join(f"{axis.lower()}{at + 1:04d}-" for axis, at in mask.index.items())
    roi.name = f"{place}{mask.number:04d}"
    if n_outer == 1:  # a plain stack knows one position, a hyperstack those of its axes
        roi.position = next(iter(mask.index.values())) + 1
    elif n_outer:
        roi.t_position, roi.z_position = (mask.index.get(axis, -1) + 1 for axis in "TZ")
    index = {f"{OURS}.{axis}": at for axis, at in mask.index.items()}
    score = {} if mask.score is None else {"score": mask.score}
    kind = {"class": _as_text(mask.kind)} if mask.kind else {}
    roi.properties = {"label": mask.number, **score, **kind, **about, **index}
    return roi


def _composite(polygons: Sequence[Polygon]) -> ImagejRoi:
    """Return a ROI of several parts, or with holes."""
    rings = [ring for polygon in polygons for ring in polygon]
    points = np.concatenate(rings)
    roi = ImagejRoi()
    roi.roitype = ROI_TYPE.RECT
    roi.multi_coordinates = rings_to_path(rings)
    roi.shape_roi_size = len(roi.multi_coordinates)
    roi.left, roi.top = points.min(axis=0).tolist()
    roi.right, roi.bottom = points.max(axis=0).tolist()
    return roi


def holds_rois(path: Path) -> bool:
    """Tell whether a file is a ROI, or a zip of nothing but ROIs."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == MAGIC:
        return True
    if head != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            heads = [archive.open(member).read(4) for member in members[:3]]
    except zlib.error:  # its names are right: it is told as damaged when it is read
        return True
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError):
        return False
    return bool(heads) and set(heads) == {MAGIC}


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the ROIs of an archive, but for folders and what macOS adds; none if others are."""
    files = [m for m in archive.infolist() if not m.is_dir() and "__MACOSX" not in m.filename]
    files = [m for m in files if not Path(m.filename).name.startswith(".")]
    return files if all(m.filename.lower().endswith(SUFFIX) for m in files) else []


def read_rois(path: Path, like: Picture | None = None, *, smallest: bool = False) -> Instances:
    """Read the areas of a ``.roi`` file or a zip of them.

    Parameters
    ----------
    path
        Of the file.
    like, smallest
        As :func:`~napari_discembed.io.outlines.instances_of` has them.

    Raises
    ------
    FileFormatError
        If it is damaged or holds no ROI.
    InputError
        If the size of the image is not known.

    Warns
    -----
    FileNote
        Of lines, points and texts, which have no area and are left out.
    """
    with told_as_damaged(path, "ROIs of ImageJ", _REMEDY), _complaints_noted(path):
        rois = list(_read(path))
        if not rois:
            raise FileFormatError(f"{path}: expected ROIs of ImageJ, got none. {_REMEDY}")
        axes = like.outer if like is not None else ""
        outlines = [o for roi in rois if (o := _outline(path, roi, axes)) is not None]
    if len(outlines) < len(rois):
        left_out = pluralize(len(rois) - len(outlines), "ROI")
        note = f"{path}: {left_out} without an area (points, lines, texts) left out."
        warnings.warn(note, FileNote, stacklevel=3)
    return instances_of(path, outlines, _own_picture(rois[0]), like, smallest=smallest)


@contextmanager
def _complaints_noted(path: Path) -> Iterator[None]:
    """Turn what roifile logs of parts that cannot be into one note."""
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("roifile")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
    if said:
        what = pluralize(len(said), "part") + " that cannot be"
        warnings.warn(f"{path}: {what} passed over ({said[0]}).", FileNote, stacklevel=5)


def _read(path: Path) -> Iterator[ImagejRoi]:
    with path.open("rb") as file:
        head = file.read(4)
    if head == MAGIC:
        yield ImagejRoi.frombytes(path.read_bytes())
        return
    with zipfile.ZipFile(path) as archive:
        for member in _members(archive):
            if member.file_size > LARGEST:
                raise FileFormatError(f"{path}: {member.filename} is too large for a ROI.")
            roi = ImagejRoi.frombytes(archive.read(member))
            roi.name = roi.name or Path(member.filename).stem
            yield roi


def _outline(path: Path, roi: ImagejRoi, axes: str) -> Outline | None:
    """Return the outline of a ROI; None where it has no area."""
    try:
        rings = _rings(roi)
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {roi.name}: {error} {_REMEDY}") from error
    if not rings:
        return None
    properties = roi.properties
    label, score = properties.get("label"), properties.get("score")
    whole = isinstance(label, int) and not isinstance(label, bool) and label > 0
    return Outline(
        [rings],
        _index(roi, axes),
        label if whole else None,
        float(score) if isinstance(score, int | float) else None,
        str(properties.get("class", "")),
    )


def _rings(roi: ImagejRoi) -> list[Points]:
    """Return the closed lines of an area, a hole being one within another."""
    if roi.subtype in _PICTURES:
        return []
    if roi.roitype in _AREAS:
        points = np.asarray(roi.coordinates(), np.float64)
        return [points] if len(points) >= 3 else []
    if roi.composite and roi.roitype == ROI_TYPE.RECT:
        return path_to_rings(roi.multi_coordinates.tolist())
    if roi.roitype not in (ROI_TYPE.RECT, ROI_TYPE.OVAL):
        return []
    # Of those with fractions, too, ImageJ takes the pixels of the whole numbers.
    begin, size = (roi.left, roi.top), (roi.right - roi.left, roi.bottom - roi.top)
    shape = _SQUARE if roi.roitype == ROI_TYPE.RECT else _circle(max(size))
    return [np.array(begin) + shape * np.array(size)] if min(size) > 0 else []


def _circle(size: float) -> Points:
    """Return corners of the circle within the unit square, the more the larger it will be."""
    n = int(np.clip(4 * size, _STEPS, 2**14))
    turn = np.arange(n) * (2 * np.pi / n)
    return (1 + np.stack([np.cos(turn), np.sin(turn)], axis=1)) / 2


def _index(roi: ImagejRoi, axes: str) -> dict[str, int]:
    """Return in which frame and plane a ROI lies, as far as it says so."""
    own = {axis: roi.properties.get(f"{OURS}.{axis}") for axis in "TZ"}
    if any(isinstance(at, int) for at in own.values()):
        return {axis: at for axis, at in own.items() if isinstance(at, int) and at >= 0}
    places = {"T": roi.t_position, "Z": roi.z_position}
    if not any(at > 0 for at in places.values()) and roi.position > 0:
        places = {axes if len(axes) == 1 else "Z": roi.position}
    return {axis: at - 1 for axis, at in places.items() if at > 0}


def _own_picture(roi: ImagejRoi) -> Picture | None:
    """Return the image as :func:`write_rois` noted it."""
    values: dict[str, Any] = {
        key.removeprefix(f"{OURS}."): value
        for key, value in roi.properties.items()
        if key.startswith(f"{OURS}.")
    }
    for key in ("shape", "pixel_size"):
        values[key] = str(values.get(key, "")).split()
    for key in ("axes", "frame_axes", "unit", "name"):
        if key in values:
            values[key] = str(values[key])
    return Picture.read(values)
