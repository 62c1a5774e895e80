"""Windows of an image on disk: embedded as if the whole were, and only what they need is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.inference import embed_image
from napari_discembed.inference.blocks import BlockEmbedder, plan_blocks
from napari_discembed.models import Model
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

MakeModel = Callable[..., Model]
TILE = TilingConfig(size=64)


class Stored:
    """An array on disk that notes what is read of it."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.shape, self.dtype = data, data.shape, data.dtype
        self.read: list[tuple[int, ...]] = []

    def __getitem__(self, index: Any) -> np.ndarray:
        self.read.append(self.data[index].shape)
        return self.data[index]


def stored(*shape: int, axes: str = "YX", dtype: type = np.uint8) -> tuple[Image, Stored]:
    data = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    base = Stored(data)
    return Image(LazyArray.of(base), Axes(axes)), base  # type: ignore[arg-type]


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize(("diameter", "axes"), [(24, "YX"), (17, "YXC"), (40, "CYX")])
def test_a_window_is_embedded_as_in_the_whole_image(
    make_model: MakeModel, diameter: float, axes: str, views: int
) -> None:
    shape = {"YX": (150, 190), "YXC": (150, 190, 3), "CYX": (3, 150, 190)}[axes]
    n = 3 if "C" in axes else 1
    model = make_model(in_channels=n, diameter=24, coordinates="semiconv", embedding_dim=2)
    tile = TILE.changed(views=views)
    image, _ = stored(*shape, axes=axes)
    whole = run(embed_image(model, image, diameter=diameter, tile=tile))
    embedder = BlockEmbedder.of(image, model, diameter, tile)
    assert embedder.image_shape == (150, 190)
    for box in ((slice(0, 64), slice(64, 128)), (slice(128, 150), slice(128, 190))):
        window = embedder.window(box, 10)
        part = run(embedder.embed(window))
        for name, values in whole.maps.items():
            np.testing.assert_allclose(part.maps[name], values[:, *window], atol=1e-4)
        assert part.diameter == whole.diameter


def test_only_what_a_window_needs_is_read(make_model: MakeModel) -> None:
    model = make_model(in_channels=1, diameter=24)
    image, base = stored(2000, 2000)
    embedder = BlockEmbedder.of(image, model, 24, TILE)
    base.read.clear()
    run(embedder.embed(embedder.window((slice(0, 64), slice(64, 128)), 8)))
    assert len(base.read) == 1
    assert max(base.read[0]) < 64 + 2 * (8 + 4 * model.net.receptive_radius)


def test_pixels_that_are_no_numbers_are_told_where_they_are_read(make_model: MakeModel) -> None:
    model = make_model(in_channels=1, diameter=24)
    image, base = stored(1500, 1500, dtype=np.float32)
    base.data[41, 43] = np.nan  # between the pixels that intensities are measured on
    embedder = BlockEmbedder.of(image, model, 24, TILE)
    run(embedder.embed(embedder.window((slice(512, 576), slice(512, 576)), 8)))
    with pytest.raises(InputError, match="got 1 that are NaN or infinite"):
        run(embedder.embed(embedder.window((slice(0, 64), slice(0, 64)), 8)))


@pytest.mark.parametrize("shape", [(100, 250), (1, 5), (40, 300, 70)])
def test_blocks_cover_each_pixel_once_and_begin_at_chunks(shape: tuple[int, ...]) -> None:
    covered = np.zeros(shape, int)
    boxes = plan_blocks(shape, 64, 32)
    for box in boxes:
        covered[box] += 1
        assert all(s.start % 32 == 0 for s in box)
    assert (covered == 1).all()
