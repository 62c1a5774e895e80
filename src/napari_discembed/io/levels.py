"""Levels of a pyramid: its resolutions, the finest first."""

from __future__ import annotations

from pathlib import Path

from napari_discembed.errors import InputError


def checked_level(level: int, n: int, path: Path) -> int:
    """Return a level of a pyramid of `n`, if there is such a one.

    Raises
    ------
    InputError
        If there is none.
    """
    if not 0 <= level < n:
        wanted = f"a level from 0 to {n - 1}" if n > 1 else "level 0, the only one"
        raise InputError(
            f"{path}: expected {wanted}, got {level}. `discembed info` lists the levels of a "
            "pyramid."
        )
    return level
