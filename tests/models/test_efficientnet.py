"""The U-Net whose encoder is EfficientNet-Lite0."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from napari_discembed.config import EfficientNetConfig, NetworkConfig, TrainingConfig
from napari_discembed.datasets.patches import Batch
from napari_discembed.errors import InputError
from napari_discembed.models import (
    EfficientUNet,
    EmbeddingNet,
    Model,
    ModelCard,
    adapt_channels,
    fold_batch_norm,
    load_model_file,
    save_model,
    widen_network,
)
from napari_discembed.training.step import OptimiserStep

FEATURES = (4, 4, 4, 4)


def config(**changes: object) -> NetworkConfig:
    backbone = EfficientNetConfig(features=FEATURES)
    return NetworkConfig(backbone=backbone).with_short(**changes)


def net(**changes: object) -> EmbeddingNet:
    torch.manual_seed(0)
    return EmbeddingNet(config(**changes)).eval()


@pytest.mark.parametrize(("features", "radius"), [(FEATURES, 214), ((2, 2, 2, 2, 2), 518)])
def test_no_pixel_beyond_the_receptive_radius_matters(
    features: tuple[int, ...], radius: int
) -> None:
    torch.manual_seed(0)
    backbone = EfficientUNet(
        ndim=2, in_channels=1, features=features, fixed_norm=True, encoder_rate=1.0
    )
    backbone = backbone.double().eval()
    for module in backbone.modules():  # nothing cancels, or is cut by a ReLU6
        if isinstance(module, torch.nn.Conv2d):
            module.weight.data.abs_().div_(module.weight[0].abs().sum() + 1e-6)
    assert backbone.receptive_radius == radius
    stride = backbone.stride
    side = 2 * stride * (radius // stride + 2)
    furthest = 0
    for shift in (0, 1, stride // 2, stride - 1):
        at = side // 2 + shift
        # A row is enough: the network does the same along both axes.
        x = torch.full((1, 1, stride, side), 0.6, dtype=torch.float64, requires_grad=True)
        backbone(x)[0, :, 0, at].sum().backward()
        assert x.grad is not None
        reached = (x.grad[0, 0].abs().sum(0) != 0).nonzero()
        furthest = max(furthest, int((reached - at).abs().max()))
    assert radius - stride <= furthest <= radius


def test_a_tile_with_its_surroundings_is_as_the_whole() -> None:
    small = net(in_channels=1)
    side = 2 * 224 + 32  # 224: the radius, up to whole strides
    image = torch.rand(1, 1, 16, side + 64)
    with torch.no_grad():
        whole = small(image)["foreground"][..., 224:-224]
        part = small(image[..., :side])["foreground"][..., 224:-224]
    torch.testing.assert_close(part, whole[..., : part.shape[-1]])


def test_each_scale_of_the_encoder_has_half_the_size() -> None:
    encoder = net().backbone.encoder  # type: ignore[union-attr]
    sizes = [tuple(x.shape[1:]) for x in encoder(torch.rand(1, 3, 32, 64))]  # type: ignore[operator]
    assert sizes == [(16, 16, 32), (24, 8, 16), (40, 4, 8), (112, 2, 4)]


def test_statistics_stay_in_training_where_they_are_fixed() -> None:
    for fixed in (True, False):
        backbone = EfficientNetConfig(features=FEATURES, fixed_norm=fixed)
        trained = EmbeddingNet(NetworkConfig(backbone=backbone)).train()
        trained(torch.rand(2, 3, 16, 16))
        stem = trained.state_dict()["backbone.encoder.stem.norm.running_mean"]
        decoder = trained.state_dict()["backbone.decoder.0.1.running_mean"]
        assert bool((stem == 0).all()) is fixed
        assert bool((decoder != 0).any())


def test_the_encoder_learns_at_its_share_of_the_rate() -> None:
    small = net()
    shares = {group["share"]: len(group["params"]) for group in small.parameter_groups()}
    encoder = len(list(small.backbone.encoder.parameters()))  # type: ignore[union-attr]
    assert shares == {0.3: encoder, 1.0: len(list(small.parameters())) - encoder}
    step = OptimiserStep(small, TrainingConfig(steps=1, precision="float32", device="cpu"))
    labels = torch.zeros(1, 16, 16, dtype=torch.int32)
    labels[:, 4:9, 4:9] = 1
    step(Batch(torch.rand(1, 3, 16, 16), labels.long(), torch.zeros(1, 2), None), 0, 0.01)
    assert [group["lr"] for group in step.optimiser.param_groups] == pytest.approx([0.003, 0.01])


def test_a_grey_image_gives_the_same_after_its_channels_are_taken_for_one() -> None:
    colour = net(asinh_channel=True)
    grey = adapt_channels(colour, 1)
    image = torch.rand(1, 1, 16, 16)
    expected = colour(image.expand(1, 3, 16, 16))
    for name, value in grey(image).items():
        torch.testing.assert_close(value, expected[name])


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    small = net(embedding_dim=4)
    path = tmp_path / "lite.safetensors"
    save_model(path, Model(small, ModelCard(name="lite", config=small.config)))
    read = load_model_file(path)
    assert read.config == small.config
    image = torch.rand(1, 3, 16, 16)
    assert torch.equal(read.net(image)["embedding"], small(image)["embedding"])


def test_it_is_not_widened() -> None:
    with pytest.raises(InputError, match="U-Net to widen, got 'efficientnet'"):
        widen_network(net(), config(embedding_dim=4))


def test_at_inference_its_normalisation_is_folded_away() -> None:
    image = torch.rand(1, 3, 16, 16)
    whole = EmbeddingNet(config())
    whole.train()(torch.rand(2, 3, 16, 16))
    folded = fold_batch_norm(copy.deepcopy(whole.eval()))
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    for name, value in folded(image).items():
        torch.testing.assert_close(value, whole(image)[name])
