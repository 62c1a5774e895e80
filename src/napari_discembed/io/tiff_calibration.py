"""What a TIFF says of the size of its pixels, in the ways that programs write it."""

from __future__ import annotations

from typing import Any

import tifffile

from napari_discembed.io.calibration import MICROMETER, MICROMETERS, PIXEL, canonical_unit
from napari_discembed.io.found import Calibration, Length
from napari_discembed.io.ome import ome_calibration
from napari_discembed.io.tiff_programs import program_calibration

_OF_RESOLUTION_UNIT = {2: 25_400.0, 3: 10_000.0}
"""Micrometers of TIFF's ResolutionUnit: inch, centimetre."""
_PRINTERS = (72, 96, 100, 120, 150, 180, 200, 240, 250, 300, 350, 360, 400, 600, 720, 1200, 1440,
             2400)  # fmt: skip
"""Dots an inch of screens and printers, which say nothing of the specimen."""
_SPECIMEN = 5000.0
"""Dots an inch that no printer has: a pixel of five micrometers."""


def tiff_calibration(file: tifffile.TiffFile, series: int, level: int = 0) -> Calibration:
    """Return the pixel sizes of a series, as ImageJ, OME, others or plain TIFF say them.

    Of a coarser level they are what its own page says; where that is nothing, or what the finest
    says, theirs times the ratio of the shapes.
    """
    levels = file.series[series].levels
    found = _of_series(file, series)
    if not level:
        return found
    finest, coarse = levels[0], levels[level]
    own = _of_resolution(file, coarse.keyframe)
    if own.lengths and own != found and found == _of_resolution(file, finest.keyframe):
        return own
    sizes = zip(finest.axes, finest.shape, coarse.shape, strict=True)
    return found.coarser({axis: n / m for axis, n, m in sizes if m})


def _of_series(file: tifffile.TiffFile, series: int) -> Calibration:
    if file.is_ome and file.series[series].kind == "ome":
        return ome_calibration(file.ome_metadata, series, [str(s.name or "") for s in file.series])
    found = program_calibration(file)
    if found is not None:
        return found
    page, imagej = file.series[series].keyframe, file.imagej_metadata or {}
    if "unit" in imagej:
        return _of_imagej(page, imagej)
    return _of_resolution(file, page)


def _of_imagej(page: Any, imagej: dict[str, Any]) -> Calibration:  # noqa: ANN401 - a TiffPage
    unit = canonical_unit(imagej["unit"])
    if unit == PIXEL:
        return Calibration()
    found = _resolutions(page)
    # It leaves out a depth of 1, and units that are those of X.
    found["Z"] = Length.of(imagej.get("spacing", 1.0))
    for axis, key in (("Y", "yunit"), ("Z", "zunit")):
        other = canonical_unit(imagej.get(key, unit))
        if axis in found and other != unit:
            known = {unit, other} <= MICROMETERS.keys()
            factor = MICROMETERS[other] / MICROMETERS[unit] if known else float("nan")
            found[axis] = Length(found[axis].value * factor, f"{found[axis].text} {other}")
    return Calibration(found, unit)


def _of_resolution(file: tifffile.TiffFile, page: Any) -> Calibration:  # noqa: ANN401
    tag = page.tags.get("ResolutionUnit")
    number = int(tag.value) if tag is not None else 0
    micrometers = _OF_RESOLUTION_UNIT.get(number)
    if micrometers is None:
        return Calibration()
    found = {
        axis: Length(size.value * micrometers, f"{size.text} {('inch', 'cm')[number - 2]}")
        for axis, size in _resolutions(page).items()
    }
    written = [note for note in file.shaped_metadata or () if "spacing" in note or "unit" in note]
    if not written and any(_of_a_printer(length, number) for length in found.values()):
        return Calibration()
    for note in written:  # by write_labels
        if "spacing" in note:
            found["Z"] = Length.of(note["spacing"])
    return Calibration(found, MICROMETER if found else PIXEL)


def _of_a_printer(length: Length, unit: int) -> bool:
    dots = 25_400.0 / length.value if length.value > 0 else 0.0
    usual = any(abs(dots - p) < 0.005 * p for p in _PRINTERS)
    return usual or (unit == 2 and dots < _SPECIMEN)


def _resolutions(page: Any) -> dict[str, Length]:  # noqa: ANN401
    """Return the reciprocals of the tags; those that are left at nothing are not said."""
    found = {}
    for axis in "YX":
        tag = page.tags.get(f"{axis}Resolution")
        if tag is not None and isinstance(tag.value, tuple):
            up, down = tag.value[:2]
            found[axis] = Length(down / up if up else float("nan"), f"{down}/{up}")
    return found
