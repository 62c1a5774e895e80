"""One config a method."""

from __future__ import annotations

import pytest

from napari_discembed.config import (
    METHODS,
    DensityConfig,
    HdbscanConfig,
    SeededConfig,
    clustering_config,
    config_class,
    read_clustering,
)
from napari_discembed.errors import InputError


@pytest.mark.parametrize("method", METHODS)
def test_a_method_has_its_config(method: str) -> None:
    assert clustering_config(method).method == method
    assert isinstance(clustering_config(method), config_class(method))


def test_a_setting_that_a_method_does_not_read_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"'greedy' reads no merge_margin. It reads bandwidth"):
        clustering_config("greedy", merge_margin=1.0)
    with pytest.raises(InputError, match="'density' reads no max_points, coordinates"):
        clustering_config(max_points=100, coordinates=1.0)


def test_an_unknown_method_is_told_the_known_ones() -> None:
    with pytest.raises(InputError, match="density, mean_shift, greedy, hdbscan, learned, seeded"):
        clustering_config("k_means")


def test_a_value_out_of_bounds_is_our_error() -> None:
    with pytest.raises(InputError, match="bandwidth"):
        clustering_config(bandwidth=-1)


def test_settings_that_mean_the_same_are_kept_by_another_method() -> None:
    density = DensityConfig(bandwidth=2.0, merge_margin=1.0, min_size=7, seed_threshold=0.4)
    shift = density.with_method("mean_shift")
    assert (shift.bandwidth, shift.min_size) == (2.0, 7)
    assert shift == clustering_config(
        "mean_shift", bandwidth=2.0, merge_margin=1.0, min_size=7, seed_threshold=0.4
    )
    assert density.with_method("density") is density
    assert density.with_method("seeded") == SeededConfig(bandwidth=2.0, min_size=7)


def test_hdbscan_cuts_its_own_hierarchy() -> None:
    density = DensityConfig(bandwidth=2.0, seed_threshold=0.4)
    assert density.with_method("hdbscan") == HdbscanConfig(seed_threshold=0.4)
    assert HdbscanConfig(bandwidth=0.3).with_method("density").bandwidth is None


def test_what_release_0_1_wrote_for_every_method_is_left_out() -> None:
    stored = {"method": "greedy", "bandwidth": 1.0, "merge_margin": 2.0, "max_points": 20_000}
    assert read_clustering(stored) == {"method": "greedy", "bandwidth": 1.0}
    assert read_clustering({"bandwidth": 1.0, "mood": 3}) == {"bandwidth": 1.0}
