"""An embedding one can see through."""

from __future__ import annotations

import numpy as np

from napari_discembed.types import Embedding


def scene(spread: float = 0.05, dim: int = 2, **about: object) -> tuple[Embedding, np.ndarray]:
    """Three squares; the third is at a distance of 1 from the second, the first far away."""
    labels = np.zeros((40, 60), np.int32)
    for i, column in enumerate((4, 22, 40)):
        labels[10:26, column : column + 16] = i + 1
    places = np.zeros((4, dim))
    places[:, 0] = [0, 20, 5, 6.5]
    rng = np.random.default_rng(0)
    values = places[labels] + rng.normal(0, spread, (*labels.shape, dim))
    found = Embedding.of(
        np.moveaxis(values, -1, 0).astype(np.float32),
        (labels > 0)[None].astype(np.float32),
        diameter=16.0,
        **about,  # type: ignore[arg-type]
    )
    return found, labels
