"""What the tests of the session share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.config import FinetuningConfig
from napari_discembed.session.trainings import Request, Training, new_training
from napari_discembed.types import Image


@pytest.fixture
def quick() -> FinetuningConfig:
    return FinetuningConfig(steps=4, batch_size=1, patch_size=32, checkpoint_every=0.001)


@pytest.fixture
def painted() -> tuple[Image, np.ndarray]:
    """Return three bright squares on black, and their labels with background scribbled as 255."""
    labels = np.zeros((64, 64), np.uint8)
    for i, (y, x) in enumerate([(6, 6), (6, 40), (40, 20)]):
        labels[y : y + 14, x : x + 14] = i + 1
    labels[60:, :] = 255
    return Image(np.where((labels > 0) & (labels < 255), 200, 20).astype(np.uint8)), labels


@pytest.fixture
def ask(
    tmp_path: Path, quick: FinetuningConfig, painted: tuple[Image, np.ndarray]
) -> Callable[[], Training]:
    """Return what asks for a training on the squares, in a new folder each time."""
    image, labels = painted
    request = Request(name="mine", train=quick, background_label=255)
    return lambda: new_training(request, [image], [labels], tmp_path)
