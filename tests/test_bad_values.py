"""A bad value is one sentence, in Python as on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from napari_discembed import metrics
from napari_discembed.config import (
    AugmentationConfig,
    DensityConfig,
    FinetuningConfig,
    NetworkConfig,
    TilingConfig,
    TrainingConfig,
)
from napari_discembed.errors import InputError
from napari_discembed.finetuning import finetune
from napari_discembed.imaging import zoom_factors
from napari_discembed.progress import run
from napari_discembed.training import label_targets
from napari_discembed.types import Image

PICTURE = Image(np.zeros((32, 32), np.uint8))
LABELS = np.zeros((32, 32), np.uint8)
LABELS[4:14, 4:14], LABELS[16:28, 16:28] = 1, 2
QUICK = FinetuningConfig(steps=1, batch_size=1, patch_size=32)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: TrainingConfig(steps=-1), "steps"),
        (lambda: TrainingConfig(nonsense=3), "nonsense"),  # type: ignore[call-arg]
        (lambda: TrainingConfig(augmentation={"tilt": 1}), "augmentation.tilt"),  # type: ignore[arg-type]
        (lambda: DensityConfig(bandwidth=float("nan")), "bandwidth"),
        (lambda: TilingConfig(size=0), "size"),
        (lambda: NetworkConfig.of(features=(1e9,)), "backbone.unet.features"),
        (lambda: NetworkConfig.of(features=(3000, 3000)), "backbone"),
        (lambda: NetworkConfig.of(embedding_dim=65), "heads.embedding"),
        (lambda: NetworkConfig.of().with_short(classes=0), "heads.foreground"),
    ],
)
def test_a_bad_setting_in_python_is_our_error(make: Callable[[], Any], where: str) -> None:
    with pytest.raises(InputError, match=f"^{where}") as told:
        make()
    assert isinstance(told.value, ValueError)
    assert isinstance(told.value.__cause__, ValidationError)


def test_a_config_within_one_is_still_made_of_plain_values() -> None:
    made = TrainingConfig(augmentation={"rotate": 0})  # type: ignore[arg-type]
    assert made.augmentation == AugmentationConfig(rotate=0)
    assert TrainingConfig.model_validate(made.model_dump()) == made


@pytest.mark.parametrize("diameter", [0, -3, 1e-9, 1e12, float("nan"), float("inf")])
def test_a_diameter_that_no_object_has_is_told(diameter: float) -> None:
    with pytest.raises(InputError, match=r"object diameter of 0\.5 to"):
        zoom_factors(diameter, 24, (1.0, 1.0))
    with pytest.raises(InputError, match=r"object diameter of 0\.5 to"):
        run(finetune(PICTURE, LABELS, config=QUICK, diameter=diameter))


@pytest.mark.parametrize("number", [-1, 0, 10**20])
def test_a_background_label_that_cannot_be_painted_is_told(number: int) -> None:
    with pytest.raises(InputError, match="background label of 1 and above"):
        label_targets([PICTURE], [LABELS], background_label=number)


def test_labels_as_large_as_they_can_be_take_no_memory_by_their_number() -> None:
    large = LABELS.astype(np.uint64)
    large[LABELS == 1], large[LABELS == 2] = 2**63, 2**64 - 1
    [target] = label_targets([PICTURE], [large], complete=True)
    np.testing.assert_array_equal(target, LABELS)
    assert metrics.measure(large)["label"].tolist() == [2**63, 2**64 - 1]
    assert metrics.score(LABELS, large).ap50 == 1


def test_negative_labels_and_fractions_are_no_labels() -> None:
    for bad in (LABELS.astype(np.int16) - 1, LABELS + 0.5):
        with pytest.raises(InputError, match="expected"):
            label_targets([PICTURE], [bad])
        with pytest.raises(InputError, match=r"^predicted: expected"):
            metrics.score(LABELS, bad)
        with pytest.raises(InputError, match="expected"):
            metrics.measure(bad)


def test_a_mask_and_nested_lists_are_measured_and_scored() -> None:
    mask = LABELS == 1
    assert metrics.measure(mask).count == 1  # type: ignore[arg-type]
    assert metrics.measure([[0, 1], [2, 2]])["pixels"].tolist() == [1, 2]  # type: ignore[arg-type]
    assert metrics.score(mask, LABELS).true_positives[0] == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [[], [LABELS, LABELS]])
def test_classes_of_another_length_are_told(classes: list[Any]) -> None:
    network = NetworkConfig.of(classes=2, features=(4, 8), in_channels=1)
    with pytest.raises(InputError, match=f"for each of 1 images, got {len(classes)}"):
        run(finetune(PICTURE, LABELS, network=network, config=QUICK, classes=classes))


def test_a_picture_that_grows_beyond_the_memory_is_told_before_it_does() -> None:
    wide = Image(np.zeros((20_000, 20_000), np.uint8))
    with pytest.raises(InputError, match="GiB of memory"):
        run(finetune(wide, np.eye(20_000, dtype=np.uint8), config=QUICK, diameter=0.5))


def test_an_embedding_of_64_dimensions_can_be_grouped() -> None:
    network = NetworkConfig.of(embedding_dim=64, features=(4, 8), in_channels=1, diameter=16)
    assert run(finetune(PICTURE, LABELS, network=network, config=QUICK)).config.embedding.dim == 64
