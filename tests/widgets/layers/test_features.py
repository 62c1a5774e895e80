"""Measurements in the features of a Labels layer."""

from __future__ import annotations

import napari.layers
import numpy as np
import pandas as pd

from napari_discembed.widgets.layers import set_features


def labels() -> napari.layers.Labels:
    """Return a layer with the objects 1 and 2."""
    return napari.layers.Labels(np.array([[0, 1, 2]]))


def test_each_object_has_its_measurements() -> None:
    layer = labels()
    set_features(layer, {"label": np.array([1, 2]), "area": np.array([4.0, 9.0])})
    assert layer.features.to_dict("list") == {"index": [1, 2], "area": [4.0, 9.0]}


def test_what_a_person_noted_stays_and_measurements_are_replaced() -> None:
    layer = labels()
    layer.features = pd.DataFrame({"index": [1, 2], "kind": ["a", "b"], "area": [0.0, 0.0]})
    set_features(layer, {"label": np.array([2, 1]), "area": np.array([9.0, 4.0])})
    assert layer.features.to_dict("list") == {
        "index": [2, 1], "area": [9.0, 4.0], "kind": ["b", "a"],
    }  # fmt: skip


def test_features_without_an_index_begin_with_the_background() -> None:
    layer = labels()
    layer.features = pd.DataFrame({"kind": ["none", "a", "b"]})
    set_features(layer, {"label": np.array([1, 2]), "area": np.array([4.0, 9.0])})
    assert layer.features["kind"].tolist() == ["a", "b"]
