"""One step of training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.datasets.patches import TrainingImage, TrainingSet
from napari_discembed.errors import DiscembedError
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import run
from napari_discembed.training import fit

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


def test_a_loss_that_is_no_number_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = TrainingImage(np.full((1, 40, 40), np.nan, np.float32), data().items[0].labels)
    c = config(steps=100)
    with pytest.raises(DiscembedError, match="not a finite number"):
        run(fit(EmbeddingNet(MODEL), TrainingSet([bad]), c))
