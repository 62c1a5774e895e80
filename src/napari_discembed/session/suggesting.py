"""Which image to label next: the one of whose objects the model is least sure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_discembed.config import ClusteringConfig, TilingConfig, clustering_config
from napari_discembed.interaction.certainty import certainty
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.session.embeddings import embed_series
from napari_discembed.text import pluralize
from napari_discembed.types import Image

if TYPE_CHECKING:
    from napari_discembed.models import Model

SURE = 0.7
"""Certainty from which an object counts as sure. The figures are in benchmarks/LOG.md, 96."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """How unsure a model is of an image.

    Attributes
    ----------
    name
        Of the image.
    objects, unsure
        How many were found, and how many of those are not sure.
    key
        Tells the image from others of its name.
    size_known
        Whether the size of its objects could be told, or was given.
    """

    name: str
    objects: int
    unsure: int
    key: str = ""
    size_known: bool = True

    @property
    def share(self) -> float:
        """Expected share of unsure objects, in ]0, 1[, by Laplace's rule of succession.

        One unsure object of one says less than ten of ten, and an image in which nothing is found
        may have any share of them: 0.5. At a size that is none, pieces look sure: that leaves half
        of the doubt there is.
        """
        share = (self.unsure + 1) / (self.objects + 2)
        return share if self.size_known else (1 + share) / 2

    @property
    def reason(self) -> str:
        """Why, or why not, it is to be labelled next, in words."""
        if not self.objects:
            return "no object found"
        words = f"{self.unsure} of {pluralize(self.objects, 'object')} not sure"
        return words if self.size_known else f"{words}, nor their size"


def least_sure_first(doubts: Iterable[Doubt]) -> list[Doubt]:
    """Return images in the order in which labelling them teaches most; equal ones as they come."""
    return sorted(doubts, key=lambda doubt: -doubt.share)


def judge(
    image: Image,
    model: Model | str,
    *,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
    key: str = "",
) -> Job[Doubt]:
    """Return a job of how sure a model is of the objects that it finds in an image.

    Parameters
    ----------
    image, model, diameter, tile
        As for :func:`~napari_discembed.session.embeddings.embed_series`.
    config
        How to group; None for what the model recommends.
    key
        Tells the image from others of its name.
    """
    from napari_discembed.inference import estimate_scale  # here, since it loads torch
    from napari_discembed.models import load_model

    model, size_known, start = load_model(model) if isinstance(model, str) else model, True, 0.0
    if diameter is None:
        frames = image.frames(model.config.ndim)
        middle = frames[len(frames) // 2]
        seen = yield from scaled(estimate_scale(model, middle, tile=tile), 0, 0.6)
        diameter, size_known, start = seen.diameter, seen.doubt is None, 0.6
    job = embed_series(image, model, diameter=diameter, tile=tile)
    series = yield from scaled(job, start, 0.9)
    config = config or series.config
    if config is None or config.method == "seeded":  # nobody has put a point on each object here
        config = clustering_config(series[0].space.method)
    objects = unsure = 0
    for i, index in enumerate(series.indices()):
        yield Progress(0.9 + 0.1 * i / len(series), "Judging the objects")
        sure = certainty(series.labels(index, config), series.prepared(index), config).certainty
        objects, unsure = objects + len(sure), unsure + int(np.sum(sure < SURE))
    return Doubt(image.name, objects, unsure, key, size_known)
