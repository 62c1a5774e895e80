"""Columns of measurements as a person reads them: which come first, their titles, their sums."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types.kinds import COUNT_OF

Columns = Mapping[str, NDArray[Any]]
SHORT_UNITS = {
    "pixel": "px",
    "nanometer": "nm",
    "micrometer": "\u00b5m",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
}
FIRST = (
    "image", "frame", "plane", "label", "kind", "name", "group", "count", COUNT_OF, "error",
    "area", "volume",
    "total_area", "total_volume", "mean_area", "mean_volume", "length", "width", "mean_length",
    "mean_width", "hue", "mean_size", "total_size", "unit",
)  # fmt: skip
"""What is shown first, in this order."""
MORE = ("pixels", "centroid_", "bbox_", "equivalent_diameter", "perimeter", "solidity", "sd_size")
"""How the names begin of what is shown on demand."""
TITLES = {
    "label": "object", "count": "objects", "name": "group", "error": "problem", "hue": "colour",
    "equivalent_diameter": "diameter", "solidity": "filled", "mean_size": "mean area",
    "total_size": "total area", "sd_size": "spread of area",
}  # fmt: skip
LENGTHS = ("length", "width", "perimeter", "equivalent_diameter", "mean_length", "mean_width")
POWERS = (
    dict.fromkeys(LENGTHS, 1)
    | dict.fromkeys(("area", "mean_area", "total_area"), 2)
    | dict.fromkeys(("volume", "mean_volume", "total_volume"), 3)
)
SUMMED = ("count", "area", "volume", "pixels", "total_area", "total_volume", "total_size")
NO_NUMBERS = ("frame", "plane", "label", "group", "row", "column", "class")
HUE = "hue"


def short_unit(unit: str, power: int = 1) -> str:
    """Return a unit of lengths, or its square or cube, in short."""
    return SHORT_UNITS.get(unit, unit) + ("", "", "\u00b2", "\u00b3")[power]


def arranged(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return the columns with the first ones first."""
    counts = [name for name in columns if name.startswith(COUNT_OF)]
    first = (n for name in FIRST for n in (counts if name == COUNT_OF else [name]))
    names = [name for name in first if name in columns]
    return {name: columns[name] for name in dict.fromkeys([*names, *columns])}


def on_demand(columns: Columns) -> set[str]:
    """Return which columns are shown on demand alone."""
    more = {name for name in columns if name.startswith(MORE)}
    if HUE in columns:  # of a colour picture the channels say less than the hue
        more |= {name for name in columns if name.startswith("intensity_mean_")}
    if "kind" in columns:  # which says more
        more |= {"class"} & set(columns)
    if "name" in columns:  # of groups, whose titles have the unit
        more |= {"group", "unit"} & set(columns)
    return more


def title(name: str, columns: Columns, unit: str = "pixel") -> str:
    """Return what a column is called, with its unit."""
    if name.startswith("intensity_mean_"):
        channel = int(name.rsplit("_", 1)[1])
        several = "intensity_mean_1" in columns
        return f"mean intensity {channel + 1}" if several else "mean intensity"
    if name == HUE:
        return "colour (\u00b0)"
    if name.startswith(COUNT_OF):
        return name.removeprefix(COUNT_OF)
    words = TITLES.get(name, name.replace("_", " "))
    if name.startswith("centroid_"):
        return f"centre {name[-1]} ({short_unit(unit)})"
    if name.startswith("bbox_"):
        return words.replace("bbox", "box") + " (px)"
    power = POWERS.get(name)
    return words if power is None else f"{words} ({short_unit(unit, power)})"


def measures(columns: Columns) -> list[str]:
    """Return the columns whose numbers can be plotted."""
    return [
        name
        for name, values in columns.items()
        if name not in NO_NUMBERS and not name.startswith("bbox_") and _numbers(values) is not None
    ]


def numbers_of(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return values as numbers; NaN where there is none."""
    found = _numbers(values)
    return np.full(len(values), np.nan) if found is None else found


def sums(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return two rows below a table: the total and the mean, None where there is none."""
    below: dict[str, NDArray[Any]] = {}
    one_unit = len(set(_known(columns.get("unit", ())))) < 2
    for name, values in columns.items():
        pair = np.array([None, None], object)
        found = _numbers(values)
        comparable = one_unit or not name.endswith("_size")
        if found is not None and np.isfinite(found).any() and name in measures(columns):
            there = found[np.isfinite(found)]
            if (name in SUMMED or name.startswith(COUNT_OF)) and comparable:
                pair[0] = _plain(there.sum(), values)
            if comparable:
                pair[1] = mean_hue(there) if name == HUE else float(there.mean())
        below[name] = pair
    first = next(iter(below), None)
    if first is not None:
        below[first] = np.array(["total", "mean"], object)
    return below


def mean_hue(hues: NDArray[np.float64]) -> float | None:
    """Return the circular mean of hues in degrees; None where they leave none."""
    x, y = np.cos(np.radians(hues)).mean(), np.sin(np.radians(hues)).mean()
    return float(np.degrees(np.arctan2(y, x)) % 360) if np.hypot(x, y) > 1e-9 else None


def words_of(value: Any, nothing: str = "") -> str:  # noqa: ANN401 - what a column holds
    """Return a value in words, numbers to four places."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return nothing
    if isinstance(value, float):
        return f"{value:.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:.4g}"
    return str(value)


def _plain(total: float, values: NDArray[Any]) -> int | float:
    whole = all(isinstance(v, int | np.integer) for v in _known(values))
    return int(total) if whole else float(total)


def _known(values: Any) -> list[Any]:  # noqa: ANN401 - any column
    return [v for v in values if v is not None]


def _numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    if values.dtype == object:
        if not all(isinstance(v, int | float | np.number) for v in _known(values)):
            return None
        return np.array([np.nan if v is None else v for v in values], np.float64)
    return values.astype(np.float64) if values.dtype.kind in "iuf" else None
