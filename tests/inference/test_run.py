from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from napari_discembed.clustering import group
from napari_discembed.config import TilingConfig, clustering_config
from napari_discembed.errors import DiscembedError, InputError, OutOfMemoryError
from napari_discembed.inference import embed_channels, embed_image
from napari_discembed.models import EmbeddingNet, fold_batch_norm, load_model
from napari_discembed.progress import Interrupted, interruptible, run
from napari_discembed.types import Image

Net = Callable[..., EmbeddingNet]
WHOLE = TilingConfig(size=16384, device="cpu")


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def largest_difference(net: EmbeddingNet, channels: np.ndarray, tile: TilingConfig) -> float:
    whole = run(embed_channels(net, channels, tile=WHOLE))
    tiled = run(embed_channels(net, channels, tile=tile))
    assert whole.keys() == tiled.keys() == {"embedding", "foreground", "seediness"}
    assert all(np.ptp(whole[name]) > 0.01 for name in whole)
    return max(float(np.abs(whole[name] - tiled[name]).max()) for name in whole)


class Limited(EmbeddingNet):
    """Runs out of memory above some number of pixels."""

    limit = 0

    def passed(self, images: torch.Tensor, *rest: Any) -> Any:
        if images[:, 0].numel() > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().passed(images, *rest)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"embedding_dim": 5},
        {"coordinates": "input", "embedding_dim": 3},
        {"coordinates": "none", "classes": 3},
    ],
    ids=["semi-convolutional", "E=5", "input coordinates", "classes"],
)
@pytest.mark.parametrize("shape", [(107, 151), (33, 300)])
def test_tiles_give_what_the_whole_image_gives(
    make_net: Net, config: dict[str, object], shape: tuple[int, ...]
) -> None:
    assert largest_difference(make_net(**config), pixels(1, *shape), TilingConfig(size=32)) < 1e-4


def test_tiles_give_what_the_whole_volume_gives(make_net: Net) -> None:
    net = make_net(ndim=3, in_channels=2, features=(3, 4), embedding_dim=4)
    # 64 ** 2 voxels are a core of 16 x 16 x 16.
    tile = TilingConfig(size=64, batch_size=4)
    assert largest_difference(net, pixels(2, 21, 47, 35), tile) < 1e-4


def test_a_batch_of_tiles_gives_what_single_tiles_give(make_net: Net) -> None:
    net = make_net()
    tile = TilingConfig(size=40, batch_size=3)
    assert largest_difference(net, pixels(1, 203, 167), tile) < 1e-4


def test_a_halo_too_small_would_show(make_net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddingNet, "receptive_radius", 2)
    difference = largest_difference(make_net(), pixels(1, 107, 151), TilingConfig(size=32))
    assert difference > 1e-3


def test_the_network_itself_on_a_padded_image_says_the_same(make_net: Net) -> None:
    net = make_net()
    channels = pixels(1, 46, 60)
    result = run(embed_channels(net, channels))
    padded = np.pad(channels, ((0, 0), (0, 2), (0, 0)), mode="reflect")
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(padded[None]))
    np.testing.assert_allclose(result["embedding"], expected["embedding"][0, :, :46], atol=1e-4)
    np.testing.assert_allclose(
        result["foreground"], expected["foreground"].sigmoid()[0, :, :46], atol=1e-4
    )


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (2, 90)])
def test_images_smaller_than_the_stride_are_embedded(make_net: Net, shape: tuple[int, int]) -> None:
    result = run(embed_channels(make_net(), pixels(1, *shape)))
    assert result["embedding"].shape == (2, *shape)
    assert np.isfinite(result["embedding"]).all()


def test_a_network_without_seediness_gives_none(make_net: Net) -> None:
    result = run(embed_channels(make_net(seediness=False), pixels(1, 20, 20)))
    assert set(result) == {"embedding", "foreground"}


def test_the_network_keeps_its_mode_and_its_statistics(make_net: Net) -> None:
    net = make_net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    job = embed_channels(net, pixels(1, 40, 40))
    next(job)
    assert net.training
    run(job)
    assert net.training
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_each_tile_is_reported_and_the_last_is_all(make_net: Net) -> None:
    said = []
    run(embed_channels(make_net(), pixels(1, 64, 96), tile=TilingConfig(size=32)), said.append)
    fractions = [progress.fraction for progress in said]
    assert fractions == pytest.approx([i / 6 for i in range(7)])


