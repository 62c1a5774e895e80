"""The settings that an embedding begins with, and what those left open come to."""

from __future__ import annotations

import numpy as np

from napari_discembed.config import clustering_config
from napari_discembed.session.settings import starting_config, usual_numbers
from napari_discembed.types import Embedding, Margins


def embedding(diameter: float = 10.0, image_shape: tuple[int, ...] = ()) -> Embedding:
    return Embedding.of(
        np.zeros((2, 20, 20), np.float32),
        np.ones((1, 20, 20), np.float32),
        margins=Margins(pull=0.4, push=1.0),
        diameter=diameter,
        image_shape=image_shape,
    )


def test_what_a_person_changed_stays_with_the_same_model() -> None:
    recommended = clustering_config(bandwidth=1.7)
    changed = clustering_config("greedy", bandwidth=2.5)
    assert starting_config(changed, recommended, recommended) == changed


def test_another_model_begins_with_its_own_settings() -> None:
    changed, other = clustering_config(bandwidth=2.5), clustering_config(bandwidth=1.4)
    assert starting_config(changed, other, clustering_config()) == other


def test_settings_left_open_come_to_what_suits_margins_and_diameter() -> None:
    # A fiftieth of a disc of diameter 10 is 1.57 pixels; the image has four times as many.
    numbers = usual_numbers(clustering_config(), embedding(image_shape=(40, 40)))
    assert numbers == {"bandwidth": 1.0, "merge_margin": 0.8, "min_size": 6.0}


def test_settings_that_are_given_do_not_change_what_is_usual() -> None:
    given = clustering_config(bandwidth=5.0, merge_margin=0.0, min_size=100)
    assert usual_numbers(given, embedding()) == usual_numbers(clustering_config(), embedding())


def test_hdbscan_left_open_has_no_bandwidth_and_greedy_no_merge_margin() -> None:
    assert set(usual_numbers(clustering_config("hdbscan"), embedding())) == {"min_size"}
    assert set(usual_numbers(clustering_config("greedy"), embedding())) == {"bandwidth", "min_size"}
