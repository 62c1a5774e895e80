"""The network as it is exported, and the description that goes with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_discembed.config import TilingConfig, clustering_config
from napari_discembed.inference.embedder import embed_channels
from napari_discembed.models import Model
from napari_discembed.models.exchange.about import describe
from napari_discembed.models.exchange.exported import ExportedNet
from napari_discembed.progress import run


def test_the_outputs_are_the_maps_that_are_grouped_here(model: Model) -> None:
    exported = ExportedNet(model.net)
    image = exported.example()[:1]
    maps = run(embed_channels(model.net, image[0].numpy(), tile=TilingConfig(device="cpu")))
    for name, value in zip(exported.names, exported(image), strict=True):
        np.testing.assert_allclose(value[0].numpy(), maps[name], atol=1e-5, err_msg=name)


def test_the_model_itself_stays_as_it_was(small: Model) -> None:
    before = {name: value.clone() for name, value in small.net.state_dict().items()}
    ExportedNet(small.net)
    after = small.net.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert len(after) == len(before)


def test_tiles_fit_together_by_the_rule_that_is_stated(small: Model) -> None:
    about = describe(small)
    assert "units_per_pixel" in about["embedding"]["of_a_tile"]
    assert "(y, x)" in about["embedding"]["of_a_tile"]
    exported, whole, start = ExportedNet(small.net), torch.rand(1, 3, 64, 64), 16
    inner = about["receptive_radius"]  # from here on the tile sees all that the image shows
    tile = exported(whole[..., start:, start:])[0][..., inner:, inner:]
    expected = exported(whole)[0][..., start + inner :, start + inner :]
    shift = about["embedding"]["units_per_pixel"] * start
    torch.testing.assert_close(tile + shift, expected, atol=1e-5, rtol=0)


def test_the_description_says_how_pixels_are_grouped(small: Model) -> None:
    grouping = describe(small)["grouping"]
    assert (grouping["method"], grouping["bandwidth"], grouping["merge_margin"]) == (
        "density",
        1.25,
        1.0,
    )
    own = small.card.model_copy(update={"clustering": clustering_config(bandwidth=2.0)})
    assert describe(replace(small, card=own))["grouping"]["bandwidth"] == 2.0


def test_the_description_says_how_points_are_compared(make_model: Callable[[str], Model]) -> None:
    assert describe(make_model("unet"))["embedding"]["distances"].endswith("as they are")
    assert describe(make_model("several"))["embedding"]["distances"].endswith("unit length")


def test_hdbscan_without_a_bandwidth_is_not_given_one(small: Model) -> None:
    own = small.card.model_copy(update={"clustering": clustering_config(method="hdbscan")})
    assert describe(replace(small, card=own))["grouping"]["bandwidth"] is None


def test_the_description_is_plain_json_and_names_all_outputs(model: Model) -> None:
    about = json.loads(json.dumps(describe(model)))
    assert list(about["outputs"]) == list(model.net.named_heads())
    assert about["input"]["channels"] == model.config.in_channels
    assert about["input"]["sizes_multiple_of"] == model.net.stride


@pytest.mark.parametrize(("name", "words"), [("several", "pass the image whole"), ("unet", "add")])
def test_what_coordinates_mean_for_tiles_is_said(
    make_model: Callable[[str], Model], name: str, words: str
) -> None:
    assert words in describe(make_model(name))["embedding"]["of_a_tile"]
