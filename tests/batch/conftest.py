"""A batch that can be counted by hand: squares, segmented by a threshold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from scipy import ndimage

from napari_discembed import pipeline
from napari_discembed.batch.recipe import Recipe
from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Image, Provenance, Segmentation, stacked

Before = Callable[[Image], None]


def squares(count: int) -> np.ndarray:
    """Draw up to four squares, of 2x2 pixels and more, 200 on 0."""
    image = np.zeros((16, 16), np.uint8)
    for i, (y, x) in enumerate([(1, 1), (1, 8), (8, 1), (8, 8)][:count]):
        image[y : y + 2 + i, x : x + 2 + i] = 200
    return image


@pytest.fixture(scope="session")
def model() -> Model:
    """Return a network that is never asked."""
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
    return Model(EmbeddingNet(config), ModelCard(name="tiny", config=config, weights_sha256="a"))


@pytest.fixture
def recipe(model: Model) -> Recipe:
    return Recipe(model)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of pictures with 1, 2 and 3 squares."""
    folder = tmp_path / "pictures"
    for count, name in enumerate(("a", "below/b", "c"), 1):
        path = folder / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, squares(count))
    return folder


@pytest.fixture
def segmented(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Segment by a threshold; return the names of what was segmented, in order."""
    names: list[str] = []
    use_threshold(monkeypatch, lambda image: names.append(image.name))
    return names


def use_threshold(monkeypatch: pytest.MonkeyPatch, before: Before) -> None:
    """Segment by a threshold in place of a network, after calling `before`."""

    def segment(image: Image, *_args: Any, **_more: Any) -> Job[Segmentation]:
        before(image)
        yield Progress(0.5, "looking")
        found = [_objects(frame) for frame in image.frames()]
        return stacked(found, image.frames(), image.name)

    monkeypatch.setattr(pipeline, "segment", segment)


def _objects(frame: Image) -> Segmentation:
    labels, _ = ndimage.label(np.asarray(frame.data) > 100)
    return Segmentation(
        labels.astype(np.uint16),
        pixel_size=frame.pixel_size,
        unit=frame.unit,
        name=frame.name,
        provenance=Provenance(config={"diameter": 10.04}),
    )
