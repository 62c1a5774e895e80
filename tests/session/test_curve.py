"""The count at each bandwidth, and where it is steady."""

from __future__ import annotations

import numpy as np

from napari_discembed.session.curve import steady

BANDWIDTHS = np.arange(10) / 2


def test_the_steady_part_is_around_what_the_model_recommends() -> None:
    counts = np.array([9, 5, 5, 5, 2, 1, 1, 1, 1, 1])
    assert steady(BANDWIDTHS, counts, 1.1) == slice(1, 4)  # not where all has merged
    assert steady(BANDWIDTHS, counts, 2.0) == slice(4, 5)  # nowhere steady, and it says so
    assert steady(BANDWIDTHS, counts[::-1], 99.0) == slice(9, 10)
    assert steady(BANDWIDTHS, np.full(10, 3), 0.0) == slice(0, 10)


def test_of_many_objects_one_in_twenty_may_come_or_go() -> None:
    counts = np.array([120, 105, 102, 100, 95, 94, 90, 80, 100, 100])
    assert steady(BANDWIDTHS, counts, 1.5) == slice(1, 5)
