"""The bandwidth that suits a model and the objects that were painted for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.config import TilingConfig
from napari_discembed.inference.embedder import embed_image
from napari_discembed.inference.scale import look_at
from napari_discembed.models import Model
from napari_discembed.progress import run
from napari_discembed.types import FloatArray, Image, IntArray

STEP, STEPS = 1.1, 6
"""From one bandwidth tried to the next, and how many are: to 1.6 times the usual one."""

TOLERANCE, MOST_TOLERANCE, OBJECTS = 0.02, 0.15, 1.5
"""Loss of mean overlap from which a bandwidth is too large: that of so many objects, in bounds."""

MOST_IMAGES = 4


def tune_bandwidth(
    model: Model,
    images: Sequence[Image],
    states: Sequence[IntArray],
    *,
    tile: TilingConfig | None = None,
) -> float | None:
    """Return a bandwidth as large as painted objects allow, half way.

    In images unlike those that a network learnt from, objects fall in pieces, which a larger
    bandwidth joins. How large it may be the painted objects tell: until they join their
    neighbours. Other images may be more crowded, so the result is the geometric mean of that
    bandwidth and the usual one. Of few painted objects, one that joins its neighbour says little.
    The figures behind it are in benchmarks/LOG.md, 36 and 71.

    Parameters
    ----------
    model
        The usual bandwidth is that of its margins, or of its card where that is smaller; none
        below it is returned.
    images
        Those with most objects are looked at, where these are.
    states
        ``(*S)`` an image: objects above 0. They are looked at with the diameter that the model
        expects, whatever theirs is: so were the cases that the rule was made on.
    tile
        As for :func:`~napari_discembed.inference.embed_image`.

    Returns
    -------
    The bandwidth in embedding units; None where the model's method has none, or nothing is
    painted.
    """
    config = model.card.clustering
    painted = [(i, s) for i, s in zip(images, states, strict=True) if (s > 0).any()]
    if config.method == "hdbscan" or not painted:
        return None
    painted.sort(key=lambda pair: len(np.unique(pair[1])), reverse=True)
    parts = [_around_painted(*pair) for pair in painted[:MOST_IMAGES]]
    prepared = [
        clustering.prepare(
            run(embed_image(model, image, diameter=model.image_diameter, tile=tile)),
            config.method,
        )
        for image, _ in parts
    ]

    def overlaps(bandwidth: float) -> FloatArray:
        changed = config.model_copy(update={"bandwidth": bandwidth})
        each = []
        for one, (_, truth) in zip(prepared, parts, strict=True):
            labels = clustering.cluster_prepared(one, changed)
            found = clustering.finish(one.embedding, labels, changed).labels
            each.append(metrics.best_overlaps(truth, found))
        return np.concatenate(each)

    # No larger one of the card: tuned again and again, a model's would only ever grow.
    space = prepared[0].embedding.space
    usual = min(space.bandwidth, clustering.bandwidth_of(config, space))
    at_usual, largest = overlaps(usual), usual
    tolerance = float(np.clip(OBJECTS / len(at_usual), TOLERANCE, MOST_TOLERANCE))
    for step in range(1, STEPS):
        if overlaps(usual * STEP**step).mean() < at_usual.mean() - tolerance:
            break
        largest = usual * STEP**step
    return round(math.sqrt(usual * largest), 3)


def _around_painted(image: Image, states: IntArray) -> tuple[Image, IntArray]:
    """Return the part of an image where painted objects are, and their labels."""
    where = np.argwhere(states > 0)
    # Of objects far apart, the middle may be between them all.
    middle = (where.min(axis=0) + where.max(axis=0)) / 2
    window = look_at(where[((where - middle) ** 2).sum(axis=1).argmin()], image.shape)
    return image.crop(window), np.maximum(states[window], 0)
