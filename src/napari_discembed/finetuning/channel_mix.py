"""Channel weights: a grey mix of an image's channels in which the labelled objects stand out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.datasets.targets import UNLABELLED
from napari_discembed.imaging import normalise
from napari_discembed.types import Image, IntArray

MOST_PIXELS = 50_000
"""Of an image, of objects and of background each."""

RIDGE = 1e-3
"""Of the mean variance; keeps noise from deciding between channels that are nearly the same."""


def fisher_weights(images: Sequence[Image], targets: Sequence[IntArray]) -> tuple[float, ...]:
    """Return the mix of channels that tells labelled objects from background best.

    Objects are bright in it, as in fluorescence, whatever they are in the image: purple on pink,
    dark on white, or bright in one channel of four. It is Fisher's linear discriminant (1936).

    Parameters
    ----------
    images
        Of the same channels.
    targets
        ``(*S)`` each: -1 unlabelled, 0 background, above an object. Where no background is
        labelled in any, unlabelled pixels stand in for it.

    Returns
    -------
    The weight of each channel of range [0, 1]; together of length 1.
    """
    rest = 0 if any((s == 0).any() for s in targets) else UNLABELLED
    inside, outside = [], []
    for image, known in zip(images, targets, strict=True):
        channels = normalise(image.channels_first())
        inside.append(_some(channels[:, known > 0]))
        outside.append(_some(channels[:, known == rest]))
    objects, background = np.concatenate(inside, axis=1), np.concatenate(outside, axis=1)
    n = len(objects)
    if min(objects.shape[1], background.shape[1]) < 2:
        return tuple(np.full(n, n**-0.5).tolist())
    spread = np.atleast_2d(np.cov(objects) + np.cov(background)) / 2
    spread += (RIDGE * np.trace(spread) / n + 1e-9) * np.eye(n)
    weights = np.linalg.solve(spread, objects.mean(axis=1) - background.mean(axis=1))
    length = float(np.linalg.norm(weights))
    weights = weights / length if length > 0 else np.full(n, n**-0.5)
    return tuple(round(float(w), 6) for w in weights)


def _some(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a sample of the columns of ``(C, N)``."""
    if pixels.shape[1] > MOST_PIXELS:
        chosen = np.random.default_rng(0).choice(pixels.shape[1], MOST_PIXELS, replace=False)
        pixels = pixels[:, chosen]
    return pixels.astype(np.float64)
