"""What a judge is shown of candidates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.mining import perceive
from napari_discembed.mining.crops import CHANNELS, FIGURES, SIDE, Describer, bounds
from napari_discembed.types import Embedding

from .scenes import clouds, squares


def described(embedding: Embedding) -> tuple[Describer, torch.Tensor, torch.Tensor]:
    candidates = perceive(embedding)
    describer = Describer(candidates, embedding, embedding.space.bandwidth)
    seen = describer(np.arange(len(candidates)))
    return describer, seen.crops, seen.figures


def channel(crops: torch.Tensor, name: str) -> torch.Tensor:
    return crops[:, :, CHANNELS.index(name)]


def test_a_window_lies_around_its_candidate() -> None:
    labels = np.zeros((40, 60), int)
    labels[10:20, 30:44] = 1
    candidates = perceive(clouds(labels))
    low, high = bounds(candidates)
    assert low.tolist() == [[10, 30]]
    assert high.tolist() == [[20, 44]]


def test_the_mask_fills_its_share_of_the_crop() -> None:
    labels = np.zeros((64, 64), int)
    labels[16:40, 20:44] = 1  # a square, seen in a window one and a half times as wide
    _, crops, figures = described(clouds(labels, spread=0.0))
    assert crops.shape == (1, 1, len(CHANNELS), SIDE, SIDE)
    assert figures.shape == (1, len(FIGURES))
    mask = channel(crops, "mask")[0, 0]
    assert float(mask.mean()) == pytest.approx(1 / 1.5**2, abs=0.02)
    assert float(mask[SIDE // 2, SIDE // 2]) == 1
    assert float(mask[0, 0]) == 0
    assert float(channel(crops, "near")[0, 0][mask == 1].min()) == pytest.approx(1, abs=1e-4)
    assert float(channel(crops, "foreground")[0, 0][mask == 1].min()) == pytest.approx(1)


def test_neighbours_are_others_and_not_the_mask() -> None:
    labels = squares(2, side=12)
    describer, crops, _ = described(clouds(labels, spread=0.05))
    crops = crops[describer.candidates.birth == 0]  # those that hold no other
    others, mask = channel(crops, "others"), channel(crops, "mask")
    assert len(crops) == 4
    assert float(others.sum()) > 0
    assert float((others * mask).max()) <= 0.25  # only where a pixel of the crop holds both


@pytest.mark.parametrize("factor", [1, 3])
def test_a_candidate_looks_alike_at_any_size(factor: int) -> None:
    labels = np.zeros((40, 40), int)
    labels[10:30, 10:30] = 1
    _, small, _ = described(clouds(labels, spread=0.0))
    _, large, _ = described(clouds(np.kron(labels, np.ones((factor, factor), int)), spread=0.0))
    assert float((small - large).abs().mean()) < 0.03


def test_a_volume_is_seen_in_three_planes() -> None:
    labels = np.zeros((20, 24, 28), int)
    labels[4:16, 6:18, 8:20] = 1
    _, crops, _ = described(clouds(labels, dim=3, spread=0.0))
    assert crops.shape == (1, 3, len(CHANNELS), SIDE, SIDE)
    shares = channel(crops, "mask")[0].mean(dim=(-2, -1))
    assert shares.tolist() == pytest.approx([1 / 1.5**2] * 3, abs=0.02)


def test_candidates_are_described_alike_alone_and_together() -> None:
    embedding = clouds(squares(3, side=10), spread=0.3)
    describer, crops, figures = described(embedding)
    for i in range(len(crops)):
        alone = describer(np.array([i]))
        assert torch.equal(alone.crops[0], crops[i])
        assert torch.equal(alone.figures[0], figures[i])
