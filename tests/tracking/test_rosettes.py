"""Leaves that grow away from the middle, and those that slip under others, keep their number."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import linking_config
from napari_discembed.datasets.synthetic import GrowingConfig, draw_growing
from napari_discembed.errors import InputError
from napari_discembed.movies import link
from napari_discembed.types import IntArray

MIDDLE = 30
LARGE = ((-14, 0), (14, 0), (0, -14), (0, 14))


def plant(*leaves: tuple[int, int]) -> IntArray:
    """Return four large leaves around a middle, and small squares where others are seen."""
    labels = np.zeros((61, 61), np.uint16)
    for number, (place, half) in enumerate([*((p, 6) for p in LARGE), *((p, 1) for p in leaves)]):
        y, x = (MIDDLE + along for along in place)
        labels[y - half : y + half + 1, x - half : x + half + 1] = number + 1
    return labels


def numbers_at(labels: IntArray, *places: tuple[int, int]) -> list[int]:
    """Return the track at a place in each frame."""
    return [int(f[MIDDLE + y, MIDDLE + x]) for f, (y, x) in zip(labels, places, strict=True)]


@pytest.mark.parametrize("method", ["lap", "rosette"])
def test_the_tip_and_the_base_of_a_leaf_are_one_at_its_angle(method: str) -> None:
    places = (26, 26), (12, 12), (25, 26)
    movie = np.stack([plant(place) for place in places])
    found = link(movie, method).labels  # type: ignore[arg-type]
    assert (len(set(numbers_at(found, *places))) == 1) is (method == "rosette")
    for place in LARGE:
        assert len(set(numbers_at(found, *[place] * 3))) == 1


def test_a_leaf_is_found_after_frames_below_others() -> None:
    movie = np.stack([plant((26, 26)), plant(), plant((12, 12))])
    assert link(movie, "rosette").labels.max() == 5
    assert link(movie, "rosette", gap=0).labels.max() == 6


@pytest.mark.parametrize("place", [(-12, 12), (5, 5)])
def test_a_leaf_at_another_angle_or_a_new_one_in_the_middle_is_another(
    place: tuple[int, int],
) -> None:
    movie = np.stack([plant((26, 26)), plant(place)])
    assert numbers_at(link(movie, "rosette").labels, (26, 26), place) == [5, 6]


def test_a_link_by_angle_alone_is_in_doubt() -> None:
    movie = np.stack([plant((26, 26)), plant((12, 12))])
    links = link(movie, "rosette").links
    assert links.confidence[-1] <= 0.5


def share_kept(true: IntArray, found: IntArray) -> float:
    """Return the share of leaves whose pixels are of one track in all frames."""
    numbers = np.unique(true[true > 0])
    return float(np.mean([len(set(found[true == n].tolist())) == 1 for n in numbers]))


def test_young_leaves_keep_their_numbers_where_new_ones_take_their_places() -> None:
    config = GrowingConfig(size=96, frames=6)
    true = draw_growing(np.random.default_rng(16), config).tracks.labels
    by_lap = link(true, linking_config("lap", divisions=False)).labels
    assert share_kept(true, by_lap) < 0.85
    assert share_kept(true, link(true, "rosette").labels) == 1


def test_empty_frames_are_days_without_leaves() -> None:
    movie = np.stack([plant(), np.zeros((61, 61), np.uint16), plant()])
    assert link(movie, "rosette").labels[2].max() == 4
    assert link(np.zeros((2, 8, 8), np.uint8), "rosette").labels.max() == 0


def test_what_is_no_plant_is_told() -> None:
    volumes = np.stack([plant(), plant()])[:, None].repeat(2, axis=1)
    with pytest.raises(InputError, match="these frames are volumes"):
        link(volumes, "rosette")
    many = np.zeros((2, 64, 64), np.uint16)
    many[:, ::2, ::2] = np.arange(1, 1025).reshape(32, 32)
    with pytest.raises(InputError, match="one plant, up to 1000, got 1024 objects"):
        link(many, "rosette")
    with pytest.raises(InputError, match="'rosette' reads no divisions"):
        link(many, "rosette", divisions=False)
