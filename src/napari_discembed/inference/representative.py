"""The scale of an image too large to be looked at as a whole, from a few parts of it."""

from __future__ import annotations

import math
import warnings

import numpy as np

from napari_discembed.config import TilingConfig
from napari_discembed.errors import FileNote
from napari_discembed.imaging import subsample, window_around
from napari_discembed.inference.scale import WINDOW, estimate_scale
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Image

CONTRASTS = (0.95, 0.8, 0.65)
"""The parts that are looked at have these quantiles of contrast: not empty, and not the oddest."""


def representative_windows(image: Image) -> list[tuple[slice, ...]]:
    """Return a few windows of an image in which there is something to be seen.

    Parameters
    ----------
    image
        A single frame; some million pixels all over it are read.

    Returns
    -------
    Different ones, of twice the side of what a search for the scale looks at.
    """
    shape = image.shape
    few = np.asarray(subsample(image.channels_first(lazy=True)), dtype=np.float32)
    side = min(2 * round(WINDOW ** (2 / len(shape))), max(shape))
    counts = [max(1, math.floor(n / side)) for n in shape]
    found = []
    for index in np.ndindex(*counts):
        part = tuple(
            slice(i * m // count, (i + 1) * m // count)
            for i, m, count in zip(index, few.shape[1:], counts, strict=True)
        )
        centre = [(i + 0.5) * n / c for i, n, c in zip(index, shape, counts, strict=True)]
        contrast = few[(slice(None), *part)].reshape(len(few), -1).std(axis=1).max()
        found.append((float(contrast), centre))
    found.sort(key=lambda each: each[0])
    chosen = dict.fromkeys(round(q * (len(found) - 1)) for q in CONTRASTS)
    return [window_around(found[i][1], shape, side) for i in chosen]


def estimate_scale_of_parts(
    model: Model, image: Image, *, tile: TilingConfig | None = None
) -> Job[float]:
    """Estimate the object diameter of a large image: the median of what a few parts show.

    Parameters
    ----------
    model, tile
        As for :func:`~napari_discembed.inference.estimate_scale`.
    image
        A single frame.

    Returns
    -------
    A job of the diameter in image pixels.

    Warns
    -----
    FileNote
        If the size could be told in none of the parts.
    """
    windows = representative_windows(image)
    seen = []
    for i, window in enumerate(windows):
        part = image.crop(window).loaded()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FileNote)  # of one part alone
            job = estimate_scale(model, part, tile=tile)
            seen.append((yield from scaled(job, i / len(windows), (i + 1) / len(windows))))
    sure = [each.diameter for each in seen if each.doubt is None]
    if not sure:
        warnings.warn(
            f"{image.name}: the size of its objects could not be told in {len(seen)} parts of it, "
            f"as in one {seen[0].doubt}. Look at the result, or give the diameter.",
            FileNote,
            stacklevel=2,
        )
    return float(np.median(sure or [each.diameter for each in seen]))
