"""A grey mix of channels in which the labelled objects are bright."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed import Image
from napari_discembed.finetuning.channel_mix import fisher_weights


def stained(*colours: float) -> tuple[Image, np.ndarray]:
    """Return a white image with a square of a colour, each channel as noisy; and its targets."""
    targets = np.zeros((20, 20), int)
    targets[5:15, 5:15] = 1
    noise = np.random.default_rng(0).normal(0, 0.01, (len(colours), 20, 20))
    channels = np.ones((len(colours), 20, 20))
    channels[:, targets > 0] = np.array(colours)[:, None]
    return Image(channels + noise, "CYX"), targets


@pytest.mark.parametrize(("colour", "weight"), [(0.2, -1.0), (5.0, 1.0)])
def test_one_channel_is_turned_over_where_the_objects_are_dark(
    colour: float, weight: float
) -> None:
    image, targets = stained(colour)
    assert fisher_weights([image], [targets]) == (weight,)


def test_a_channel_that_tells_nothing_has_no_say() -> None:
    # 1 - 0.2 and 1.8 - 1: the second is as strong as the first and of the other sign.
    image, targets = stained(0.2, 1.8, 1.0)
    dark, bright, silent = fisher_weights([image], [targets])
    assert dark == pytest.approx(-bright, abs=0.05)
    assert bright > 0.6
    assert abs(silent) < 0.05


def test_unlabelled_pixels_stand_in_where_no_background_is_labelled() -> None:
    image, targets = stained(0.2, 1.0)
    weights = fisher_weights([image], [np.where(targets == 0, -1, targets)])
    assert weights == fisher_weights([image], [targets])


@given(st.integers(1, 5), st.floats(0, 1000), st.floats(0.1, 1000))  # float32 has 7 digits
def test_the_weights_have_length_one_and_do_not_depend_on_the_units(
    n: int, offset: float, gain: float
) -> None:
    rng = np.random.default_rng(n)
    pixels = rng.random((n, 12, 12))
    targets = rng.integers(-1, 3, (12, 12))
    weights = fisher_weights([Image(pixels, "CYX")], [targets])
    assert np.linalg.norm(weights) == pytest.approx(1, abs=1e-4)
    other = fisher_weights([Image(gain * pixels + offset, "CYX")], [targets])
    assert other == pytest.approx(weights, abs=1e-2)


def test_a_constant_image_and_a_single_pixel_are_no_error() -> None:
    flat = Image(np.ones((2, 6, 6)), "CYX")
    targets = np.full((6, 6), -1)
    targets[2, 2] = 1
    assert fisher_weights([flat], [targets]) == pytest.approx((0.5**0.5, 0.5**0.5))
    targets[3] = 2
    assert np.isfinite(fisher_weights([flat], [targets])).all()
