import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging import Resampling, resample
from napari_discembed.inference import embed_channels, embed_image
from napari_discembed.inference.run import embed_tiles, map_shapes
from napari_discembed.inference.source import Source
from napari_discembed.inference.views import View, largest_shape, views_of
from napari_discembed.io.store import MemoryMaps
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.types import Image

Net = Callable[..., EmbeddingNet]
WHOLE = TilingConfig(size=16384, device="cpu")


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def unit(net: EmbeddingNet) -> float:
    return net.config.embedding.units_per_diameter / net.config.diameter


def send_to_themselves(net: EmbeddingNet) -> None:
    for parameter in net.heads["embedding"].parameters():
        torch.nn.init.zeros_(parameter)


def seen(net: EmbeddingNet, channels: np.ndarray, axes: tuple[int, ...]) -> dict[str, np.ndarray]:
    shape = channels.shape[1:]
    maps = MemoryMaps(map_shapes(net, shape))
    source = Source(channels, net.config.in_channels, Resampling(shape, shape))
    run(embed_tiles(net, source, WHOLE, maps, axes))
    return maps.arrays


@pytest.mark.parametrize("views", [2, 3])
def test_tiles_give_what_the_whole_image_gives_in_several_views(make_net: Net, views: int) -> None:
    net, channels = make_net(), pixels(1, 107, 151)
    whole = run(embed_channels(net, channels, tile=WHOLE.changed(views=views)))
    tile = TilingConfig(size=32, batch_size=3, views=views)
    tiled = run(embed_channels(net, channels, tile=tile))
    for name, values in whole.items():
        np.testing.assert_allclose(tiled[name], values, atol=1e-4)


@pytest.mark.parametrize("axes", [(1,), (0,), (0, 1)])
def test_a_mirrored_view_gives_what_the_mirror_image_gives_mirrored_back(
    make_net: Net, axes: tuple[int, ...]
) -> None:
    net, channels = make_net(), pixels(1, 48, 64)
    flip = [axis + 1 for axis in axes]
    expected = seen(net, np.ascontiguousarray(np.flip(channels, flip)), ())
    found = seen(net, channels, axes)
    assert np.abs(found["foreground"] - seen(net, channels, ())["foreground"]).max() > 1e-3
    for name, values in expected.items():
        back = np.flip(values, flip).copy()
        if name == "embedding":
            for axis in axes:
                back[axis] = (channels.shape[axis + 1] - 1) * unit(net) - back[axis]
        np.testing.assert_allclose(found[name], back, atol=1e-4)


def test_several_views_are_the_mean_of_what_each_shows(make_net: Net) -> None:
    net, channels = make_net(), pixels(1, 40, 56)
    found = run(embed_channels(net, channels, tile=WHOLE.changed(views=2)))
    larger = seen(net, resample(channels, (56, 78)), ())["foreground"]
    smaller = seen(net, resample(channels, (29, 40)), (1,))["foreground"]
    expected = (resample(larger, (40, 56)) + resample(smaller, (40, 56))) / 2
    np.testing.assert_allclose(found["foreground"], expected, atol=1e-5)


@pytest.mark.parametrize("views", [2, 3])
def test_a_pixel_that_is_sent_to_itself_is_so_in_every_view(make_net: Net, views: int) -> None:
    net = make_net()
    send_to_themselves(net)
    found = run(embed_channels(net, pixels(1, 60, 90), tile=WHOLE.changed(views=views)))
    inner = (slice(None), slice(3, -3), slice(3, -3))  # at the edge there is nothing to blur with
    expected = np.indices((60, 90)) * unit(net)
    np.testing.assert_allclose(found["embedding"][inner], expected[inner], atol=2e-3)


def test_volumes_are_seen_in_several_views(make_net: Net) -> None:
    net = make_net(ndim=3, embedding_dim=3)
    send_to_themselves(net)
    found = run(embed_channels(net, pixels(1, 12, 20, 24), tile=WHOLE.changed(views=2)))
    inner = (slice(None), *(slice(3, -3),) * 3)
    expected = np.indices((12, 20, 24)) * unit(net)
    np.testing.assert_allclose(found["embedding"][inner], expected[inner], atol=2e-3)


def test_a_folder_holds_the_mean_too(make_net: Net, tmp_path: Path) -> None:
    net, channels, tile = make_net(), pixels(1, 50, 70), TilingConfig(size=32, views=2)
    expected = run(embed_channels(net, channels, tile=tile))
    found = run(embed_channels(net, channels, tile=tile, store=tmp_path / "maps"))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-6)


def test_progress_never_goes_back(make_net: Net) -> None:
    job = embed_channels(make_net(), pixels(1, 100, 100), tile=TilingConfig(size=32, views=3))
    fractions = [at.fraction or 0.0 for at in job]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


@pytest.mark.parametrize("network", [{"coordinates": "none"}, {"embedding_dim": 3}])
def test_points_that_are_no_places_are_seen_in_one_view(
    make_net: Net, network: dict[str, object]
) -> None:
    with pytest.raises(InputError, match="Ask for one view"):
        run(embed_channels(make_net(**network), pixels(1, 16, 16), tile=WHOLE.changed(views=2)))


def test_the_largest_view_tells_what_memory_is_needed(make_net: Net) -> None:
    config = make_net().config
    assert largest_shape(config, (100, 200), 1) == (100, 200)
    assert largest_shape(config, (100, 200), 3) == (167, 334)


@pytest.mark.parametrize("count", [2, 3])
def test_views_are_as_large_as_the_image_in_the_geometric_mean(make_net: Net, count: int) -> None:
    views = views_of(make_net().config, count)
    assert len(views) == count
    assert math.prod(view.zoom for view in views) == pytest.approx(1)
    assert View(2.0).shape((3, 5)) == (6, 10)


def test_the_card_says_how_many_views_there_are_unless_somebody_does(make_net: Net) -> None:
    net, image = make_net(in_channels=1), Image(pixels(64, 48))
    model = Model(net, ModelCard(name="twice", config=net.config, views=2))
    found = {
        views: run(embed_image(model, image, tile=WHOLE.changed(views=views)))
        for views in (None, 1, 2)
    }
    values = {views: np.asarray(one.foreground) for views, one in found.items()}
    np.testing.assert_array_equal(values[None], values[2])
    assert np.abs(values[1] - values[2]).max() > 1e-3
    assert found[None].provenance.config["tile"]["views"] == 2
