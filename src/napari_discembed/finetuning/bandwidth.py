"""The bandwidth that suits a model and the objects that were labelled for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusteringConfig, TilingConfig
from napari_discembed.inference import embed_image
from napari_discembed.inference.scale import window_at
from napari_discembed.models import Model
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import FloatArray, Image, IntArray

STEP, STEPS = 1.1, 6
"""From one bandwidth tried to the next, and how many are: to 1.6 times the usual one."""

SMALLEST_TOLERANCE, LARGEST_TOLERANCE, OBJECTS = 0.02, 0.15, 1.5
"""Loss of mean overlap from which a bandwidth is too large: that of so many objects, in bounds."""

MOST_IMAGES = 4

EMBEDDED = 0.8
"""Share of the work that embedding is."""


def tune_bandwidth(
    model: Model,
    images: Sequence[Image],
    targets: Sequence[IntArray],
    *,
    tile: TilingConfig | None = None,
) -> Job[float | None]:
    """Choose a bandwidth as large as labelled objects allow, half way.

    In images unlike those that a network learnt from, objects fall in pieces, which a larger
    bandwidth joins. How large it may be the labelled objects tell: until they join their
    neighbours. Other images may be more crowded, so the result is the geometric mean of that
    bandwidth and the usual one. Of few labelled objects, one that joins its neighbour says little.
    The figures behind it are in benchmarks/LOG.md, 36 and 71.

    Parameters
    ----------
    model
        The usual bandwidth is that of its margins, or of its card where that is smaller; none
        below it is returned.
    images
        Those with most objects are segmented, where these are.
    targets
        ``(*S)`` an image: objects above 0. They are segmented at the diameter that the
        model expects, whatever theirs is: so were the cases that the rule was made on.
    tile
        As for :func:`~napari_discembed.inference.embed_image`.

    Returns
    -------
    A job of the bandwidth in embedding units; None where the model's method has none, or nothing
    is labelled.
    """
    config = model.card.clustering
    labelled = [(i, t) for i, t in zip(images, targets, strict=True) if (t > 0).any()]
    if config.method in clustering.WITHOUT_BANDWIDTH or not labelled:
        return None
    labelled.sort(key=lambda pair: len(np.unique(pair[1])), reverse=True)
    parts = [_around_objects(*pair) for pair in labelled[:MOST_IMAGES]]
    prepared = []
    for i, (image, _) in enumerate(parts):
        job = embed_image(model, image, diameter=model.image_diameter, tile=tile)
        span = (EMBEDDED * i / len(parts), EMBEDDED * (i + 1) / len(parts))
        embedding = yield from scaled(job, *span)
        prepared.append(clustering.prepare(embedding, config.method))
    # No larger one of the card: tuned again and again, a model's would only ever grow.
    space = prepared[0].embedding.space
    usual = min(space.bandwidth, clustering.bandwidth_of(config, space))
    truths = [truth for _, truth in parts]
    largest = yield from _largest(usual, lambda b: _overlaps(prepared, truths, config, b))
    return round(math.sqrt(usual * largest), 3)


def _largest(usual: float, overlaps: Callable[[float], FloatArray]) -> Job[float]:
    """Find the largest bandwidth at which objects are found as well as at the usual one, nearly.

    Parameters
    ----------
    usual
        To begin with.
    overlaps
        Gives the overlap of each object at a bandwidth.
    """
    at_usual, largest = overlaps(usual), usual
    bounds = SMALLEST_TOLERANCE, LARGEST_TOLERANCE
    tolerance = float(np.clip(OBJECTS / len(at_usual), *bounds))
    for step in range(1, STEPS):
        yield Progress(EMBEDDED + (1 - EMBEDDED) * step / STEPS, "clustering")
        tried = usual * STEP**step
        if overlaps(tried).mean() < at_usual.mean() - tolerance:
            break
        largest = tried
    return largest


def _overlaps(
    prepared: Sequence[Prepared],
    truths: Sequence[IntArray],
    config: ClusteringConfig,
    bandwidth: float,
) -> FloatArray:
    """Return the best overlap of each labelled object with what is found at a bandwidth."""
    changed = config.model_copy(update={"bandwidth": bandwidth})
    each = []
    for one, truth in zip(prepared, truths, strict=True):
        found = clustering.finish(one.embedding, one.labels(changed), changed).labels
        each.append(metrics.best_overlaps(truth, found))
    return np.concatenate(each)


def _around_objects(image: Image, targets: IntArray) -> tuple[Image, IntArray]:
    """Return the part of an image where labelled objects are, and their labels."""
    where = np.argwhere(targets > 0)
    # Of objects far apart, the middle may be between them all.
    middle = (where.min(axis=0) + where.max(axis=0)) / 2
    window = window_at(where[((where - middle) ** 2).sum(axis=1).argmin()], image.shape)
    return image.crop(window), np.maximum(targets[window], 0)
