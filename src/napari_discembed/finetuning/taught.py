"""From what a training gave to the model that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_discembed.config import FinetuningConfig, TilingConfig
from napari_discembed.finetuning.bandwidth import tune_bandwidth
from napari_discembed.finetuning.card import finetuned_card, with_bandwidth
from napari_discembed.finetuning.starts import Start
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled, uninterrupted
from napari_discembed.training import FitResult
from napari_discembed.types import Image, IntArray, Kind


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What a network was taught, and how.

    Attributes
    ----------
    images, targets
        Equally many; targets as :func:`~napari_discembed.training.label_targets` returns them.
    start
        What it was trained from.
    config
        How it was trained.
    held_back
        How many of the objects were judged by, and not taught.
    kinds
        What its classes are called.
    """

    images: Sequence[Image]
    targets: Sequence[IntArray]
    start: Start
    config: FinetuningConfig
    held_back: int = 0
    kinds: tuple[Kind, ...] = ()

    def model(self, name: str, result: FitResult) -> Job[Model]:
        """Return a job of the model of a result, its bandwidth tuned on the objects."""
        card = finetuned_card(
            name, result, self.start, self.targets, self.config, held_back=self.held_back
        )
        card = card.model_copy(update={"kinds": self.kinds})
        tuned = Model(result.net, card, judge=self.start.judge)
        if card.clustering.bandwidth is not None:
            return tuned  # the start's, chosen by more than these objects tell
        # Short, and what was learnt is not to be lost: asked for the end, it ends by itself.
        tile = TilingConfig(device=self.config.device)
        tuning = uninterrupted(tune_bandwidth(tuned, self.images, self.targets, tile=tile))
        bandwidth, _ = yield from scaled(tuning, 1.0, 1.0, "bandwidth")
        return with_bandwidth(tuned, bandwidth)
