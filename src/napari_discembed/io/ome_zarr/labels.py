"""Labels, written into the OME-Zarr image that they are of, as a pyramid with its levels."""

from __future__ import annotations

import errno
import itertools
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.files import replaced_folder, safe_name
from napari_discembed.imaging import nearest_index
from napari_discembed.io.ome_zarr.folders import is_store
from napari_discembed.io.ome_zarr.label_metadata import (
    OURS,
    check_list_of_labels,
    label_attributes,
    register_label,
)
from napari_discembed.io.ome_zarr.reading import chosen_image
from napari_discembed.io.ome_zarr.stored import StoredImage, group_attributes, zarr_library
from napari_discembed.progress import Job, Progress
from napari_discembed.types import IntArray
from napari_discembed.types.axes import CHANNEL, SPATIAL

LABELS = "labels"
"""Name of the group of all labels of an image, as the format has it."""

CHUNK = 1024
"""Side of a chunk of labels, if nothing else is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelTarget:
    """Where the labels of a stored image go.

    Attributes
    ----------
    image
        That they are of.
    level
        Of the image, which was segmented; the labels have this and the coarser ones.
    name
        Of the labels.
    letters
        A letter for each axis of the image's arrays.
    chunk
        Side of a chunk of labels along Y and X; along other axes it is 1.
    """

    image: StoredImage
    level: int
    name: str
    letters: str
    chunk: int = CHUNK

    @classmethod
    def of(
        cls,
        path: Path,
        name: str,
        *,
        series: int | None = None,
        level: int = 0,
        axes: str | None = None,
    ) -> LabelTarget:
        """Return where labels of a name go.

        Parameters
        ----------
        path
            Of the group of the image.
        name
            Of the labels.
        series, level, axes
            As the image is read.

        Raises
        ------
        InputError
            If the name is none.
        """
        label_path(path, name)
        image = chosen_image(path, series)
        letters = axes.upper() if axes else image.multiscale.letters
        return cls(image, image.checked_level(level), name, letters)

    @property
    def path(self) -> Path:
        """The group of the labels."""
        return label_path(self.image.path, self.name)

    @property
    def axes(self) -> str:
        """The letters of the labels' axes."""
        return self.letters.replace(CHANNEL, "")

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of each level of the labels."""
        return [self._without_channels(a.shape) for a in self.image.arrays[self.level :]]

    def chunks(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the chunks of a level of labels."""
        pairs = zip(self.axes, shape, strict=True)
        return tuple(min(n, self.chunk) if a in "YX" else 1 for a, n in pairs)

    def placed(
        self, box: tuple[slice, ...], labels: IntArray
    ) -> tuple[tuple[int | slice, ...], IntArray]:
        """Return where labels of a box of a frame go in the finest level, and as it takes them.

        Parameters
        ----------
        box, labels
            Of the spatial axes in the order Z, Y, X; without those that the image has but once.
        """
        letters = SPATIAL[-len(box) :]
        where = dict(zip(letters, box, strict=True))
        there = [letters.index(a) for a in self.axes if a in where]
        return tuple(where.get(a, 0) for a in self.axes), labels.transpose(there)

    def written_with(self) -> str | None:
        """Return the hash of the settings that labels of the name were made with.

        None where there are none, or another program's.
        """
        if not is_store(self.path):
            return None
        ours = group_attributes(self.path).get(OURS)
        return str(ours.get("settings")) if isinstance(ours, dict) else None

    def _without_channels(self, values: Any) -> tuple[int, ...]:  # noqa: ANN401
        pairs = zip(self.letters, values, strict=True)
        return tuple(int(value) for a, value in pairs if a != CHANNEL)

    def check_free(self, *, overwrite: bool) -> None:
        """Refuse to write where labels of the name are, or where nothing can be written.

        Raises
        ------
        InputError
            If there are such labels, and they are not to be replaced.
        DiscembedError
            If the store is read-only, or its list of labels is damaged.
        """
        if self.path.exists() and not overwrite:
            raise InputError(
                f"{self.path} is there. Choose another --label-name, or say --overwrite to "
                "replace it."
            )
        check_list_of_labels(self.path.parent)
        with told_as_unwritable(self.image.path), tempfile.TemporaryFile(dir=self.image.path):
            pass


def label_path(image: Path, name: str) -> Path:
    """Return the group of the labels of a name of a stored image.

    Raises
    ------
    InputError
        If it is no name of a group.
    """
    if safe_name(name) != name or name.startswith("_"):
        raise InputError(
            f"Expected a label name of letters, digits, '-', '_' and '.', got {name!r}."
        )
    return image / LABELS / name


