"""Bins of embeddings that one can fill by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed.clustering import bins
from napari_discembed.clustering.bins import EmbeddingBins, bin_pixels, foreground_points, nearest
from napari_discembed.types import Embedding

from .scenes import along_line


def line() -> Embedding:
    """Six pixels, of which the second is no foreground."""
    e = along_line(0.0, 9.0, 0.4, 0.6, 1.2, 0.1, seediness=[0.1, 1.0, 0.3, 0.2, 0.5, 0.2])
    probability = np.array([[[1, 0.05, 0.5, 1, 1, 0.5]]], np.float32)
    return replace(e, maps={**e.maps, "foreground": probability})


def test_pixels_share_a_bin_whose_points_share_a_cell_of_the_grid() -> None:
    found = bin_pixels(line(), 0.5)
    assert np.flatnonzero(found.inside).tolist() == [0, 2, 3, 4, 5]
    assert found.bin_of_pixel.tolist() == [0, 1, 1, 2, 0]
    assert found.position.tolist() == [[0], [1], [2]]
    assert found.width == 0.5
    assert len(found) == 3


def test_a_bin_weighs_the_probability_of_its_pixels() -> None:
    found = bin_pixels(line(), 0.5)
    assert found.weight.tolist() == [1.5, 1.5, 1]
    assert found.mean[:, 0] == pytest.approx([0.5 * 0.1 / 1.5, (0.5 * 0.4 + 0.6) / 1.5, 1.2])


def test_a_bin_is_as_seedy_as_its_best_pixel() -> None:
    assert bin_pixels(line(), 0.5).seediness == pytest.approx([0.2, 0.3, 0.5])
    without = Embedding.of(line().values, line().foreground)
    assert bin_pixels(without, 0.5).seediness.tolist() == [1, 1, 1]


def test_values_of_bins_go_back_to_their_pixels() -> None:
    image = bin_pixels(line(), 0.5).to_image(np.array([7, 8, 9]))
    assert image.tolist() == [[7, 0, 8, 8, 9, 7]]
    assert image.dtype == np.int32


def test_points_of_a_part_are_in_the_bins_that_they_are_in_among_all() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 3, (2, 8, 8)).astype(np.float32)
    whole = bin_pixels(Embedding.of(values, np.ones((1, 8, 8), np.float32)), 0.5)
    part = bin_pixels(Embedding.of(values[:, 3:], np.ones((1, 5, 8), np.float32)), 0.5)
    here = whole.position[whole.bin_of_pixel].reshape(8, 8, 2)[3:].astype(int)
    there = part.position[part.bin_of_pixel].reshape(5, 8, 2).astype(int)
    assert len(np.unique((here - there).reshape(-1, 2), axis=0)) == 1


@pytest.mark.parametrize(("probability", "count"), [(0.1, 1), (0.0999, 0)])
def test_a_pixel_takes_part_from_a_tenth_of_foreground(probability: float, count: int) -> None:
    embedding = Embedding.of(np.zeros((2, 1, 1)), np.full((1, 1, 1), probability, np.float32))
    pixels, points = foreground_points(embedding)
    assert len(pixels) == count
    assert points.shape == (2, count)
    assert len(bin_pixels(embedding, 0.5)) == count


def test_without_foreground_there_is_no_bin() -> None:
    found = bin_pixels(Embedding.of(np.zeros((2, 1, 3)), np.zeros((1, 1, 3))), 0.5)
    assert found.position.shape == found.mean.shape == (0, 2)
    assert found.position.dtype == np.int64
    assert found.weight.dtype == found.mean.dtype == np.float64
    assert found.bin_of_pixel.dtype == np.int32
    assert found.to_image(np.zeros(0, int)).tolist() == [[0] * 3]


@pytest.mark.parametrize("block", [7, 2**20])
@pytest.mark.parametrize("numbered", [True, False])
def test_bins_are_the_same_however_they_are_looked_up(
    numbered: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    embedding = Embedding.of(rng.normal(0, 3, (3, 9, 9)), rng.random((1, 9, 9)))
    table = bin_pixels(embedding, 0.5)
    monkeypatch.setattr(bins, "DENSE_BINS", 0)
    monkeypatch.setattr(bins, "BLOCK", block)
    monkeypatch.setattr(bins._Grid, "is_numbered", numbered)
    sorted_ = bin_pixels(embedding, 0.5)
    for name in ("inside", "bin_of_pixel", "position", "mean", "weight"):
        np.testing.assert_array_equal(getattr(table, name), getattr(sorted_, name))


def test_bins_of_a_grid_too_large_to_count_are_found() -> None:
    points = np.zeros((4, 1, 3))
    points[:, 0, 2] = 2.0**17
    found: EmbeddingBins = bin_pixels(Embedding.of(points, np.ones((1, 1, 3))), 0.5)
    assert found.bin_of_pixel.tolist() == [0, 0, 1]
    assert found.position.tolist() == [[0] * 4, [2**18] * 4]


def test_the_nearest_centre_within_the_limit_is_found() -> None:
    centres, points = np.array([[0.0], [10.0]]), np.array([[1.0], [6.0], [4.9]])
    assert nearest(centres, points).tolist() == [0, 1, 0]
    assert nearest(centres, points, 4.5).tolist() == [0, 1, -1]
    assert nearest(np.zeros((0, 1)), points).tolist() == [-1, -1, -1]
