"""A network as data: backbone, heads, space, and the short spellings."""

from __future__ import annotations

import pytest

from napari_discembed.config import EuclideanConfig, NetworkConfig
from napari_discembed.config.network import SHORT_NAMES
from napari_discembed.errors import InputError
from napari_discembed.types import CosineSpace, Margins


def test_nothing_said_is_a_network_of_three_heads() -> None:
    assert list(NetworkConfig().heads) == ["embedding", "foreground", "seediness"]


def test_short_spellings_reach_their_places() -> None:
    network = NetworkConfig.of(
        features=(4, 8), embedding_dim=5, coordinates="none", classes=3, delta_v=0.3, faint=True
    )
    assert network.backbone.features == (4, 8)
    assert (network.embedding.dim, network.embedding.coordinates) == (5, "none")
    assert (network.classes, network.asinh_channel) == (3, True)
    assert network.embedding_space.margins == Margins(pull=0.3, push=1.5)
    assert not network.embedding_space.has_coordinates
    assert {"features", "seediness", "delta_d"} <= set(SHORT_NAMES)


def test_a_flat_config_of_release_0_1_is_the_same_network() -> None:
    flat = {"ndim": 3, "in_channels": 1, "faint": False, "features": [4, 8], "embedding_dim": 3,
            "coordinates": "semiconv", "units_per_diameter": 6.0, "classes": 2, "seediness": False,
            "delta_v": 0.5, "delta_d": 1.5, "diameter": 20.0}  # fmt: skip
    network = NetworkConfig.model_validate(flat)
    assert list(network.heads) == ["embedding", "foreground"]
    assert NetworkConfig.model_validate_json(network.model_dump_json()) == network
    assert network.embedding.units_per_diameter == 6.0


def test_a_change_by_a_short_name_leaves_the_rest() -> None:
    network = NetworkConfig.of(features=(4, 8), seediness=False)
    changed = network.with_short(classes=2)
    assert (changed.classes, changed.backbone) == (2, network.backbone)
    assert "seediness" not in changed.heads
    assert "seediness" in changed.with_short(seediness=True).heads


def test_semi_convolutional_embeddings_need_a_dimension_for_each_coordinate() -> None:
    with pytest.raises(InputError, match="embedding_dim of at least 3"):
        NetworkConfig.of(ndim=3, embedding_dim=2)


@pytest.mark.parametrize("name", ["embedding", "foreground"])
def test_a_head_that_everything_needs_cannot_be_left_out(name: str) -> None:
    values = NetworkConfig().model_dump()
    del values["heads"][name]
    with pytest.raises(ValueError, match=f"expected a head '{name}'"):
        NetworkConfig.model_validate(values)


def test_features_are_positive_numbers() -> None:
    with pytest.raises(InputError, match="positive numbers of features"):
        NetworkConfig.of(features=(4, 0))


def test_a_network_may_embed_into_cosine_space() -> None:
    network = NetworkConfig.of(space_kind="cosine", coordinates="none", delta_v=0.4)
    assert network.embedding_space == CosineSpace(0.4)
    assert NetworkConfig.model_validate(network.model_dump()) == network
    assert isinstance(
        NetworkConfig.model_validate({"space": {"delta_v": 1}}).space, EuclideanConfig
    )


def test_places_are_not_added_to_directions() -> None:
    with pytest.raises(InputError, match="places cannot be added to directions"):
        NetworkConfig.of(space_kind="cosine", coordinates="semiconv")
