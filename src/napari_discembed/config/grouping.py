"""How objects are put together into groups, such as the leaves of a plant."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from napari_discembed.config.base import Config
from napari_discembed.errors import InputError

_GRID = re.compile(r"\s*(\d+)\s*[xX\u00d7,]\s*(\d+)\s*")
_GAP = re.compile(r"\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*(px|d)?\s*")


class GroupingConfig(Config):
    """How objects are put together into groups."""

    by: Literal["touching", "grid"] = Field(
        "touching",
        title="Groups",
        description="touching: what touches or nearly does is a group; grid: a cell of it is.",
    )
    rows: int = Field(4, ge=1, le=1000, title="Rows", description="Rows of the grid.")
    columns: int = Field(5, ge=1, le=1000, title="Columns", description="Columns of the grid.")
    gap: float = Field(
        0.2,
        ge=0,
        le=1e6,
        allow_inf_nan=False,
        title="Gap",
        description="Objects nearer than this are of one group, in typical diameters.",
    )
    gap_pixels: float | None = Field(
        None,
        ge=0,
        le=1e6,
        allow_inf_nan=False,
        title="Gap in pixels",
        description="The same in pixels; none for the one in diameters.",
    )


GroupsLike: TypeAlias = str | Sequence[int] | GroupingConfig
"""``"touching"``, ``"4x5"``, ``(4, 5)`` (rows, columns) or a config."""


def grouping_config(groups: GroupsLike, gap: str | float | None = None) -> GroupingConfig:
    """Return the grouping that a person says.

    Parameters
    ----------
    groups
        ``"touching"``; a grid as ``"4x5"`` or ``(4, 5)``, rows first; or a config.
    gap
        In pixels, as a number or text; ``"0.2d"`` is in typical diameters. None for the usual.

    Raises
    ------
    InputError
        If it is none of these.
    """
    config = groups if isinstance(groups, GroupingConfig) else _groups(groups)
    if gap is None:
        return config
    found = _GAP.fullmatch(str(gap))
    try:
        width = float(found[1]) if found else math.nan
    except ValueError:
        width = math.nan
    if found is None or not math.isfinite(width):
        raise InputError(
            "Expected a gap of 0 or more, in pixels (8) or in typical diameters (0.2d), got "
            f"{gap!r}."
        )
    return config.changed(**{"gap" if found[2] == "d" else "gap_pixels": width})


def _groups(groups: str | Sequence[int]) -> GroupingConfig:
    if isinstance(groups, str) and groups.strip().lower() == "touching":
        return GroupingConfig()
    words = groups if isinstance(groups, str) else "x".join(map(str, groups))
    found = _GRID.fullmatch(words)
    if found is None or not (0 < int(found[1]) <= 1000 and 0 < int(found[2]) <= 1000):
        raise InputError(
            "Expected groups to be 'touching' or a grid of 1 to 1000 rows and columns, such as "
            f"4x5, got {groups!r}."
        )
    return GroupingConfig(by="grid", rows=int(found[1]), columns=int(found[2]))