def test_gradients_stay_on_for_the_caller_between_tiles(make_net: Net) -> None:
    job = embed_channels(make_net(), pixels(1, 64, 64), tile=TilingConfig(size=32))
    next(job)
    next(job)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    job.close()


def test_running_out_of_memory_halves_the_tiles_and_changes_nothing(make_net: Net) -> None:
    config = make_net().config
    limited = Limited(config)
    limited.load_state_dict(make_net().state_dict())
    limited.limit = 160**2
    channels = pixels(1, 250, 330)
    expected = run(embed_channels(make_net(), channels, tile=WHOLE))
    said = []
    found = run(embed_channels(limited, channels, tile=WHOLE), said.append)
    np.testing.assert_allclose(found["embedding"], expected["embedding"], atol=1e-4)
    assert said[-1].fraction == 1


def test_running_out_of_memory_makes_the_batch_smaller_first(make_net: Net) -> None:
    limited = Limited(make_net().config)
    limited.limit = 96 * 96
    said = []
    tile = TilingConfig(size=32, batch_size=4)
    run(embed_channels(limited, pixels(1, 128, 128), tile=tile), said.append)
    assert len(said) == 1 + 16


def test_a_network_that_never_fits_is_said_in_words(make_net: Net) -> None:
    limited = Limited(make_net().config)
    with pytest.raises(OutOfMemoryError, match="choose device='cpu'") as caught:
        run(embed_channels(limited, pixels(1, 300, 300)))
    assert isinstance(caught.value, DiscembedError)
    assert isinstance(caught.value, MemoryError)


@pytest.mark.parametrize("device", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_said_in_words(make_net: Net, device: str) -> None:
    with pytest.raises(InputError, match="device"):
        run(embed_channels(make_net(), pixels(1, 8, 8), tile=TilingConfig(device=device)))


def test_channels_of_other_dimensions_are_refused(make_net: Net) -> None:
    with pytest.raises(InputError, match=r"3 axes \(C, Y, X\)"):
        run(embed_channels(make_net(), pixels(8, 8)))


def test_bfloat16_is_near_float32_and_returned_as_float32(make_net: Net) -> None:
    net, channels = make_net(), pixels(1, 32, 32)
    exact = run(embed_channels(net, channels))["foreground"]
    rough = run(embed_channels(net, channels, tile=TilingConfig(precision="bfloat16")))[
        "foreground"
    ]
    assert rough.dtype == np.float32
    assert 0 < np.abs(rough - exact).max() < 0.1


@pytest.mark.parametrize("ndim", [2, 3])
def test_folding_batch_normalisation_leaves_none_and_changes_nothing(
    make_net: Net, ndim: int
) -> None:
    net = make_net(ndim=ndim, features=(4, 6), embedding_dim=3).eval()
    images = torch.rand(1, 1, *(8,) * ndim)
    with torch.no_grad():
        before = net(images)["embedding"]
        folded = fold_batch_norm(net)
        torch.testing.assert_close(folded(images)["embedding"], before, atol=1e-5, rtol=1e-5)
    kinds = torch.nn.BatchNorm2d | torch.nn.BatchNorm3d
    assert not any(isinstance(module, kinds) for module in folded.modules())


def test_a_tile_ends_at_the_next_layer_once_nobody_wants_it(make_net: Net) -> None:
    asked: list[None] = []

    def unwanted() -> bool:
        asked.append(None)
        return len(asked) > 3

    with interruptible(unwanted), pytest.raises(Interrupted):
        run(embed_channels(make_net(), pixels(3, 64, 64), tile=WHOLE))
    assert len(asked) == 4


def test_labels_are_the_same_with_one_thread_and_with_two() -> None:
    y, x = np.ogrid[:200, :200]
    discs = (y % 40 - 20) ** 2 + (x % 40 - 20) ** 2 < 15**2
    image = Image((100 * discs + 30 * pixels(200, 200)).astype(np.uint8))
    model, threads, found = load_model("nuclei"), torch.get_num_threads(), []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            embedding = run(embed_image(model, image, diameter=30))
            found.append(group(embedding, clustering_config()).labels)
    finally:
        torch.set_num_threads(threads)
    assert found[0].max() == 25
    np.testing.assert_array_equal(found[0], found[1])
