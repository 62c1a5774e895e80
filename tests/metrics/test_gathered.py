"""Measurements gathered box by box are those of the whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.metrics.gathered import GatheredMeasures
from napari_discembed.metrics.measure import measure


@given(
    seed=st.integers(0, 999),
    volume=st.booleans(),
    cuts=st.tuples(st.integers(1, 8), st.integers(1, 11)),
)
def test_boxes_together_are_the_whole(seed: int, volume: bool, cuts: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    shape, size = ((3, 9, 12), (2.0, 0.5, 0.25)) if volume else ((9, 12), (0.5, 0.25))
    labels = rng.integers(0, 6, shape)
    gathered = GatheredMeasures(7, len(shape))  # of 6 and 7 there is no pixel
    y, x = cuts
    for rows in (slice(0, y), slice(y, 9)):
        for columns in (slice(0, x), slice(x, 12)):
            box = (*[slice(0, 3)] * volume, rows, columns)
            gathered.add(box, labels[box])
    found = gathered.table(size, "micrometer", "it")
    whole = measure(labels, pixel_size=size, unit="micrometer", name="it")
    assert found.unit == "micrometer"
    for name, values in found.columns.items():
        np.testing.assert_allclose(values, whole[name], err_msg=name)


def test_nothing_is_an_empty_table() -> None:
    gathered = GatheredMeasures(0, 2)
    gathered.add((slice(0, 4), slice(0, 4)), np.zeros((4, 4), int))
    assert gathered.table((1.0, 1.0), "pixel", "it").count == 0
