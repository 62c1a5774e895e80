"""Labels on the way from the embedding's grid to the image's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed.clustering import blocks, finish, group, relabel, to_image_grid
from napari_discembed.config import Method, clustering_config
from napari_discembed.metrics import score
from napari_discembed.types import Embedding

from .scenes import perfect, squares


def test_objects_are_renumbered_in_the_order_of_their_numbers() -> None:
    labels = relabel(np.array([[9, 0, 4], [4, 2**40, -3]]))
    assert labels.tolist() == [[2, 0, 1], [1, 3, 0]]
    assert labels.dtype == np.uint16
    nothing = relabel(np.zeros((2, 0), np.int32))
    assert nothing.shape == (2, 0)
    assert nothing.dtype == np.uint16


def test_more_objects_than_sixteen_bits_hold_are_numbered() -> None:
    labels = relabel(np.arange(1, 65_537).reshape(1, -1))
    assert labels.dtype == np.uint32
    assert labels[0, -1] == 65_536


def row(labels: list[int], probability: list[float], width: int) -> list[int]:
    """Return a row of labels brought from the grid to an image of one row more."""
    shape = (1, len(labels))
    embedding = Embedding.of(
        np.zeros((1, *shape), np.float32),
        np.array([[probability]], np.float32),
        image_shape=(1, width),
    )
    found: list[int] = to_image_grid(np.array([labels]), embedding, 0.5)[0].tolist()
    return found


def test_labels_on_the_images_grid_stay_as_they_are() -> None:
    assert row([1, 2, 0], [0, 0, 1], 3) == [1, 2, 0]


def test_labels_of_a_smaller_image_are_the_nearest() -> None:
    assert row([1, 1, 2, 2, 0, 0], [0, 1, 0, 1, 0, 1], 3) == [1, 2, 0]
    assert row([0, 1, 0, 0, 2, 0], [0] * 6, 2) == [1, 2]


def test_an_object_grows_to_where_the_foreground_ends() -> None:
    # At 1.75 on the grid the probability is 0.525, at 2.25 it is 0.3.
    assert row([1, 1, 0, 0], [1, 0.9, 0.4, 0], 8) == [1, 1, 1, 1, 1, 0, 0, 0]


def test_a_pixel_at_the_threshold_is_foreground() -> None:
    assert row([1, 1, 0, 0], [1, 1, 0.5, 0.5], 8) == [1] * 6 + [0] * 2


@pytest.mark.parametrize("order", [1, -1])
def test_only_the_pixels_beside_a_border_change(order: int) -> None:
    labels = [1, 1, 1, 0, 0, 0][::order]
    assert row(labels, [1] * 6, 12)[::order] == [1] * 8 + [0] * 4
    assert row(labels, [0] * 6, 12)[::order] == [1] * 4 + [0] * 8


def test_an_object_shrinks_to_where_the_foreground_ends() -> None:
    # At 1.25 on the grid the probability is 0.4375, at 0.75 it is 0.66.
    assert row([1, 1, 0, 0], [1, 0.55, 0.1, 0], 8) == [1, 1, 1, 0, 0, 0, 0, 0]


def test_foreground_that_was_cleaned_away_stays_away() -> None:
    assert row([1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 1, 1], 12)[6:] == [0] * 6


def test_a_filled_hole_stays_filled() -> None:
    assert row([1, 1, 1, 1, 1], [1, 1, 0, 1, 1], 10) == [1] * 10


def test_objects_that_touch_part_half_way() -> None:
    assert row([1, 1, 2, 2], [1, 1, 1, 1], 8) == [1, 1, 1, 1, 2, 2, 2, 2]


def test_the_border_of_a_disc_is_smooth() -> None:
    y, x = np.mgrid[:32, :32]
    coarse = (np.hypot(y - 15.5, x - 15.5) < 10).astype(int)
    soft = 1 / (1 + np.exp(np.hypot(y - 15.5, x - 15.5) - 10))
    e = perfect(coarse)
    embedding = Embedding.of(e.values, soft[None].astype(np.float32), image_shape=(128, 128))
    found = group(embedding, clustering_config())
    yy, xx = np.mgrid[:128, :128]
    disc = (np.hypot(yy - 63.5, xx - 63.5) < 40).astype(int)
    assert found.labels.shape == (128, 128)
    assert score(disc, found.labels).average_precision(0.95) == 1


def test_a_segmentation_says_what_image_and_settings_it_is_of() -> None:
    embedding = replace(
        perfect(squares(1)), pixel_size=(0.5, 0.25), unit="um", name="leaf", image_shape=(20, 20)
    )
    found = finish(embedding, squares(1) * 7, clustering_config(min_size=3))
    assert (found.pixel_size, found.unit, found.name) == ((0.5, 0.25), "um", "leaf")
    assert found.provenance.config["clustering"]["min_size"] == 3
    assert found.count == 1
    assert found.labels.shape == (20, 20)


def test_objects_of_several_classes_say_theirs() -> None:
    labels = squares(2)
    foreground = np.stack([(labels > 0) & (labels < 3), labels >= 3]).astype(np.float32)
    found = finish(Embedding.of(perfect(labels).values, foreground), labels, clustering_config())
    assert found.classes is not None
    assert found.classes.tolist() == [1, 1, 2, 2]
    assert found.classes.dtype == np.uint8


def test_where_there_is_no_object_there_is_no_class() -> None:
    embedding = Embedding.of(np.zeros((1, 2, 2)), np.full((2, 2, 2), 0.4, np.float32))
    found = finish(embedding, np.zeros((2, 2), int), clustering_config())
    assert found.classes is not None
    assert found.classes.tolist() == []


def test_the_class_of_an_object_is_that_of_most_of_its_probability() -> None:
    labels = np.ones((1, 4), int)
    foreground = np.array([[[0.9, 0.9, 0.0, 0.0]], [[0.4, 0.4, 0.6, 0.6]]], np.float32)
    found = finish(Embedding.of(np.zeros((1, 1, 4)), foreground), labels, clustering_config())
    assert found.classes is not None
    assert found.classes.tolist() == [2]


@pytest.mark.parametrize("method", ["density", "greedy"])
def test_objects_keep_their_class_where_one_is_smaller_than_a_pixel(method: Method) -> None:
    labels = np.zeros((64, 64), int)
    labels[:2, :2], labels[20:36, 20:36], labels[40:56, 40:56] = 1, 2, 3
    kinds = np.stack([(labels == 1) | (labels == 3), labels == 2]) * np.float32(0.99)
    e = perfect(labels)
    embedding = replace(
        e, maps={**e.maps, "foreground": kinds.astype(np.float32)}, image_shape=(8, 8)
    )
    found = group(embedding, clustering_config(method, min_size=0))
    assert found.classes is not None
    assert found.class_image is not None
    assert len(found.classes) == found.count
    assert (found.class_image[3, 3], found.class_image[6, 6]) == (2, 1)


def test_numbers_are_the_same_given_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1)
    assert relabel(np.array([[-1, 7], [3, 0], [7, 7]])).tolist() == [[0, 2], [1, 0], [2, 2]]
