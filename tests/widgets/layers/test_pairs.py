"""Image layers and their labels, brought to what a training takes."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.types import Axes
from napari_discembed.widgets.layers import BACKGROUND, COMPLETE, FRAMES
from napari_discembed.widgets.layers.pairs import (
    Pair,
    axes_for,
    background_of,
    with_free_background,
    with_one_background,
)


def labels_of(*numbers: int, **metadata: Any) -> napari.layers.Labels:
    """Return a layer of one row of labels."""
    return napari.layers.Labels(np.array([numbers]), metadata=metadata)


def pair_of(labels: napari.layers.Labels) -> Pair:
    image = napari.layers.Image(np.zeros(labels.data.shape))
    return Pair(image, Axes("YX"), None, labels)


@pytest.mark.parametrize(
    ("shape", "labels", "metadata", "chosen", "axes"),
    [
        ((3, 8, 9), (3, 8, 9), {}, None, "ZYX"),
        ((3, 8, 9), (3, 8, 9), {FRAMES: "T"}, None, "TYX"),
        ((3, 8, 9), (8, 9), {}, None, "CYX"),
        ((3, 8, 9), (3, 8, 9), {}, "TYX", "TYX"),
        ((3, 8, 9), (8, 9), {}, "TYX", "CYX"),  # what was chosen does not fit
    ],
)
def test_axes_fit_the_labels(
    shape: tuple[int, ...],
    labels: tuple[int, ...],
    metadata: dict[str, str],
    chosen: str | None,
    axes: str,
) -> None:
    image = napari.layers.Image(np.zeros(shape))
    layer = napari.layers.Labels(np.zeros(labels, int), metadata=metadata)
    assert axes_for(image, layer, None if chosen is None else Axes(chosen)) == axes


@pytest.mark.parametrize(
    ("numbers", "metadata", "background"),
    [
        ((0, 1, 255), {}, 255),
        ((0, 254, 255), {}, 0),  # one object among others
        ((0, 1, 2), {}, 0),
        ((0, 1, 255), {BACKGROUND: 0}, 0),
        ((0, 1, 9), {BACKGROUND: 9}, 9),
    ],
)
def test_the_number_of_background_is_said_or_stands_apart(
    numbers: tuple[int, ...], metadata: dict[str, int], background: int
) -> None:
    assert background_of(labels_of(*numbers, **metadata)) == background


def test_pairs_that_agree_stay_as_they_are() -> None:
    pairs = [pair_of(labels_of(0, 1, 9, **{BACKGROUND: 9})) for _ in range(2)]
    painted, complete, background = with_one_background(pairs)
    assert [p.tolist() for p in painted] == [[[0, 1, 9]]] * 2
    assert (complete, background) == (False, 9)


def test_pairs_that_differ_get_one_number_of_background() -> None:
    whole = pair_of(labels_of(0, 1, 9, **{COMPLETE: True, BACKGROUND: 0}))
    sparse = pair_of(labels_of(0, 1, 5, **{BACKGROUND: 5}))
    painted, complete, background = with_one_background([whole, sparse])
    assert [p.tolist() for p in painted] == [[[10, 1, 9]], [[0, 1, 10]]]
    assert (complete, background) == (False, 10)


def test_a_truth_that_has_an_object_of_that_number_moves_the_background() -> None:
    sparse, truth = np.array([0, 1, 3]), np.array([1, 2, 3])
    [moved, same], number = with_free_background([sparse, truth], 3)
    assert (moved.tolist(), same.tolist(), number) == ([0, 1, 4], [1, 2, 3], 4)
    assert with_free_background([sparse, truth], 7)[1] == 7
