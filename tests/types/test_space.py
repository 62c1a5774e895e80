"""The embedding space: distances and kernels, of numpy and torch alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.types import EuclideanSpace, Margins
from napari_discembed.types.space import kernel_scale


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_distances_are_euclidean_along_the_first_axis(array: type) -> None:
    space = EuclideanSpace()
    squared = space.squared_distance(array([[3.0, 0.0], [4.0, 1.0]]), array([[0.0], [0.0]]))
    assert squared.tolist() == [25.0, 1.0]
    assert space.normalise(squared) is squared


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_the_kernel_is_one_half_at_the_pull_margin(array: type) -> None:
    kernel = EuclideanSpace(Margins(pull=2.0)).kernel(array([0.0, 4.0, 16.0]))
    assert kernel.tolist() == pytest.approx([1.0, 0.5, 0.5**4])


def test_usual_bandwidth_and_margin_follow_the_pull_margin() -> None:
    space = EuclideanSpace(Margins(pull=0.4, push=1.0))
    assert (space.bandwidth, space.merge_margin) == (1.0, 0.8)
    assert space.kernel_scale == kernel_scale(0.4) == pytest.approx(np.log(2) / 0.16)
    assert (space.kind, space.method) == ("euclidean", "density")
