"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    save_model(path, Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY)))
    return path


@pytest.fixture
def play(tmp_path: Path) -> Path:
    """Two images of bright squares on black, in a folder and one below, with labels."""
    rng = np.random.default_rng(0)
    for name in ("one", "day/two"):
        labels = np.zeros((64, 64), np.uint16)
        for i, (y, x) in enumerate([(4, 4), (4, 40), (40, 4), (36, 36)]):
            labels[y : y + 16, x : x + 16] = i + 1
        image = ((labels > 0) * 180 + rng.integers(0, 30, labels.shape)).astype(np.uint8)
        for kind, pixels in (("images", image), ("labels", labels)):
            path = tmp_path / "play" / kind / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, pixels)
    return tmp_path / "play"
