"""Flat pixels of two small images, written down."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.losses import flatten, instance_means
from napari_discembed.losses.flat import FlatPixels, mean_over_instances, segment_sum

LABELS = torch.tensor([[0, 5, 5], [7, -1, 5]])
EMBEDDING = torch.tensor([[[0.0, 1, 2], [10, 11, 12]], [[3, 4, 5], [13, 14, 15]]])


@pytest.fixture(params=[1, 10**12], ids=["small numbers", "large numbers"])
def flat(request: pytest.FixtureRequest) -> FlatPixels:
    """Return the two images, their objects numbered near and far from zero."""
    return flatten(EMBEDDING, torch.where(LABELS > 0, LABELS * request.param, LABELS))


def test_the_pixels_of_a_batch_lie_side_by_side(flat: FlatPixels) -> None:
    assert flat.embedding.tolist() == [[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]]
    assert (flat.labels > 0).tolist() == [False, True, True, True, False, True]
    assert flat.labels[[0, 4]].tolist() == [0, -1]


def test_instances_are_counted_over_the_batch_in_order_of_image_and_number(
    flat: FlatPixels,
) -> None:
    assert flat.members.tolist() == [1, 2, 3, 5]
    assert flat.instance.tolist() == [0, 0, 2, 1]
    assert flat.counts.tolist() == [2, 1, 1]
    assert flat.image.tolist() == [0, 1, 1]
    assert (flat.n_instances, flat.n_images) == (3, 2)


def test_each_image_has_its_pixels_and_instances(flat: FlatPixels) -> None:
    assert flat.per_image(0) == (slice(0, 3), slice(0, 1))
    assert flat.per_image(1) == (slice(3, 6), slice(1, 3))


def test_the_mean_of_an_instance_is_that_of_its_pixels(flat: FlatPixels) -> None:
    assert instance_means(flat).tolist() == [[1.5, 5, 3], [11.5, 15, 13]]


def test_large_numbers_without_background_are_counted_too() -> None:
    flat = flatten(EMBEDDING[:1], torch.tensor([[10**12, 3, 10**12]]))
    assert flat.instance.tolist() == [1, 0, 1]
    assert flat.counts.tolist() == [1, 2]
    assert flat.image.tolist() == [0, 0]


def test_images_without_a_pixel_have_no_instance() -> None:
    flat = flatten(torch.zeros(2, 3, 0), torch.zeros(2, 0, dtype=torch.long))
    assert flat.n_instances == 0
    assert flat.embedding.shape == (3, 0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_raised(dtype: torch.dtype) -> None:
    flat = flatten(EMBEDDING.to(dtype), LABELS)
    assert flat.embedding.dtype == flat.counts.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_full_precision_is_kept(dtype: torch.dtype) -> None:
    flat = flatten(EMBEDDING.to(dtype), LABELS)
    assert flat.embedding.dtype == flat.counts.dtype == instance_means(flat).dtype == dtype


def test_sums_over_segments_are_sums() -> None:
    values = torch.tensor([[1.0, 2.0, 4.0]])
    assert segment_sum(values, torch.tensor([0, 2, 0]), 4).tolist() == [[5.0, 0.0, 2.0, 0.0]]


def test_sums_of_many_small_numbers_lose_none() -> None:
    # In single precision 2^24 + 1 is 2^24.
    values = torch.tensor([[2.0**24, 1.0, 1.0]])
    assert segment_sum(values, torch.tensor([0, 0, 0]), 1).tolist() == [[2.0**24 + 2]]


def test_each_value_of_a_segment_has_the_gradient_of_its_sum() -> None:
    values = torch.zeros(1, 3, requires_grad=True)
    sums = segment_sum(values, torch.tensor([1, 0, 1]), 2)
    (sums * torch.tensor([[3.0, 7.0]])).sum().backward()
    assert values.grad.tolist() == [[7, 3, 7]]


def test_instances_are_averaged_within_their_image_first(flat: FlatPixels) -> None:
    # 6 in the first image, (1 + 3) / 2 in the second.
    assert mean_over_instances(torch.tensor([6.0, 1, 3]), flat).item() == 4


def test_an_image_without_instances_counts_as_zero() -> None:
    flat = flatten(torch.zeros(3, 1, 2), torch.tensor([[0, 0], [1, 2], [0, -1]]))
    assert mean_over_instances(torch.tensor([6.0, 12.0]), flat).item() == 3
