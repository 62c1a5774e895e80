"""What trial segmentations tell of the scale."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.inference.search import clustering_of_trials, seen_diameter, steadiest
from napari_discembed.models import EmbeddingNet, Model, ModelCard


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


@pytest.mark.parametrize(
    ("views", "config", "expected"),
    [
        (1, {"bandwidth": 1.0}, 1.0),
        (3, {"bandwidth": 1.0}, 1.2),  # one view scatters more than the mean of three
        (3, {}, 1.5),  # of margins whose usual bandwidth is 1.25
        (3, {"method": "hdbscan"}, None),  # where each cluster is the most stable
        (3, {"method": "seeded", "bandwidth": 1.0}, 1.0),
    ],
)
def test_trials_in_one_view_are_grouped_at_the_bandwidth_of_one_view(
    views: Literal[1, 3], config: dict[str, Any], expected: float | None
) -> None:
    net = EmbeddingNet(NetworkConfig.of(features=(4, 8)))
    card = ModelCard(
        name="", config=net.config, clustering=clustering_config(**config), views=views
    )
    found = clustering_of_trials(Model(net, card)).bandwidth
    assert found == (None if expected is None else pytest.approx(expected))


def test_trials_are_grouped_at_the_usual_foreground_threshold_at_most() -> None:
    net = EmbeddingNet(NetworkConfig.of(features=(4, 8)))
    found = []
    for threshold in (0.3, 0.8):
        clustering = clustering_config(foreground_threshold=threshold)
        card = ModelCard(name="", config=net.config, clustering=clustering)
        found.append(clustering_of_trials(Model(net, card)).foreground_threshold)
    assert found == [0.3, 0.5]
