"""Kinds that a network does not know yet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.finetuning.discriminant import LARGEST, discriminant, with_discriminant
from napari_discembed.models import EmbeddingNet, with_classes


def test_the_border_lies_half_way_between_two_kinds() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (2, 2, 500))
    one, two = noise[0] + [[1.0], [5.0]], noise[1] + [[3.0], [5.0]]
    weights, bias = discriminant([one, two])
    assert weights.sum(axis=0) == pytest.approx([0, 0], abs=1e-9)
    border = weights @ np.array([2.0, 5.0]) + bias
    assert border == pytest.approx([0, 0], abs=0.5 * np.ptp(weights @ one + bias[:, None]))
    assert ((weights @ one + bias[:, None]).argmax(0) == 0).all()
    assert ((weights @ two + bias[:, None]).argmax(0) == 1).all()


def data(*, classes: bool = True) -> TrainingSet:
    """Return a picture of a bright and a dim square."""
    labels = np.zeros((32, 32), np.int32)
    labels[2:14, 2:14], labels[18:30, 18:30] = 1, 2
    image = np.array([0.0, 1.0, 0.4], np.float32)[labels][None]
    return TrainingSet([TrainingImage(image, labels, labels if classes else None)])


CONFIG = FinetuningConfig(steps=1, patch_size=32)


def net() -> EmbeddingNet:
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(8, 8), diameter=12)
    return with_classes(EmbeddingNet(config), [0, 0])


def test_new_kinds_differ_from_the_start_and_foreground_stays_nearly_so() -> None:
    before, image = net().eval(), torch.as_tensor(data().items[0].image)[None]
    after = with_discriminant(before, data(), CONFIG).eval()
    with torch.no_grad():
        old, new = before(image)["foreground"][0], after(image)["foreground"][0]
    assert torch.equal(old[0], old[1])
    apart = (new[0] - new[1]) / 2
    labels = data().items[0].labels
    assert float(apart[labels == 1].mean()) > float(apart[labels == 2].mean())
    assert float(apart.abs().quantile(0.9)) <= LARGEST + 1e-6
    torch.testing.assert_close(new.mean(0), old.mean(0), atol=1e-5, rtol=1e-5)


def test_without_classes_the_network_is_as_it_was() -> None:
    start = net()
    assert with_discriminant(start, data(classes=False), CONFIG) is start
