"""Range and channels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.imaging import match_channels, normalise


def test_percentiles_become_zero_and_one() -> None:
    out = normalise(np.arange(1001, dtype=np.uint16).reshape(1, 7, 143))
    assert out[0].ravel()[10] == pytest.approx(0)
    assert out[0].ravel()[998] == pytest.approx(1)


def test_each_channel_has_its_own_range() -> None:
    ramp = np.arange(64.0).reshape(8, 8)
    out = normalise(np.stack([ramp, 1000 * ramp]))
    np.testing.assert_allclose(out[0], out[1], rtol=1e-5)


def test_a_mix_weighs_channels_of_equal_range_and_is_brought_to_it_again() -> None:
    ramp = np.arange(64.0).reshape(8, 8)
    dark = np.stack([500 - 9 * ramp, np.full((8, 8), 7.0), ramp])
    expected = normalise(np.stack([ramp] * 2))
    np.testing.assert_allclose(normalise(dark, 2, (-1, 1, 0)), expected, atol=1e-5)
    assert (normalise(dark, 1, (0, 1, 0)) == 0).all()


@pytest.mark.parametrize(("have", "want"), [(1, 3), (3, 1), (2, 2)])
def test_channels_are_matched(have: int, want: int) -> None:
    pixels = np.ones((have, 2, 2), np.float32)
    out = match_channels(pixels, want)
    assert out.shape == (want, 2, 2)
    np.testing.assert_allclose(out, 1)


def test_channels_that_do_not_match_are_told() -> None:
    with pytest.raises(InputError, match="3 channels, got 2"):
        match_channels(np.ones((2, 2, 2)), 3)
    with pytest.raises(InputError, match="3 channels, got 4"):
        match_channels(np.ones((4, 2, 2)), 3)


def test_few_bright_pixels_on_a_constant_are_seen() -> None:
    pixels = np.zeros((1, 100, 100))
    pixels[0, 50, 50:55] = 7  # fewer than the percentiles leave out
    assert normalise(pixels).max() == 1
