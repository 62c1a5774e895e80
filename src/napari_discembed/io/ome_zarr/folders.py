"""Which folders are stores of zarr, told without the library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
"""Files by which a folder is known as a group or an array of zarr."""


def is_store(path: Path) -> bool:
    """Tell whether a folder is a group or an array of zarr."""
    return path.is_dir() and any((path / mark).is_file() for mark in MARKS)


def find_stores(folder: Path) -> Iterator[Path]:
    """Yield the stores in a folder and below, in order, hidden ones left out."""
    for where, folders, _ in os.walk(folder):
        below = sorted(name for name in folders if not name.startswith("."))
        stores = [name for name in below if is_store(Path(where) / name)]
        folders[:] = [name for name in below if name not in stores]
        yield from (Path(where) / name for name in stores)
