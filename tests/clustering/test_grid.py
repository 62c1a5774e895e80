"""The graph of a grid: a few bins that one can count."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.clustering import blocks
from napari_discembed.clustering.grid import GridEdges, GridPlaces


@pytest.mark.parametrize("block", [1, 2**20])
def test_neighbours_are_beside_and_across_corners_each_pair_once(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", block)
    edges = GridEdges(np.array([[0, 1, -1], [-1, 2, 3]], np.int32))
    for _ in range(2):  # they can be gone through again
        pairs = np.concatenate(list(edges))
        assert sorted(sorted(p) for p in pairs.tolist()) == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]


def test_places_are_those_of_the_bins_that_are_nodes() -> None:
    places = GridPlaces(np.array([1, 5], np.int32), (2, 3), 0.5)
    assert places[np.array([1, 0])].tolist() == [[0.5, 1.0], [0.0, 0.5]]
