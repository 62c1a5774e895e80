"""How files are read, and when two batches do the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.config import NetworkConfig, TilingConfig, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.models import ModelCard
from napari_discembed.types import Axes, Image

CARD = ModelCard(name="a", config=NetworkConfig.of(), weights_sha256="f00")


@pytest.mark.parametrize(
    ("like", "own", "read"),
    [
        ("TYX", "ZYX", "TYX"),  # a file guesses depth where it is time
        ("ZYX", "TYX", "ZYX"),
        ("CYX", "ZYX", "CYX"),  # or channels
        ("CTYX", "CZYX", "CTYX"),
        ("YX", "ZYX", "ZYX"),  # says nothing of a stack
        ("TZYX", "ZYX", "ZYX"),
        ("ZYX", "CYX", "CYX"),  # a file that says channels is believed
        ("CYX", "TZYX", "TZYX"),
        ("", "ZYX", "ZYX"),
    ],
)
def test_what_was_said_of_one_image_holds_where_a_file_leaves_it_open(
    like: str, own: str, read: str
) -> None:
    image = Image(np.zeros((5, 6, 7, 8)[4 - len(own) :]), Axes(own))
    assert Reading(like=Axes(like)).apply(image).axes == read


def test_pixel_sizes_stay_with_their_axes() -> None:
    film = Image(np.zeros((3, 6, 7)), Axes("TYX"), (0.5, 0.25), "micrometer")
    stack = Reading(like=Axes("ZYX")).apply(film)
    assert stack.pixel_size == (1.0, 0.5, 0.25)
    assert Reading(like=Axes("TYX")).apply(stack).pixel_size == (0.5, 0.25)


def test_axes_for_all_files_win_over_what_a_file_says(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 6, 7)))
    image = Reading(axes="tyx", like=Axes("CYX")).read(tmp_path / "a.npy")
    assert (image.axes, image.name) == ("TYX", "a")


def test_a_channel_is_taken_of_channels_and_not_of_colours() -> None:
    pixels = np.arange(2 * 6 * 7).reshape(2, 6, 7)
    image = Image(pixels, Axes("CYX"))
    one = Reading(channel=1).apply(image)
    assert one.axes == "YX"
    assert (one.data == pixels[1]).all()
    colours = Image(np.zeros((6, 7, 3)), Axes("YXC"))
    assert Reading(channel=1).apply(colours) is colours
    with pytest.raises(InputError, match="channel from 0 to 1, got 2"):
        Reading(channel=2).apply(image)


def test_a_hash_tells_apart_all_that_labels_depend_on(tmp_path: Path) -> None:
    one, other = tmp_path / "a.npy", tmp_path / "b.npy"
    one.write_bytes(b"1")
    other.write_bytes(b"12")
    recipes = [
        Recipe("a"),
        Recipe("a", diameter=3.0),
        Recipe("a", clustering_config(bandwidth=3.0)),
        Recipe("a", reading=Reading(axes="YX")),
        Recipe("a", reading=Reading(like=Axes("TYX"))),
        Recipe("a", reading=Reading(channel=0)),
        Recipe("a", reading=Reading(series=1)),
        Recipe("a", reading=Reading(level=1)),
        Recipe("a", tiling=TilingConfig(views=2)),
        Recipe("a", tiling=TilingConfig(views=3)),
    ]
    hashes = [recipe.settings_hash(CARD, one) for recipe in recipes]
    hashes += [
        Recipe("a").settings_hash(CARD, other),
        Recipe("a").settings_hash(CARD.model_copy(update={"weights_sha256": "b"}), one),
    ]
    assert len(set(hashes)) == len(hashes)


def test_a_hash_depends_on_every_file_of_an_ome_set(
    tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    write_ome_set(tmp_path, ["t0.ome.tif", "t1.ome.tif"])
    before = Recipe("a").settings_hash(CARD, tmp_path / "t0.ome.tif")
    assert Recipe("a").settings_hash(CARD, tmp_path / "t0.ome.tif") == before
    os.utime(tmp_path / "t1.ome.tif", ns=(1, 1))
    assert Recipe("a").settings_hash(CARD, tmp_path / "t0.ome.tif") != before


def test_neither_tiles_nor_a_recommendation_made_explicit_change_the_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"1")
    same = Recipe("b", CARD.clustering, tiling=TilingConfig(size=64))
    assert same.settings_hash(CARD, path) == Recipe("a").settings_hash(CARD, path)
    twice = CARD.model_copy(update={"views": 2})
    asked = Recipe("a", tiling=TilingConfig(views=2))
    assert Recipe("a").settings_hash(twice, path) == asked.settings_hash(CARD, path)
