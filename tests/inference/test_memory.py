from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_discembed.config import NetworkConfig, TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.inference import FrameMemory, embed_image, memory_of, remember
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

FRAMES = [
    Image(frame, Axes("YX")) for frame in np.random.default_rng(0).random((4, 75, 110), np.float32)
]


def model(restart: int = 0) -> Model:
    torch.manual_seed(0)
    backbone = {"kind": "hourglass", "features": (3, 4), "restart": restart}
    config = NetworkConfig.of(in_channels=1, diameter=8, backbone=backbone)
    net = EmbeddingNet(config).eval()
    for parameter in net.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return Model(net, ModelCard(name="tiny", config=config))


def embedded(
    frame: Image, remembers: FrameMemory | None, found: Model | None = None, size: int = 1024
) -> NDArray[np.float32]:
    tile = TilingConfig(size=size, precision="float32")
    job = embed_image(found or model(), frame, diameter=8, tile=tile, memory=remembers)
    return run(job).maps["embedding"]


def test_tiles_of_each_frame_agree_with_the_whole_image() -> None:
    whole, tiled, net = memory_of(model()), memory_of(model()), model()
    for t, frame in enumerate(FRAMES):
        expected = embedded(frame, whole, net)
        np.testing.assert_allclose(embedded(frame, tiled, net, 32), expected, atol=2e-5)
        alone = np.abs(embedded(frame, None, net) - expected).max()
        assert (alone > 1e-3) == (t > 0)


def test_after_a_restart_a_frame_is_as_if_it_were_the_first() -> None:
    net = model(restart=2)
    remembers = memory_of(net)
    found = [embedded(frame, remembers, net) for frame in FRAMES]
    for t, frame in enumerate(FRAMES):
        same = np.array_equal(found[t], embedded(frame, None, net))
        assert same == (t % 2 == 0)


def test_a_frame_that_was_broken_off_is_not_remembered() -> None:
    net, remembers = model(), FrameMemory()
    embedded(FRAMES[0], remembers, net)
    job = embed_image(net, FRAMES[3], diameter=8, tile=TilingConfig(size=32), memory=remembers)
    next(job)
    next(job)
    job.close()
    expected = FrameMemory()
    embedded(FRAMES[0], expected, net)
    assert remembers.next_frame == 1
    again = embedded(FRAMES[1], remembers, net)
    np.testing.assert_array_equal(again, embedded(FRAMES[1], expected, net))


@pytest.mark.parametrize("restart", [0, 2])
def test_any_frame_can_be_gone_to(restart: int) -> None:
    net = model(restart)
    remembers = memory_of(net)
    in_order = [embedded(frame, remembers, net) for frame in FRAMES]
    for number in (3, 1, 2):
        run(remember(FRAMES, number, net, remembers, diameter=8))
        np.testing.assert_array_equal(embedded(FRAMES[number], remembers, net), in_order[number])


def test_a_network_without_memory_has_nothing_to_remember() -> None:
    config = NetworkConfig.of(in_channels=1, features=(3, 4), diameter=8)
    plain = Model(EmbeddingNet(config).eval(), ModelCard(name="plain", config=config))
    assert memory_of(plain) is None
    run(remember(FRAMES, 3, plain, None, diameter=8))


def test_several_views_of_a_frame_are_refused() -> None:
    net = model()
    job = embed_image(net, FRAMES[0], diameter=8, tile=TilingConfig(views=2), memory=memory_of(net))
    with pytest.raises(InputError, match="one view for a network that remembers"):
        run(job)
