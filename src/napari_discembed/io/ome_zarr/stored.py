"""Opening OME-Zarr: which pictures a store holds, and their arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_discembed.errors import FileFormatError, MissingDependencyError
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.levels import checked_level
from napari_discembed.io.ome_zarr.folders import MARKS, is_store
from napari_discembed.io.ome_zarr.metadata import (
    AGAIN,
    Multiscale,
    Plate,
    Well,
    checked,
    multiscales_of,
    ome_attributes,
)

_WHAT = "an OME-Zarr image"


def images_in(path: Path) -> list[Path]:
    """Return the groups of the images of a store: itself, the fields of a plate or of a well.

    Raises
    ------
    FileFormatError
        If there is none.
    """
    about = ome_attributes(group_attributes(path))
    if "plate" in about:
        wells = checked(path, Plate, about["plate"]).wells
        found = [image for well in wells for image in _fields(path / well.path)]
    elif "well" in about:
        found = _fields(path)
    elif "bioformats2raw.layout" in about and "multiscales" not in about:
        numbered = sorted(p for p in path.iterdir() if p.name.isdigit() and is_store(p))
        found = sorted(numbered, key=lambda p: int(p.name))
    else:
        found = [path]
    if not found:
        raise FileFormatError(f"{path}: an OME-Zarr store without any image in it. {AGAIN}")
    return found


def _fields(well: Path) -> list[Path]:
    if not is_store(well):
        return []  # a well that is named and was never imaged
    about = ome_attributes(group_attributes(well))
    return [well / image.path for image in checked(well, Well, about.get("well")).images]


def group_attributes(path: Path) -> Mapping[str, Any]:
    """Return what a group says of itself.

    Raises
    ------
    FileFormatError
        If the folder is no group of zarr.
    MissingDependencyError
        If zarr is not installed.
    """
    return dict(_opened(path).attrs)


def _opened(path: Path) -> Any:  # noqa: ANN401 - a zarr.Group
    if not is_store(path):
        raise FileFormatError(
            f"{path}: expected an image file or an OME-Zarr store, got a folder with neither "
            f"zarr.json nor .zattrs. Name the store itself, such as image.ome.zarr."
        )
    zarr = zarr_library()
    with told_as_damaged(path, _WHAT, AGAIN):
        node = zarr.open(str(path), mode="r")
        if not isinstance(node, zarr.Group):
            raise FileFormatError(
                f"{path}: an array of zarr, which says nothing of axes. Name the OME-Zarr group "
                "that it belongs to, mostly the folder above it."
            )
        return node


def zarr_library() -> Any:  # noqa: ANN401 - the module
    """Return zarr.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import zarr
    except ImportError as error:
        raise MissingDependencyError(
            "OME-Zarr needs the library zarr. Install it: pip install 'napari-discembed[zarr]'."
        ) from error
    return zarr


@dataclass(frozen=True, slots=True, eq=False)
class StoredImage:
    """A picture of an OME-Zarr group.

    Attributes
    ----------
    path
        Of the group.
    zarr_format
        2 (NGFF 0.4) or 3 (NGFF 0.5).
    multiscale
        What the group says of the picture.
    arrays
        Of zarr, one for each level.
    """

    path: Path
    zarr_format: int
    multiscale: Multiscale
    arrays: tuple[Any, ...]

    def checked_level(self, level: int) -> int:
        """Return a level, if there is such a one.

        Raises
        ------
        InputError
            If there is none.
        """
        return checked_level(level, len(self.arrays), self.path)


def stored_images(path: Path) -> list[StoredImage]:
    """Return the pictures of a store, those of a collection one after the other.

    Raises
    ------
    FileFormatError
        If it is no OME-Zarr image, or a plate, whose fields are images of their own.
    """
    about = ome_attributes(group_attributes(path))
    for what in ("plate", "well"):
        if what in about:
            first = images_in(path)[0]
            raise FileFormatError(
                f"{path}: a {what} of several images. Name one, such as {first}; `discembed "
                "segment` takes all of them."
            )
    found = [image for group in images_in(path) for image in _images_of(group)]
    if not found:
        raise FileFormatError(
            f"{path}: a group of zarr without multiscales, which is no OME-Zarr image. Name the "
            f"group of the image, or export it as OME-Zarr."
        )
    return found


def _images_of(path: Path) -> list[StoredImage]:
    group = _opened(path)
    found = []
    for multiscale in multiscales_of(path, group.attrs):
        arrays = tuple(_array(path, group, level.path) for level in multiscale.levels)
        for array in arrays:
            if multiscale.axes and len(multiscale.axes) != array.ndim:
                raise FileFormatError(
                    f"{path}: names {len(multiscale.axes)} axes ({multiscale.letters}) of arrays "
                    f"of shape {array.shape}. {AGAIN}"
                )
        found.append(StoredImage(path, int(group.metadata.zarr_format), multiscale, arrays))
    return found


def _array(path: Path, group: Any, name: str) -> Any:  # noqa: ANN401
    with told_as_damaged(path, _WHAT, AGAIN):
        node = group.get(name)
        if node is None or not hasattr(node, "shape"):
            raise FileFormatError(
                f"{path}: its metadata name the level {name!r}, which is not there. Copy the store "
                "again, as a whole."
            )
        return node


def stored_identity(path: Path, level_path: str) -> list[int]:
    """Return what changes when someone changes a level of an image: sizes and times of its files.

    Parameters
    ----------
    path
        Of the group of the image.
    level_path
        Of the level's array in it.
    """
    marks = [stat for mark in MARKS if (stat := _stat(path / mark)) is not None]
    count = size = newest = 0
    for where, _, files in os.walk(path / level_path):
        for name in files:
            stat = (Path(where) / name).stat()
            count, size, newest = count + 1, size + stat.st_size, max(newest, stat.st_mtime_ns)
    return [
        *(value for stat in marks for value in (stat.st_size, stat.st_mtime_ns)),
        count,
        size,
        newest,
    ]


def _stat(path: Path) -> os.stat_result | None:
    return path.stat() if path.is_file() else None
