"""The embedding space: distances and kernels, of numpy and torch alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import DensityConfig, suited_config
from napari_discembed.types import CosineSpace, EuclideanSpace, Margins
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


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_directions_are_points_on_the_unit_sphere(array: type) -> None:
    space = CosineSpace()
    points = space.normalise(array([[3.0, 0.0, 0.0, -9.0], [4.0, 2.0, 0.0, -12.0]]))
    assert np.asarray(points) == pytest.approx(np.array([[0.6, 0, 0, -0.6], [0.8, 1, 0, -0.8]]))
    squared = space.squared_distance(points[:, :1], points)
    # Two less twice the cosine; the centre has no direction.
    assert np.asarray(squared) == pytest.approx([0, 0.4, 1, 4])


def test_the_centre_has_a_finite_gradient() -> None:
    points = torch.zeros(2, 1, requires_grad=True)
    CosineSpace().normalise(points).sum().backward()
    assert torch.isfinite(points.grad).all()


def test_neighbours_in_cosine_space_are_orthogonal() -> None:
    space = CosineSpace(0.4)
    assert 2 * space.margins.push == pytest.approx(2**0.5)
    assert (space.margins.pull, space.bandwidth, space.merge_margin) == (0.4, 1.0, 0.8)
    assert space.kernel(np.array([0.0, 0.16])).tolist() == pytest.approx([1, 0.5])
    assert (space.kind, space.loss, space.has_coordinates) == ("cosine", "cosine", False)
    assert suited_config(space) == DensityConfig(split_parts=True)
    assert suited_config(EuclideanSpace()) == DensityConfig()
