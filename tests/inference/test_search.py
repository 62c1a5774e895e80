"""What trial segmentations tell of the scale."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.inference.search import seen_diameter, steadiest


def test_larger_objects_count_more_in_the_seen_diameter() -> None:
    labels = np.zeros((20, 20), int)
    labels[:10, :10] = 1  # 100 px
    labels[12, 12:14] = 2
    labels[15, 12:14] = 3
    labels[18, 12:14] = 4  # three scraps of 2 px
    assert seen_diameter(labels) == pytest.approx(2 * (100 / np.pi) ** 0.5)
    assert seen_diameter(np.zeros((3, 3), int)) is None


def test_a_volume_is_measured_by_balls() -> None:
    labels = np.ones((4, 4, 4), int)
    assert seen_diameter(labels) == pytest.approx(2 * (64 * 0.75 / np.pi) ** (1 / 3))


@pytest.mark.parametrize(
    ("agreements", "expected"),
    [
        ([], 0),
        ([0.9], 0),  # objects that stay the same are whole
        ([0.4, 0.5, 0.8, 0.6], 2),  # pieces, until they come whole
        ([0.5, 0.54], 0),  # hardly better: left as it was
        ([0.5, 0.0], 0),
        ([0.0, 0.0], 0),
    ],
)
def test_the_scale_is_where_the_objects_stay_the_same(
    agreements: list[float], expected: int
) -> None:
    assert steadiest(agreements) == expected
