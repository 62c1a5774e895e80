"""Which image to label next: the one of whose objects the model is least sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_discembed.config import ClusteringConfig, TilingConfig, suited_config
from napari_discembed.interaction.certainty import Certainty, expected_error
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.session.embeddings import embed_series
from napari_discembed.session.judging import judge_objects
from napari_discembed.session.settings import fitting_config
from napari_discembed.text import pluralize
from napari_discembed.types import Image

if TYPE_CHECKING:
    from napari_discembed.models import Model


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
    error
        Mean over the objects of one less the quality that is expected of each; None where no
        quality is known.
    """

    name: str
    objects: int
    unsure: int
    key: str = ""
    size_known: bool = True
    error: float | None = None

    @property
    def share(self) -> float:
        """Expected error of an object, in ]0, 1[.

        At a size that is none, pieces look sure: that leaves half of the doubt there is.
        """
        wrong = self.unsure if self.error is None else self.error * self.objects
        share = expected_error(wrong, self.objects)
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
        config = suited_config(series[0].space)
    config = fitting_config(config, series[0])
    found: list[Certainty] = []
    for i, index in enumerate(series.indices()):
        yield Progress(0.9 + 0.1 * i / len(series), "Judging the objects")
        found.append(judge_objects(series, index, series.labels(index, config), config))
    objects, unsure = (sum(n) for n in zip(*((len(c.label), c.unsure) for c in found), strict=True))
    return Doubt(image.name, objects, unsure, key, size_known, _expected_error(found))


def _expected_error(found: Sequence[Certainty]) -> float | None:
    """Return the mean over objects of one less their quality; None where that is not known."""
    known = [each.quality for each in found if each.quality is not None]
    if len(known) < len(found):
        return None
    every = np.concatenate(known)
    return float(1 - every.mean()) if len(every) else 0.0
