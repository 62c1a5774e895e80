"""The card of a fine-tuned model: what it is, and what came of its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_discembed.config import FinetuningConfig
from napari_discembed.datasets.targets import UNLABELLED
from napari_discembed.finetuning.starts import Start
from napari_discembed.models import Model, ModelCard
from napari_discembed.text import pluralize
from napari_discembed.training import FitResult
from napari_discembed.types import IntArray


def finetuned_card(
    name: str,
    result: FitResult,
    start: Start,
    targets: Sequence[IntArray],
    config: FinetuningConfig,
    *,
    held_back: int = 0,
) -> ModelCard:
    """Return the card of a fine-tuned model.

    Parameters
    ----------
    name
        Of the model.
    result
        Of the training. Where it kept the start, the card goes on saying how that sees images.
    start
        What it was trained from.
    targets
        ``(*S)`` an image: objects above 0.
    config
        How it was trained.
    held_back
        How many of the objects were judged by, and not taught.
    """
    model = start.model
    objects = sum(len(np.unique(t[t > 0])) for t in targets)
    last = result.history.steps[-1] if result.history.steps else {}
    seen = start.candidate(result.net).card
    complete = not any((t == UNLABELLED).any() for t in targets)
    clustering = start.clustering(result.net.space, complete=complete)
    if model is not None and result.kept_start:
        seen, clustering = model.card, model.card.clustering
    return ModelCard(
        name=name,
        description=_description(result, objects, len(targets), start),
        config=result.net.config,
        clustering=clustering,
        learned=seen.learned,
        image_diameter=seen.image_diameter,
        channel_weights=seen.channel_weights,
        training={
            "start": None if model is None else model.name,
            "start_sha256": None if model is None else model.card.weights_sha256,
            "images": len(targets),
            "objects": objects,
            "held_back": held_back,
            "steps": last.get("step", 0),
            "seconds": last.get("seconds", 0),
            "reason": result.reason,
            "kept_start": result.kept_start,
            "config": config.model_dump(mode="json"),
        },
        metrics=dict(result.best),
        views=seen.views,
        licence=seen.licence,
    )


def with_bandwidth(model: Model, bandwidth: float | None) -> Model:
    """Return a model whose card recommends a bandwidth; as it is where there is none."""
    if bandwidth is None:
        return model
    clustering = model.card.clustering.changed(bandwidth=bandwidth)
    return replace(model, card=model.card.model_copy(update={"clustering": clustering}))


def _description(result: FitResult, objects: int, images: int, start: Start) -> str:
    """Say what came of a training."""
    on = f"{pluralize(objects, 'object')} in {pluralize(images, 'image')}"
    if result.kept_start:
        last = result.history.validations[-1]
        name = next(iter(result.best))
        before, after = result.best[name], last[name]
        gain = "no gain" if after <= before else "less gain than so few objects can tell"
        return (
            f"Training on {on} brought {gain} ({name} {before:.2f} before, {after:.2f} after): the "
            "weights it started from were kept."
        )
    mixed = "" if start.channel_weights is None else ", in a grey mix of the channels"
    return f"Trained on {on}{mixed}."
