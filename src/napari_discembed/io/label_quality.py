"""How good each object is, in the notes of a label image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import Segmentation

QUALITY = "quality"
"""Key in the TIFF's metadata."""


def note_of_quality(segmentation: Segmentation) -> dict[str, str]:
    """Return what is noted of the quality of objects; nothing where it is not known."""
    if segmentation.quality is None:
        return {}
    return {QUALITY: " ".join(f"{value:.3f}" for value in segmentation.quality)}


def noted_quality(
    notes: Iterable[Mapping[str, Any]], segmentation: Segmentation
) -> NDArray[np.float64] | None:
    """Return the quality of each object that :func:`note_of_quality` noted.

    None where there is no such note, it cannot be read, or it is of another number of objects, as
    after another program has changed them.
    """
    text = next((str(note[QUALITY]) for note in notes if QUALITY in note), None)
    if text is None:
        return None
    try:
        quality = np.array([float(value) for value in text.split()])
    except ValueError:
        return None
    good = bool(((quality >= 0) & (quality <= 1)).all())
    return quality if good and len(quality) == segmentation.count else None
