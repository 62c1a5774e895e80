"""Certainty as a colour and in a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SCALE = np.array([[213, 94, 0], [225, 220, 205], [0, 114, 178]]) / 255
"""Unsure, between, sure: vermillion and blue of Okabe and Ito 2008, which all can tell apart."""
UNSURE, FAIRLY = 0.5, 0.75
"""Below the first an object is unsure, below the second fairly sure."""


def colours(certainty: ArrayLike) -> NDArray[np.float64]:
    """Return ``(N, 4)``: a colour in [0, 1] for each certainty in [0, 1]."""
    value = np.clip(np.nan_to_num(np.atleast_1d(np.asarray(certainty, dtype=np.float64))), 0, 1)
    stops = np.linspace(0, 1, len(SCALE))
    rgb = np.stack([np.interp(value, stops, channel) for channel in SCALE.T], axis=1)
    return np.hstack([rgb, np.ones((len(value), 1))])


def word(certainty: float, unsure: float = UNSURE) -> str:
    """Return how sure that is, in a word; `unsure` is what is said below that number."""
    if certainty < unsure:
        return "unsure"
    return "fairly sure" if certainty < FAIRLY else "sure"
