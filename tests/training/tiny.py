"""A tiny training for all tests of the trainer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job, Progress
from napari_discembed.training import FitResult, Validate, fit

MODEL = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=8)


def data() -> TrainingSet:
    labels = np.zeros((40, 40), np.int32)
    for i, (y, x) in enumerate([(4, 4), (4, 24), (24, 4), (24, 24)]):
        labels[y : y + 8, x : x + 8] = i + 1
    return TrainingSet([TrainingImage((labels > 0).astype(np.float32)[None], labels)])


def config(**changes: object) -> TrainingConfig:
    known = {"steps": 6, "patch_size": 16, "batch_size": 2, "checkpoint_every": 1e-6}
    if {"seconds", "epochs"} & changes.keys():
        del known["steps"]
    return TrainingConfig.model_validate({**known, **changes})


def job(settings: TrainingConfig, **options: object) -> Job[FitResult]:
    torch.manual_seed(0)
    net = EmbeddingNet(MODEL)
    return fit(net, data(), settings, **options)


def scoring(score: Callable[[EmbeddingNet], dict[str, float]]) -> Validate:
    """Return a validation of two parts that gives some scores."""

    def validate(net: EmbeddingNet) -> Job[dict[str, float]]:
        yield Progress(0.5, "embedding")
        yield Progress(1.0, "embedding")
        return score(net)

    return validate


def weights(result: FitResult) -> list[torch.Tensor]:
    return list(result.net.state_dict().values())


def same(a: FitResult, b: FitResult) -> bool:
    return all(torch.equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))
