"""One step of training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.datasets.patches import Batch
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.errors import DiscembedError, OutOfMemoryError
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import run
from napari_discembed.training import fit
from napari_discembed.training.step import LARGEST_GRADIENT, MOST_BAD_STEPS, OptimiserStep

from .tiny import MODEL, config, data


def test_consistency_learns_from_unlabelled_pixels() -> None:
    c = config(consistency=1.0, steps=2)
    items = data().items
    sparse = np.where(items[0].labels == 1, 1, -1).astype(np.int32)
    torch.manual_seed(0)
    result = run(
        fit(
            EmbeddingNet(MODEL), TrainingSet([TrainingImage(items[0].image, sparse)]), c
        )
    )  # fmt: skip
    assert "consistency" in result.history.steps[-1]


def batch(value: float = 1.0) -> Batch:
    """Return one patch with two objects, of a value in the image."""
    labels = torch.zeros((1, 8, 8), dtype=torch.int64)
    labels[0, :3, :3], labels[0, 5:, 5:] = 1, 2
    images = (labels > 0).float()[None] * value
    return Batch(images, labels, torch.zeros((1, 2)), None)


def made(**changes: object) -> OptimiserStep:
    torch.manual_seed(0)
    return OptimiserStep(EmbeddingNet(MODEL), config(**changes))


def test_a_loss_that_is_no_number_ends_in_words() -> None:
    bad = TrainingImage(np.full((1, 40, 40), np.nan, np.float32), data().items[0].labels)
    c = config(steps=100)
    with pytest.raises(DiscembedError, match="not a finite number"):
        run(fit(EmbeddingNet(MODEL), TrainingSet([bad]), c))


def test_a_bad_step_changes_no_weight_and_a_good_one_forgives_those_before() -> None:
    step, bad = made(), batch(float("inf"))
    before = [p.clone() for p in step.net.parameters()]
    for number in range(MOST_BAD_STEPS - 1):
        assert not np.isfinite(step(bad, number, 1e-3)["loss"])
    assert all(torch.equal(p, q) for p, q in zip(before, step.net.parameters(), strict=True))
    assert step.average.updates == 0
    for module in step.net.modules():  # whose statistics took the infinite values in
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
    assert np.isfinite(step(batch(), 0, 1e-3)["loss"])
    assert step.average.updates == 1
    for number in range(MOST_BAD_STEPS - 1):
        step(bad, number, 1e-3)
    with pytest.raises(DiscembedError, match="20 steps in a row"):
        step(bad, 0, 1e-3)


def test_the_rate_is_that_of_the_step() -> None:
    step = made(weight_decay=0)
    before = [p.clone() for p in step.net.parameters()]
    step(batch(), 0, 0.0)
    assert all(torch.equal(p, q) for p, q in zip(before, step.net.parameters(), strict=True))
    step(batch(), 1, 0.5)
    assert (
        max((p - q).abs().max() for p, q in zip(before, step.net.parameters(), strict=True)) > 0.1
    )


def test_gradients_are_clipped() -> None:
    step, seen = made(), []
    clip = torch.nn.utils.clip_grad_norm_
    step.optimiser.step = lambda: seen.append(  # type: ignore[method-assign]
        float(clip(step.net.parameters(), float("inf")))
    )
    with torch.no_grad():
        step.net.named_heads()["embedding"].projection.weight.mul_(1e6)
    step(batch(), 0, 1e-3)
    assert seen == [pytest.approx(LARGEST_GRADIENT, rel=1e-3)]


def test_memory_that_runs_out_says_what_to_make_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    step = made()

    def forward(*_: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(EmbeddingNet, "passed", forward)
    message = "CUDA out of memory. Tried to allocate 2 GiB"
    with pytest.raises(OutOfMemoryError, match=r"2 patches of shape \(8, 8\).*batch_size"):
        step(batch(), 0, 1e-3)
    message = "a bug"
    with pytest.raises(RuntimeError, match="a bug"):
        step(batch(), 0, 1e-3)
