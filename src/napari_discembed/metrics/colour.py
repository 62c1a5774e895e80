"""The colour of objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GREY = 1e-6
"""Share of the brightest channel that colours must differ by to have a hue."""


def hues(means: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean hue of objects in degrees: 0 red, 60 yellow, 120 green, 240 blue.

    It is the circular mean of the pixels' hues, each weighed by how far its colour is from grey;
    which is the hue of the mean colour, as hue lies around the grey axis.

    Parameters
    ----------
    means
        Three of ``(N,)``: mean red, green and blue of each object.

    Returns
    -------
    ``(N,)`` in [0, 360); NaN where the mean is grey.
    """
    red, green, blue = means
    x, y = red - (green + blue) / 2, np.sqrt(3) / 2 * (green - blue)
    around = np.degrees(np.arctan2(y, x)) % 360
    colourful = np.hypot(x, y) > GREY * np.max(np.abs(np.stack(means)), axis=0, initial=0.0)
    # Of a hair below red the remainder is 360 itself.
    return np.where(colourful, np.where(around >= 360, 0.0, around), np.nan)
