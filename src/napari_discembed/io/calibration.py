"""Pixel sizes: units by all the names they have, and what no pixel size can be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from napari_discembed.io.found import Calibration, Length

PIXEL, MICROMETER = "pixel", "micrometer"
_NAMES = {
    "angstrom": "å a angstrom angstroms ångström",
    "picometer": "pm picometer picometers picometre picometres",
    "nanometer": "nm nanometer nanometers nanometre nanometres",
    MICROMETER: "µm um µ micron microns micrometer micrometers micrometre micrometres "
    "mikrometer mcm âµm ã‚âµm",
    "millimeter": "mm millimeter millimeters millimetre millimetres",
    "centimeter": "cm centimeter centimeters centimetre centimetres",
    "decimeter": "dm decimeter decimeters decimetre decimetres",
    "meter": "m meter meters metre metres",
    "kilometer": "km kilometer kilometers kilometre kilometres",
    "inch": 'in inch inches "',
    "thou": "thou mil li",
    "foot": "ft foot feet",
    PIXEL: "pixel pixels px pix",
}
_CANONICAL = {name: unit for unit, names in _NAMES.items() for name in names.split()}
MICROMETERS = {
    "angstrom": 1e-4, "picometer": 1e-6, "nanometer": 1e-3, MICROMETER: 1.0, "millimeter": 1e3,
    "centimeter": 1e4, "decimeter": 1e5, "meter": 1e6, "kilometer": 1e9, "inch": 25_400.0,
    "thou": 25.4, "foot": 304_800.0,
}  # fmt: skip
"""How many micrometers each unit is."""
_SMALLEST, _LARGEST = 1e-6, 1e8
"""Micrometers: a hundredth of an atom, and a hundred metres; no pixel is beyond."""
_MOST_ELONGATED = 100.0


def canonical_unit(written: object) -> str:
    r"""Return the one name of a unit of length.

    Parameters
    ----------
    written
        As programs write it: ``µm`` with either of its two signs, ``um``, ``microns``,
        ImageJ's escape ``\u00B5m``, ``nm``, ``mm``, ``inch`` and others.

    Returns
    -------
    Such as ``micrometer``; ``pixel`` for nothing; an unknown one as it is.
    """
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), str(written or ""))
    text = text.strip().strip("\0").replace("μ", "µ")
    return _CANONICAL.get(text.lower(), text) if text else PIXEL


def pixel_sizes(
    calibration: Calibration, axes: str
) -> tuple[dict[str, float], str, tuple[str, ...]]:
    """Return the pixel size of each spatial axis, if it can be one.

    Parameters
    ----------
    calibration
        As the file says it.
    axes
        Spatial axes of the image, out of ``Z``, ``Y``, ``X``.

    Returns
    -------
    Sizes, their unit, and what a person should know. No sizes, and pixels, where the file says
    nothing or what no pixel can have: zero, a negative number, NaN, no number, or a size beyond
    all measure.
    """
    lengths, unit = dict(calibration.lengths), calibration.unit
    if unit == PIXEL or not {"X", "Y"} & lengths.keys():
        return {}, PIXEL, ()
    if not unit.isprintable() or len(unit) > 32 or {"�", "?"} & set(unit):
        return {}, PIXEL, (f"its unit of length, {unit!r}, is none: sizes are in pixels.",)
    notes = []
    for missing in (a for a in "YXZ" if a in axes and a not in lengths):
        other = next(a for a in "XY" if a in lengths)
        lengths[missing] = lengths[other]
        notes.append(
            f"it does not say the pixel size along {missing}: taken as along {other}, "
            f"{lengths[other].text}."
        )
    wrong = _wrong({a: lengths[a] for a in axes if a in lengths}, unit)
    if wrong:
        return {}, PIXEL, (f"its pixel size, {wrong}, cannot be one: sizes are in pixels.",)
    return {a: lengths[a].value for a in axes}, unit, tuple(notes)


def _wrong(lengths: Mapping[str, Length], unit: str) -> str:
    """Say which length is none; empty where all are lengths."""
    factor = MICROMETERS.get(unit)
    for axis, length in lengths.items():
        size = length.value
        within = factor is None or _SMALLEST <= size * factor <= _LARGEST
        if not (math.isfinite(size) and size > 0 and within):
            return f"{axis} = {length.text or 'nothing'}"
    y, x = lengths["Y"], lengths["X"]
    ratio = y.value / x.value
    if not 1 / _MOST_ELONGATED <= ratio <= _MOST_ELONGATED:
        return f"X = {x.text} and Y = {y.text}"
    return ""
