"""Sample data for napari's File menu: pictures with their truth, as layer tuples."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pooch
from napari.utils.notifications import show_warning
from skimage.data import coins as coins_photograph

from napari_discembed.datasets.coins import BACKGROUND_LABEL, coins_painted
from napari_discembed.datasets.synthetic import generate
from napari_discembed.io.images import read_image

NUCLEI_URL = (
    "https://gitlab.com/scikit-image/data/-/raw/2cdc5ce89b334d28f06a58c9f0ca21aa6992a5ba/"
    "AS_09125_050116030001_D03f00d0.tif"
)
NUCLEI_SHA256 = "sha256:2751ba667c4067c5d30817cff004aa06f6f6287f1cdbb5b8c9c6a500308cb456"

LayerTuple: TypeAlias = tuple[Any, dict[str, Any], str]


def coins() -> list[LayerTuple]:
    """Return the photograph and its sparse labels: four coins and a scribble of background."""
    return [
        (coins_photograph(), {"name": "coins"}, "image"),
        (
            coins_painted().astype(np.int32),
            {"name": "coins painted", "metadata": {"background_label": BACKGROUND_LABEL}},
            "labels",
        ),
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


def nuclei() -> list[LayerTuple]:
    """Return a photograph of dividing nuclei, fetched once from the web and checked.

    Human HT29 cells of the Broad Bioimage Benchmark Collection (BBBC018's screen; CC0), as
    scikit-image distributes them. Offline, a message says so and nothing is opened.
    """
    try:
        path = pooch.retrieve(NUCLEI_URL, NUCLEI_SHA256, fname="nuclei.tif", progressbar=False)
    except (OSError, ValueError):  # what requests raises is an OSError; a wrong hash a ValueError
        show_warning(
            "The nuclei could not be fetched: there seems to be no connection to the web. The "
            "other samples work without one."
        )
        return []
    return [(read_image(path).data, {"name": "nuclei"}, "image")]


def _drawn(kind: str, name: str) -> list[LayerTuple]:
    sample = next(generate(kind, 1, seed=3))
    return [
        (sample.image, {"name": name, "rgb": sample.image.ndim == 3}, "image"),
        (sample.labels.astype(np.int32), {"name": f"{name} truth"}, "labels"),
    ]
