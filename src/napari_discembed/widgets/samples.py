"""Sample data for napari's File menu: pictures with their truth, as layer tuples."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from skimage.data import coins as coins_photograph

from napari_discembed.datasets.coins import coins_painted
from napari_discembed.datasets.synthetic import generate

LayerTuple: TypeAlias = tuple[Any, dict[str, Any], str]


def coins() -> list[LayerTuple]:
    """Return the photograph and its sparse labels: four coins and a scribble of background."""
    return [
        (coins_photograph(), {"name": "coins"}, "image"),
        (coins_painted().astype(np.int32), {"name": "coins painted"}, "labels"),
    ]


def rosette() -> list[LayerTuple]:
    """Return a drawn rosette and its leaves."""
    return _drawn("rosettes", "rosette")


def cells() -> list[LayerTuple]:
    """Return drawn cells and their truth."""
    return _drawn("cells", "cells")


def sticks() -> list[LayerTuple]:
    """Return drawn sticks and their truth."""
    return _drawn("sticks", "sticks")


def _drawn(kind: str, name: str) -> list[LayerTuple]:
    sample = next(generate(kind, 1, seed=3))
    return [
        (sample.image, {"name": name, "rgb": sample.image.ndim == 3}, "image"),
        (sample.labels.astype(np.int32), {"name": f"{name} truth"}, "labels"),
    ]
