"""A window of a pyramid of labels: read, corrected, and written back into all levels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.imaging import nearest_index
from napari_discembed.io.ome_zarr.label_metadata import OURS
from napari_discembed.io.ome_zarr.label_table import drop_label_table
from napari_discembed.io.ome_zarr.label_target import told_as_unwritable
from napari_discembed.io.ome_zarr.labels import chunk_boxes
from napari_discembed.io.ome_zarr.stored import stored_images, zarr_library
from napari_discembed.lock import locked
from napari_discembed.progress import Job, Progress
from napari_discembed.types import IntArray

CORRECTED = "corrected by hand"
"""Stands for the hash of the settings of labels that were corrected: no run takes them for its own,
and none replaces them unasked."""
_LOCK = ".discembed.lock"


@dataclass(frozen=True, slots=True)
class LabelWindow:
    """A window of labels that are stored as a pyramid.

    Attributes
    ----------
    path
        Of the group of the labels.
    box
        Of the finest level, along Y and X.
    """

    path: Path
    box: tuple[slice, slice]

    def read(self) -> IntArray:
        """Return the labels ``(Y, X)`` of the window.

        Raises
        ------
        FileFormatError
            If they cannot be read.
        InputError
            If they have several frames.
        """
        array = stored_images(self.path)[0].arrays[0]
        labels: IntArray = np.asarray(array[self._index(array)])
        return labels

    def write(self, before: IntArray, after: IntArray) -> Job[IntArray]:
        """Write a corrected window back, and refresh what the levels above show of it.

        Objects that came new get numbers that no object of the whole has. The table of the labels
        goes, since it is no longer of them.

        Parameters
        ----------
        before, after
            ``(Y, X)``: as it was read, and as it is to be.

        Returns
        -------
        A job of the labels as they are written.

        Raises
        ------
        InputError
            If the type of the stored labels has no numbers left.
        DiscembedError
            If the labels were changed meanwhile, or cannot be written.
        """
        fresh = np.setdiff1d(after, before)
        with told_as_unwritable(self.path), locked(self.path.parent / _LOCK):
            group = zarr_library().open_group(str(self.path), mode="r+")
            levels = [group[level.path] for level in self._levels()]
            index = self._index(levels[0])
            if not np.array_equal(np.asarray(levels[0][index]), before):
                raise DiscembedError(
                    f"{self.path}: was changed since this window of it was opened. Open it anew."
                )
            fresh = fresh[fresh > 0]
            if len(fresh):
                top = yield from _highest(levels[0])
                after = _renumbered(after, fresh, top, levels[0].dtype, self.path)
            self._mark(group)
            drop_label_table(self.path)
            levels[0][index] = after.astype(levels[0].dtype)
            for i, level in enumerate(levels[1:], 1):
                self._refresh(levels[0].shape, level, after)
                yield Progress(0.9 + 0.1 * i / len(levels), "writing levels")
        return after

    def _levels(self) -> tuple[Any, ...]:
        return stored_images(self.path)[0].multiscale.levels

    def _index(self, array: Any) -> tuple[int | slice, ...]:  # noqa: ANN401 - a zarr.Array
        *leading, _, _ = array.shape
        if any(n != 1 for n in leading):
            raise InputError(
                f"{self.path}: expected labels of one plane, got shape {tuple(array.shape)}. "
                "Correct them one plane at a time, as a TIFF."
            )
        return (*[0] * len(leading), *self.box)

    def _refresh(self, fine: tuple[int, ...], level: Any, after: IntArray) -> None:  # noqa: ANN401
        """Write what a coarser level shows of the window: the number of the nearest pixel."""
        boxes, sources = [], []
        for b, n, m in zip(self.box, fine[-2:], level.shape[-2:], strict=True):
            nearest = nearest_index(n, m)
            first, last = np.searchsorted(nearest, [b.start, b.stop])
            boxes.append(slice(int(first), int(last)))
            sources.append(nearest[first:last] - b.start)
        if all(len(at) for at in sources):
            where = (*[0] * (len(level.shape) - 2), *boxes)
            level[where] = after[np.ix_(*sources)].astype(level.dtype)

    def _mark(self, group: Any) -> None:  # noqa: ANN401 - a zarr.Group
        ours = group.attrs.get(OURS)
        if isinstance(ours, dict):
            group.attrs[OURS] = {**ours, "settings": CORRECTED}


def _highest(array: Any) -> Job[int]:  # noqa: ANN401 - a zarr.Array
    """Return the highest number in an array, chunk by chunk."""
    boxes = list(chunk_boxes(array.shape, array.chunks))
    top = 0
    for i, box in enumerate(boxes):
        top = max(top, int(np.asarray(array[box]).max(initial=0)))
        yield Progress(0.9 * (i + 1) / len(boxes), "looking for free numbers")
    return top


def _renumbered(
    labels: IntArray, fresh: NDArray[Any], top: int, dtype: np.dtype[Any], path: Path
) -> IntArray:
    """Give new objects the numbers after the highest."""
    if top + len(fresh) > np.iinfo(dtype).max:
        raise InputError(
            f"{path}: there is no number left in labels of type {dtype} for new objects. Find the "
            "objects of the whole image anew."
        )
    found = labels.astype(np.int64)
    at = np.searchsorted(fresh, labels)
    is_new = fresh[np.minimum(at, len(fresh) - 1)] == labels
    found[is_new] = top + 1 + at[is_new]
    return found
