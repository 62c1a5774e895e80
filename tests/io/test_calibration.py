"""Units by all their names, and what no pixel size can be."""

from __future__ import annotations

import pytest

from napari_discembed.io.calibration import canonical_unit, pixel_sizes
from napari_discembed.io.found import Calibration, Length


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("\u00b5m", "micrometer"), ("\u03bcm", "micrometer"), ("\\u00B5m", "micrometer"),
        ("um", "micrometer"), ("UM", "micrometer"), (" Microns ", "micrometer"),
        ("micrometre", "micrometer"), ("nm", "nanometer"), ("mm", "millimeter"),
        ("cm", "centimeter"), ("m", "meter"), ("inches", "inch"), ("\u00c5", "angstrom"),
        ("", "pixel"), (None, "pixel"), ("px", "pixel"), ("Pixels", "pixel"), ("ell", "ell"),
    ],
)  # fmt: skip
def test_a_unit_has_one_name_however_it_is_written(written: str | None, unit: str) -> None:
    assert canonical_unit(written) == unit


def sizes(unit: str = "micrometer", **written: object) -> Calibration:
    return Calibration({axis: Length.of(text) for axis, text in written.items()}, unit)


def test_sizes_of_the_axes_that_there_are_count() -> None:
    assert pixel_sizes(sizes(X=0.25, Y=0.5, Z=0), "YX") == ({"Y": 0.5, "X": 0.25}, "micrometer", ())
    found, unit, notes = pixel_sizes(sizes(X=0.25, Y=0.5, Z=0), "ZYX")
    assert (found, unit) == ({}, "pixel")
    assert "Z = 0" in notes[0]


def test_a_size_that_is_not_told_is_taken_from_another_and_that_is_said() -> None:
    found, _, notes = pixel_sizes(sizes(Y=0.5), "ZYX")
    assert found == {"Z": 0.5, "Y": 0.5, "X": 0.5}
    assert len(notes) == 2
    assert pixel_sizes(sizes(Z=0.5), "ZYX") == ({}, "pixel", ())


@pytest.mark.parametrize("text", ["0", "-0.5", "nan", "inf", "0,25", "", "one", "1e12", "1e-9"])
def test_what_no_pixel_has_is_told_and_sizes_are_in_pixels(text: str) -> None:
    found, unit, notes = pixel_sizes(sizes(X=text, Y=text), "YX")
    assert (found, unit, len(notes)) == ({}, "pixel", 1)
    assert "cannot be one" in notes[0]


def test_pixels_a_hundred_times_as_high_as_wide_are_a_mistake() -> None:
    assert pixel_sizes(sizes(X=1, Y=99), "YX")[1] == "micrometer"
    assert pixel_sizes(sizes(X=1, Y=101), "YX")[1] == "pixel"
