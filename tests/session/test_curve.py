"""The count at each bandwidth, and its plateau."""

from __future__ import annotations

import numpy as np

from napari_discembed.session.curve import plateau


def test_the_plateau_is_the_longest_run_of_one_count_above_zero() -> None:
    assert plateau(np.array([9, 4, 4, 4, 2, 2, 0, 0, 0, 0])) == slice(1, 4)
    assert plateau(np.array([5, 5, 3, 1, 1, 1, 1])) == slice(0, 2)  # all merged at the end
    assert plateau(np.array([3, 3, 3])) == slice(0, 3)
