from __future__ import annotations

from pathlib import Path

import pytest
import torch

from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models import (
    EmbeddingNet,
    Model,
    ModelCard,
    adapt_channels,
    inflate,
    load_model_file,
    with_classes,
)
from napari_discembed.models.backbones import Hourglass

TINY = {"kind": "hourglass", "features": (4, 6)}


def net(**settings: object) -> EmbeddingNet:
    torch.manual_seed(0)
    made = EmbeddingNet(NetworkConfig.of(in_channels=1, backbone=TINY, **settings)).eval()
    for parameter in made.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return made


@pytest.mark.parametrize("space", [{}, {"space_kind": "cosine", "coordinates": "none"}])
def test_frames_together_are_frames_one_by_one(space: dict[str, object]) -> None:
    model, frames = net(**space), torch.rand(3, 2, 1, 8, 8)  # two movies of three frames
    together = model.passed(frames.flatten(0, 1), frames=3)
    memory = None
    for t, frame in enumerate(frames):
        each = model.passed(frame, None, memory)
        memory = each.memory
        for name, value in each.outputs.items():
            torch.testing.assert_close(together.outputs[name][2 * t : 2 * t + 2], value)
    torch.testing.assert_close(together.memory, memory)


def test_a_memory_of_zeros_is_none() -> None:
    model, image = net(), torch.rand(1, 1, 8, 8)
    zeros = [torch.zeros(1, *shape) for shape in model.memory_shapes((8, 8))]
    alone, begun = model.passed(image), model.passed(image, None, zeros)
    torch.testing.assert_close(begun.outputs, alone.outputs)


@pytest.mark.parametrize("features", [(4,), (4, 6), (3, 4, 5)])
def test_image_and_memory_count_within_the_radius_and_no_further(
    features: tuple[int, ...],
) -> None:
    config = NetworkConfig.of(in_channels=1, backbone={**TINY, "features": features})
    torch.manual_seed(0)
    model = EmbeddingNet(config).double().eval()
    for parameter in model.parameters():
        parameter.data = 0.2 * parameter.abs() + 0.01  # nothing cancels, no gate is shut
    radius, side = model.receptive_radius, 96
    image = torch.rand(1, 1, side, 8, dtype=torch.double, requires_grad=True)
    memory = [
        torch.rand(1, *shape, dtype=torch.double, requires_grad=True)
        for shape in model.memory_shapes((side, 8))
    ]
    backbone = model.backbone
    assert isinstance(backbone, Hourglass)
    show = torch.nn.Conv2d(features[0], 2, 1).double()
    middle = side // 2
    for at in range(middle, middle + model.stride):
        features_there, _ = backbone(image, lambda _, x: show(x), memory)
        seen = torch.autograd.grad(features_there[0, :, at].sum(), [image, *memory])
        for values in seen:
            step = side // values.shape[2]
            rows = values.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
            assert int(rows.min()) * step >= (at - radius) // step * step
            assert int(rows.max()) * step <= at + radius


def test_all_hourglasses_are_judged_in_training_alone() -> None:
    model, image = net(), torch.rand(2, 1, 8, 8)
    assert model.passed(image).earlier == []
    (first,) = model.train().passed(image).earlier
    assert {name: value.shape for name, value in first.items()} == {
        name: value.shape for name, value in model(image).items()
    }


def test_the_next_hourglass_sees_directions_of_unit_length() -> None:
    # A point ten times as long is the same direction: in cosine space nothing changes.
    model, image = net(space_kind="cosine", coordinates="none"), torch.rand(1, 1, 8, 8)
    before = model(image)
    projection = model.earlier_heads[0]["embedding"].projection
    projection.weight.data *= 10
    projection.bias.data *= 10
    torch.testing.assert_close(model(image), before)


def test_it_is_saved_and_loaded_with_its_card(tmp_path: Path) -> None:
    model = net()
    Model(model, ModelCard(name="tiny", config=model.config)).save(tmp_path / "a.safetensors")
    loaded = load_model_file(tmp_path / "a.safetensors").net
    assert loaded.is_recurrent
    image = torch.rand(1, 1, 8, 8)
    torch.testing.assert_close(loaded(image), model(image))


def test_its_kind_is_enough_to_ask_for_it() -> None:
    config = NetworkConfig.of(backbone="hourglass", in_channels=1)
    assert config.backbone.kind == "hourglass"
    assert EmbeddingNet(config).restart == 0


def test_grey_repeated_over_new_channels_is_as_before() -> None:
    model, image = net(), torch.rand(1, 1, 8, 8)
    after = adapt_channels(model, 3)(image.expand(1, 3, 8, 8))
    torch.testing.assert_close(after, model(image))


def test_classes_of_all_hourglasses_change() -> None:
    model, image = net(), torch.rand(1, 1, 8, 8)
    changed = with_classes(model, [0, 0])
    assert changed.train().passed(image).earlier[0]["foreground"].shape[1] == 2


def test_it_begins_no_network_for_volumes() -> None:
    with pytest.raises(InputError, match="another model, or from scratch"):
        inflate(net())


def test_features_that_are_not_positive_are_refused() -> None:
    with pytest.raises(InputError, match="positive numbers of features"):
        net(features=(0, 4))