@contextmanager
def told_as_unwritable(path: Path) -> Iterator[None]:
    """Turn what the system says of a store that cannot be written into one sentence.

    Raises
    ------
    DiscembedError
        If it is read-only, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DiscembedError(
                f"{path}: the store is read-only, and its labels are written into it. Copy it to "
                "where you may write."
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiscembedError(
                f"{path}: the disk is full; no labels were written into it. Free some space and "
                "start again."
            ) from error
        raise


@contextmanager
def new_labels(
    target: LabelTarget, dtype: DTypeLike, about: Mapping[str, Any], *, overwrite: bool = False
) -> Iterator[list[Any]]:
    """Give empty arrays, and put them into the image as its labels at the end.

    They are written beside, renamed, and registered last: a reader, or a crash at any moment, meets
    the labels of before or the new ones.

    Parameters
    ----------
    target
        Where they go.
    dtype
        Unsigned.
    about
        What else the group says of itself, such as ``properties`` of the numbers.
    overwrite
        Whether labels of that name are replaced.

    Yields
    ------
    An array of zarr for each level, from the finest; the axes are the image's without channels.

    Raises
    ------
    InputError
        If there are labels of that name that are not to be replaced.
    DiscembedError
        If the store is read-only or the disk is full.
    """
    target.check_free(overwrite=overwrite)
    zarr, folder = zarr_library(), target.path.parent
    was_there = folder.exists()
    with told_as_unwritable(target.image.path):
        folder.mkdir(exist_ok=True)
        try:
            with replaced_folder(target.path, is_ours=lambda _: overwrite) as partial:
                zarr_format = target.image.zarr_format
                group = zarr.create_group(str(partial), zarr_format=zarr_format)
                yield [
                    _new_array(group, str(level), shape, target, dtype)
                    for level, shape in enumerate(target.shapes)
                ]
                group.attrs.update(label_attributes(target, about))
            register_label(folder, target.name, target.image.zarr_format)
        finally:
            if not was_there:
                with suppress(OSError):  # of what went wrong nothing is left
                    folder.rmdir()


def _new_array(
    group: Any,  # noqa: ANN401
    name: str,
    shape: tuple[int, ...],
    target: LabelTarget,
    dtype: DTypeLike,
) -> Any:  # noqa: ANN401
    keys: dict[str, Any] = {"dimension_names": [a.lower() for a in target.axes]}
    if target.image.zarr_format == 2:
        keys = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
    chunks = target.chunks(shape)
    return group.create_array(
        name, shape=shape, chunks=chunks, dtype=np.dtype(dtype), fill_value=0, **keys
    )


def fill_coarser(levels: list[Any]) -> Job[None]:
    """Fill the coarser levels of a pyramid of labels from the finest, chunk by chunk.

    Each pixel takes the number of the nearest one of the level before: means of numbers are none.
    """
    pairs = list(itertools.pairwise(levels))
    total = sum(coarse.size for _, coarse in pairs)
    done = 0
    for fine, coarse in pairs:
        for box in chunk_boxes(coarse.shape, coarse.chunks):
            index = [
                nearest_index(n, m, b)
                for b, n, m in zip(box, fine.shape, coarse.shape, strict=True)
            ]
            part = np.asarray(fine[tuple(slice(int(i[0]), int(i[-1]) + 1) for i in index)])
            coarse[box] = part[np.ix_(*(i - i[0] for i in index))]
            done += math.prod(b.stop - b.start for b in box)
            yield Progress(done / total, "writing coarser levels")


def chunk_boxes(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield the boxes of the chunks of an array, those at the end cut to its shape."""
    axes = (
        [slice(start, min(start + side, n)) for start in range(0, n, side)]
        for n, side in zip(shape, chunks, strict=True)
    )
    yield from itertools.product(*axes)


def write_labels_into(
    target: LabelTarget,
    labels: IntArray,
    axes: str,
    about: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Job[None]:
    """Write labels that are in memory into the image that they are of.

    Parameters
    ----------
    target, about, overwrite
        As for :func:`new_labels`.
    labels
        On the grid of the level.
    axes
        Of the labels: those of the image that are longer than one, without channels.

    Raises
    ------
    InputError
        If they do not fit the image, or labels of that name are there.
    DiscembedError
        If the store is read-only or the disk is full.
    """
    shown = _as_stored(target, labels, axes)
    with new_labels(target, labels.dtype, about, overwrite=overwrite) as levels:
        for box in chunk_boxes(levels[0].shape, levels[0].chunks):
            levels[0][box] = shown[box]
            yield Progress(0.0, "writing labels")
        yield from fill_coarser(levels)


def _as_stored(target: LabelTarget, labels: IntArray, axes: str) -> NDArray[Any]:
    """Return labels with the axes of the store, those of length one among them."""
    shape = target.shapes[0]
    there = [a for a in target.axes if a in axes]
    if sorted(there) == sorted(axes):
        shown = labels.transpose([axes.index(a) for a in there])
        if shown.shape == tuple(n for a, n in zip(target.axes, shape, strict=True) if a in axes):
            return shown.reshape(shape)
    raise InputError(
        f"{target.image.path}: expected labels of axes {target.axes} and shape {shape}, got {axes} "
        f"of shape {labels.shape}."
    )
