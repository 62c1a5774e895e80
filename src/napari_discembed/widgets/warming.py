"""Modules that are needed soon after a dock was opened: a thread loads them meanwhile."""

from __future__ import annotations

import importlib

SOON = (
    ("pyqtgraph", "PlotWidget"),
    ("scipy.ndimage", "label"),
    ("scipy.spatial", "cKDTree"),
    ("scipy.sparse.csgraph", "connected_components"),
    ("skimage.measure", "label"),
    ("skimage.segmentation", "flood"),
    ("pandas", "DataFrame"),
)
"""Modules, and what of each is needed: scikit-image loads it then."""


def warm_up() -> None:
    """Load what a dock needs for its first objects and plots."""
    for module, name in SOON:
        getattr(importlib.import_module(module), name)
