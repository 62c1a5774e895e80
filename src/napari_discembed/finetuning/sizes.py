"""At what size of its objects a start is shown images of which a few objects are painted.

A few painted objects may all be small ones, such as the leaves in the middle of a plant. Shown
their median as the typical size, a network sees everything else too large: it seems to know
nothing of the image, and is taught at a scale at which the next image is not looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_discembed import metrics
from napari_discembed.config import FinetuningConfig, TilingConfig
from napari_discembed.datasets.targets import UNLABELLED
from napari_discembed.errors import FileNote
from napari_discembed.finetuning.starts import Start
from napari_discembed.inference import estimate_scale
from napari_discembed.inference.scale import APART, window_at
from napari_discembed.models import Model
from napari_discembed.pipeline import segment
from napari_discembed.progress import Job, scaled
from napari_discembed.training import typical_diameter
from napari_discembed.types import Image, IntArray

LOOKED_AT = 3
"""Images, of those with most painted objects, that a start looks at."""
KNOWN = 0.5
"""Mean overlap (IoU) with the painted objects from which a start is taken to see their size."""
LOSS = 0.05
"""Overlap by which the painted objects' own diameter must be better to be preferred then."""


def fitting_diameter(
    model: Model | None,
    images: Sequence[Image],
    targets: Sequence[IntArray],
    config: FinetuningConfig,
) -> Job[float]:
    """Return the typical diameter to fine-tune at: as painted, or as the start sees the images.

    Where only some objects are painted, and a start finds them about as well at the diameter of
    its first look as at theirs, it is that of the first look: at theirs it may see the others too
    large, and new images are looked at as this one was. Else it is that of the painted objects.

    Parameters
    ----------
    model
        To start from; None for a new network, which sees nothing yet.
    images, targets
        Single frames; targets as :func:`~napari_discembed.training.label_targets` returns them.
    config
        Says where the network runs.

    Returns
    -------
    A job of the diameter, in image pixels.
    """
    painted = typical_diameter(targets)
    if model is None or not any((t == UNLABELLED).any() for t in targets):
        return painted
    weights = model.card.channel_weights
    fits = weights is not None and len(weights) == images[0].n_channels
    start = Start(model, painted, weights if fits else None)
    shown = start.candidate(start.network(None, images, config.seed))
    own = shown.card.model_copy(update={"image_diameter": model.card.image_diameter})
    shown = replace(shown, card=own)
    tile = TilingConfig(device=config.device)
    parts = _most_painted(images, targets)
    looks = []
    for image, _ in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FileNote)  # of sizes that could not be told
            look = yield from scaled(estimate_scale(shown, image, tile=tile), 0.0, 0.0, "size")
        looks.append(look.diameter)
    seen = float(np.median(looks))
    if max(seen, painted) < APART * min(seen, painted):
        return painted
    overlap = []
    for diameter in (painted, seen):
        overlaps: list[float] = []
        for image, truth in parts:
            job = segment(image, shown, diameter=diameter, tile=tile)
            found = yield from scaled(job, 0.0, 0.0, "size")
            overlaps.extend(metrics.best_overlaps(np.maximum(truth, 0), found.labels))
        overlap.append(float(np.mean(overlaps)))
    return seen if overlap[1] > max(KNOWN, overlap[0] - LOSS) else painted


def _most_painted(
    images: Sequence[Image], targets: Sequence[IntArray]
) -> list[tuple[Image, IntArray]]:
    """Return the windows around the painted objects of the images that have most of them."""
    counts = [len(np.unique(t[t > 0])) for t in targets]
    parts = []
    for i in np.argsort([-count for count in counts], kind="stable")[:LOOKED_AT]:
        if counts[i]:
            centre = np.argwhere(targets[i] > 0).mean(axis=0)
            window = window_at(list(centre), images[i].shape)
            parts.append((images[i].crop(window), targets[i][window]))
    return parts
