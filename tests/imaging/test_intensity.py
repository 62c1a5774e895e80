"""Range and channels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.imaging import intensity_range, match_channels, normalise
from napari_discembed.imaging.intensity import noise_level


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


@pytest.mark.parametrize("mean", [1, 10, 1000])
def test_noise_alone_is_not_stretched_until_objects_are_seen_in_it(mean: int) -> None:
    pixels = np.random.default_rng(0).poisson(mean, (1, 256, 256)).astype(np.uint16)
    scaled = normalise(pixels)
    assert scaled.std() == pytest.approx(1 / 16, rel=0.15)
    assert scaled.max() < 0.8


def test_a_few_bright_pixels_in_noise_stand_out_of_it() -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (1, 256, 256))
    pixels[0, 100:105, 100:105] += 200  # 0.04 %, above the percentile
    scaled = normalise(pixels)
    assert scaled[0, 102, 102] > 2
    assert np.percentile(scaled, 99) < 0.5


def test_an_image_with_objects_has_the_range_of_its_percentiles() -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (1, 256, 256))
    pixels[0, 50:150, 50:150] += 60
    low, high = np.percentile(pixels, (1, 99.8))
    assert intensity_range(pixels) == [(low, high)]


def test_the_noise_is_measured_beside_edges_and_in_volumes() -> None:
    noisy = np.random.default_rng(0).normal(0, 3, (4, 100, 100))
    noisy[:, :, 50:] += 100
    assert noise_level(noisy) == pytest.approx(3, rel=0.05)
    assert noise_level(noisy[0]) == pytest.approx(3, rel=0.1)
    assert noise_level(np.zeros((5, 1))) == 0


def test_a_pattern_of_single_pixels_is_no_noise() -> None:
    stripes = np.arange(4096).reshape(1, 64, 64) % 2
    assert intensity_range(stripes) == [(0, 1)]
    assert intensity_range(np.random.default_rng(0).random((1, 64, 64)))[0][1] < 1
