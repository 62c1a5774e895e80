"""Kinds of objects in fine-tuning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.finetuning import finetune
from napari_discembed.finetuning.kinds import with_kinds
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.pipeline import measure, segment
from napari_discembed.progress import run
from napari_discembed.types import Image, Kind
from napari_discembed.types.kinds import named_kinds

LEAF, COTYLEDON, SEED = named_kinds(["leaf", "cotyledon", "seed"])
QUICK = FinetuningConfig(steps=2, patch_size=16, batch_size=2)


def model_of(*kinds: Kind) -> Model:
    config = NetworkConfig.of(
        in_channels=1, features=(4, 8), diameter=10, classes=max(1, len(kinds))
    )
    torch.manual_seed(0)
    return Model(EmbeddingNet(config), ModelCard(name="start", config=config, kinds=kinds))


def picture() -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((40, 48), np.uint8)
    labels[4:16, 4:16], labels[20:32, 24:36] = 1, 2
    return labels.astype(float) * 50, labels


def rows(model: Model | None) -> torch.Tensor:
    assert model is not None
    return model.net.state_dict()["heads.foreground.projection.weight"].flatten(1)


def begin(model: Model, *kinds: Kind, most: int = 2) -> tuple[Model, bool]:
    found = with_kinds(model, None, [Image(np.zeros((4, 4)))], [np.array([[most]])], kinds)
    assert found.model is not None
    return found.model, found.is_new


def test_a_kind_goes_on_as_the_one_of_its_name_and_a_new_one_as_the_first() -> None:
    start = model_of(LEAF, COTYLEDON)
    model, is_new = begin(start, COTYLEDON, SEED, LEAF, most=3)
    assert is_new
    assert torch.equal(rows(model), rows(start)[[1, 0, 0]])
    assert model.card.kinds == (COTYLEDON, SEED, LEAF)
    assert model.card.config.classes == model.net.config.classes == 3


def test_the_same_kinds_in_the_same_order_are_the_start_itself() -> None:
    start = model_of(LEAF, COTYLEDON)
    model, is_new = begin(start, LEAF, COTYLEDON)
    assert not is_new
    assert torch.equal(rows(model), rows(start))


def test_classes_without_names_grow_the_network_as_far_as_they_go() -> None:
    start = model_of(LEAF, COTYLEDON)
    for most, count in ((1, 2), (2, 2), (3, 3)):
        model, is_new = begin(start, most=most)
        assert (model.net.config.classes, is_new) == (count, count > 2)


@pytest.mark.parametrize("kinds", [(LEAF,), ()])
def test_the_objects_of_a_start_of_one_class_become_kinds(kinds: tuple[Kind, ...]) -> None:
    start = model_of(*kinds)
    model, is_new = begin(start, LEAF, SEED)
    assert is_new
    image = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        before, after = start.net.eval()(image), model.net.eval()(image)
    head = "foreground"
    one = start.net.named_heads()[head].activate(before[head])
    two = model.net.named_heads()[head].activate(after[head])
    torch.testing.assert_close(two.sum(1), one[:, 0])
    torch.testing.assert_close(two[:, 0], two[:, 1])


def test_one_kind_is_left_of_several() -> None:
    model, is_new = begin(model_of(LEAF, COTYLEDON), COTYLEDON, most=1)
    assert model.net.config.classes == 1
    assert not is_new


def test_the_kinds_are_learnt_from_a_start_and_told_by_the_model_and_its_objects() -> None:
    image, labels = picture()
    two = (LEAF, COTYLEDON)
    model = run(
        finetune(image, labels, model=model_of(), config=QUICK, classes=[labels], kinds=two)
    )
    assert model.card.kinds == two
    assert not model.card.training["kept_start"]
    found = run(segment(image, model))
    assert found.kinds == two
    table = measure(found)
    assert set(table["kind"]) <= {"leaf", "cotyledon"}
    again = run(finetune(image, labels, model=model, config=QUICK, classes=[labels], kinds=two))
    assert again.card.kinds == two


def test_kinds_are_learnt_from_scratch() -> None:
    image, labels = picture()
    model = run(finetune(image, labels, config=QUICK, classes=[labels], kinds=(LEAF, SEED)))
    assert model.net.config.classes == 2
    assert model.card.kinds == (LEAF, SEED)


def test_a_class_image_is_asked_for_of_each_image() -> None:
    image, labels = picture()
    with pytest.raises(InputError, match="each of 1 images, got 2"):
        next(finetune(image, labels, config=QUICK, classes=[labels, labels]))
