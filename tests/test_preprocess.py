"""Range, scale and channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari_discembed.imaging import (
    Resampling,
    estimate_diameter,
    match_channels,
    normalise,
    resample,
    resample_labels,
    window_around,
    zoom_factors,
)

from napari_discembed.errors import InputError, TrainingDataError


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


def test_zoom_brings_objects_to_the_models_diameter_and_axes_to_one_scale() -> None:
    assert zoom_factors(48, 24, (1, 1)) == (0.5, 0.5)
    assert zoom_factors(24, 24, (4, 1, 1)) == (4, 1, 1)
    with pytest.raises(InputError, match="diameter"):
        zoom_factors(0, 24, (1, 1))


def test_a_ramp_stays_a_ramp_when_resampled() -> None:
    ramp = np.broadcast_to(np.arange(32, dtype=np.float32), (1, 8, 32))
    half = resample(np.ascontiguousarray(ramp), (8, 16))
    np.testing.assert_allclose(half[0, 0, 2:-2], 2 * np.arange(16)[2:-2] + 0.5, atol=1e-3)
    assert resample(half, (8, 16)) is half


@given(st.integers(5, 40), st.integers(5, 40), st.integers(0, 1000))
def test_a_window_is_a_part_of_the_whole(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((1, n, 9), dtype=np.float32)
    how = Resampling((n, 9), (m, 7))
    whole = how.sample(image, (slice(0, m), slice(0, 7)))
    start = int(rng.integers(0, m - 1))
    window = (slice(start, int(rng.integers(start + 1, m + 1))), slice(2, 6))
    part = how.sample(image[(slice(None), *how.source(window))], window)
    np.testing.assert_allclose(part, whole[(slice(None), *window)], atol=1e-5)


def test_labels_keep_their_numbers_and_there_and_back_is_the_same() -> None:
    labels = np.array([[-1, 0], [5, 9]], np.int32)
    large = resample_labels(labels, (6, 4))
    assert set(np.unique(large)) == {-1, 0, 5, 9}
    np.testing.assert_array_equal(resample_labels(large, (2, 2)), labels)


def test_the_diameter_is_that_of_a_disc_of_the_median_area() -> None:
    y, x = np.mgrid[:60, :60]
    labels = (np.hypot(y - 30, x - 30) < 10).astype(int)
    labels[:3, :3] = 2  # at the border, cut off, left out
    assert estimate_diameter(labels) == pytest.approx(20, rel=0.03)
    assert estimate_diameter(labels * 2**40) == pytest.approx(20, rel=0.03)
    with pytest.raises(TrainingDataError, match="at least one painted object"):
        estimate_diameter(np.zeros((4, 4), int))


def test_a_window_lies_inside_the_image() -> None:
    assert window_around((1, 50), (100, 100), 20) == (slice(0, 20), slice(40, 60))
    assert window_around((99, 5), (100, 8), 20) == (slice(80, 100), slice(0, 8))
    assert window_around((51.5,), (103,), 100) == (slice(1, 101),)  # no half pixels


def test_few_bright_pixels_on_a_constant_are_seen() -> None:
    pixels = np.zeros((1, 100, 100))
    pixels[0, 50, 50:55] = 7  # fewer than the percentiles leave out
    assert normalise(pixels).max() == 1
