"""Between the image's grid and the network's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.errors import InputError
from napari_discembed.imaging import (
    Resampling,
    resample,
    resample_labels,
    window_around,
    zoom_factors,
    zoomed_shape,
)


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


def test_a_window_lies_inside_the_image() -> None:
    assert window_around((1, 50), (100, 100), 20) == (slice(0, 20), slice(40, 60))
    assert window_around((99, 5), (100, 8), 20) == (slice(80, 100), slice(0, 8))
    assert window_around((51.5,), (103,), 100) == (slice(1, 101),)  # no half pixels


def test_no_axis_is_shrunk_to_nothing() -> None:
    assert zoomed_shape((10, 3, 100), (0.5, 0.1, 1.26)) == (5, 1, 126)
