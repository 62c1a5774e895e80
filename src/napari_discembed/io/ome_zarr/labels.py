"""Labels, written into the OME-Zarr image that they are of, as a pyramid with its levels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_discembed.errors import InputError
from napari_discembed.files import replaced_folder
from napari_discembed.imaging import nearest_index
from napari_discembed.io.ome_zarr.label_metadata import label_attributes, register_label
from napari_discembed.io.ome_zarr.label_table import write_label_table
from napari_discembed.io.ome_zarr.label_target import LabelTarget, told_as_unwritable
from napari_discembed.io.ome_zarr.stored import zarr_library
from napari_discembed.progress import Job, Progress
from napari_discembed.types import IntArray, ObjectTable


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
    table: ObjectTable | None = None,
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
    table
        A row an object, written beside; None for none.

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
        if table is not None:
            write_label_table(target, table)


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
