"""Where a result goes: arrays in memory, large ones in temporary files, or files of one's own.

Files are ``.npy``, not zarr: a map of one is an array, so that all that takes an
:class:`~napari_discembed.types.Embedding` takes it as it is; tiles of any place and size are
written without knowing of chunks; and no further dependency is needed. Compression, zarr's gain,
does little for float32 embeddings, whose low bits are noise.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.errors import InputError
from napari_discembed.files import partial_path

Shapes = Mapping[str, tuple[int, ...]]


class Maps(Protocol):
    """Named float32 arrays, each ``(channels, *S)``, that are written piece by piece."""

    def write(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Put a block at its place in the array of this name."""
        ...

    def add(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Add a block to what is at its place in the array of this name, zeros at first."""
        ...


class MemoryMaps:
    """Arrays in memory; large ones in temporary files.

    Parameters
    ----------
    shapes
        Of the arrays.
    origin
        Where on a larger grid, which places are told on, the arrays begin; None for its corner.
    """

    def __init__(self, shapes: Shapes, origin: tuple[int, ...] | None = None) -> None:
        self.origin = origin
        self.arrays: dict[str, NDArray[np.float32]] = {
            name: scratch.zeros(shape, np.float32) for name, shape in shapes.items()
        }

    def write(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Put a block at its place in the array of this name."""
        self.arrays[name][self.index(where)] = block
        scratch.let_go(self.arrays[name])

    def add(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Add a block to what is at its place in the array of this name, zeros at first."""
        self.write(name, where, self.arrays[name][self.index(where)] + block)

    def index(self, where: tuple[slice, ...]) -> tuple[slice, ...]:
        """Return the index of a place, channels first."""
        origin = self.origin or (0,) * len(where)
        moved = (slice(w.start - o, w.stop - o) for w, o in zip(where, origin, strict=True))
        return (slice(None), *moved)


class FolderMaps:
    """One ``.npy`` file for each array, in a folder."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        self.folder = folder
        for name, shape in shapes.items():
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, shape)

    def write(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Put a block at its place in the array of this name."""
        self._mapped(name)[(slice(None), *where)] = block

    def add(self, name: str, where: tuple[slice, ...], block: NDArray[np.float32]) -> None:
        """Add a block to what is at its place in the array of this name, zeros at first."""
        self._mapped(name)[(slice(None), *where)] += block

    def _mapped(self, name: str) -> NDArray[np.float32]:
        """Map an array anew: unmapping is what takes written pages out of this process."""
        return np.lib.format.open_memmap(self.folder / f"{name}.npy", "r+")


def read_maps(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Open the arrays of a folder as read-only memory maps, by name."""
    return {file.stem: np.load(file, mmap_mode="r") for file in sorted(folder.glob("*.npy"))}


@contextmanager
def new_folder(store: Path, shapes: Shapes) -> Iterator[FolderMaps]:
    """Write a folder of arrays beside `store`, and rename it to that once it is complete.

    Left by an exception or by closing the job, nothing stays behind.

    Raises
    ------
    InputError
        If `store` holds something already, or the disk is too small: a memory map of a full
        disk would end the whole process.
    """
    if store.exists() and not (store.is_dir() and not any(store.iterdir())):
        raise InputError(
            f"Expected a new or empty folder to store the embedding in, but {store} holds "
            "something. Name another, or delete it."
        )
    store.parent.mkdir(parents=True, exist_ok=True)
    needed = sum(4 * math.prod(shape) for shape in shapes.values())
    free = shutil.disk_usage(store.parent).free
    if free < needed:
        raise InputError(
            f"The embedding takes {needed / 1e9:.1f} GB, but {store.parent} has "
            f"{free / 1e9:.1f} GB free. Choose a folder on another disk."
        )
    partial = partial_path(store)
    partial.mkdir()
    try:
        yield FolderMaps(partial, shapes)
        if store.exists():
            store.rmdir()  # empty; Windows renames onto nothing only
        partial.rename(store)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
