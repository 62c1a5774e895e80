"""What the tests of losses share."""

from __future__ import annotations

from typing import Protocol

import pytest
import torch
from torch import Tensor


class Example(Protocol):
    def __call__(
        self, seed: int = 0, batch: int = 2, dim: int = 3, top: int = 4
    ) -> tuple[Tensor, Tensor]: ...


@pytest.fixture(scope="session")
def example() -> Example:
    """Return random embeddings and labels of -1 to `top`, in double precision."""

    def draw(seed: int = 0, batch: int = 2, dim: int = 3, top: int = 4) -> tuple[Tensor, Tensor]:
        g = torch.Generator().manual_seed(seed)
        embedding = torch.randn(batch, dim, 5, 6, generator=g, dtype=torch.float64)
        labels = torch.randint(-1, top + 1, (batch, 5, 6), generator=g)
        return embedding, labels

    return draw
