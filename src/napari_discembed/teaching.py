"""A few painted objects become the network that finds the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed import metrics
from napari_discembed.config import (
    FINE_TUNING,
    FROM_SCRATCH,
    ClusterConfig,
    ModelConfig,
    TrainConfig,
)
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet, Model, ModelCard, adapt_channels, load_model
from napari_discembed.pipeline import ImageLike, as_image, segment
from napari_discembed.progress import Job, run
from napari_discembed.training import FitResult, prepare
from napari_discembed.training import fit as train
from napari_discembed.types import Image, IntArray


def fit(
    images: ImageLike | Sequence[ImageLike],
    labels: IntArray | Sequence[IntArray],
    *,
    model: Model | str | None = None,
    network: ModelConfig | None = None,
    config: TrainConfig | None = None,
    complete: bool = False,
    background_label: int | None = None,
    diameter: float | None = None,
    classes: Sequence[IntArray] | None = None,
    validation: tuple[Sequence[ImageLike], Sequence[IntArray]] | None = None,
    name: str = "fine-tuned",
    cancelled: Callable[[], bool] = lambda: False,
    state: Path | None = None,
    resume: bool = False,
    watch: Callable[[Model], Mapping[str, Any]] | None = None,
) -> Job[Model]:
    """Teach a network the objects that a person painted.

    Parameters
    ----------
    images
        One or several.
    labels
        ``(*S)`` an image: a number for each painted object; 0 is unpainted.
    model
        To start from; None for from scratch.
    network
        What to build where there is no model to start from.
    config
        How to learn; :data:`~napari_discembed.config.FINE_TUNING` or, without a model to start
        from, :data:`~napari_discembed.config.FROM_SCRATCH` where None.
    complete
        Whether 0 in the labels means background.
    background_label
        The number that a scribble of background was painted with.
    diameter
        Typical object diameter in image pixels; None to measure the painted objects.
    classes
        For a `network` of several foreground classes: ``(*S)`` an image, the class, from 1, of
        each object's pixels.
    validation
        Images and complete labels to choose the best weights by.
    name
        Of the new model.
    cancelled
        Asked at each step; once True, the job ends and returns the best model so far.
    state
        File that keeps the training, so that it can go on after a crash.
    resume
        Go on from `state`.
    watch
        Given the model in training now and then; what it returns is in the progress's `data`.

    Returns
    -------
    A job of the model.

    Raises
    ------
    InputError, TrainingDataError
        If images and labels do not fit, or cannot teach; before any training.
    """
    many: list[Any] = list(images) if isinstance(images, list | tuple) else [images]
    pictures = [as_image(image) for image in many]
    painted: list[Any] = list(labels) if isinstance(labels, list | tuple) else [labels]
    states = prepare.label_states(
        pictures,
        [np.asarray(p) for p in painted],
        complete=complete,
        background_label=background_label,
    )
    diameter = diameter or prepare.typical_diameter(states)
    start = load_model(model) if isinstance(model, str) else model
    net = _network(start, network, pictures)
    config = config or (FROM_SCRATCH if start is None else FINE_TUNING)
    judge, score, taught = None, "ap50", states
    if validation is not None:
        judge = _validator(validation, diameter, start)
    elif start is not None:
        taught, held = prepare.hold_back(states, config.held_back, config.seed)
        judge, score = _judge(pictures, held, diameter, start) if held else None, "held_back"
    data = prepare.training_set(pictures, taught, net.config, diameter, classes)
    job = train(
        net,
        data,
        config,
        objective=Objective(net.config, config, weak_background=not data.has_background),
        validate=judge,
        score=score,
        keep_start=start is not None and judge is not None,
        cancelled=cancelled,
        state=state,
        resume=resume,
        watch=None if watch is None else lambda net: watch(_candidate(net, start, diameter)),
    )
    result = yield from job
    return Model(result.net, _card(name, result, start, states, diameter, config))


def new_network(image: ImageLike) -> ModelConfig:
    """Return the network that :func:`fit` builds for such images where it starts from nothing."""
    image = as_image(image)
    ndim = len(image.shape)
    return ModelConfig(ndim=2 if ndim == 2 else 3, in_channels=image.n_channels, embedding_dim=ndim)


def _network(
    start: Model | None, network: ModelConfig | None, images: Sequence[Image]
) -> EmbeddingNet:
    """Build the network to train: a new one, or a copy that takes the images' channels."""
    channels = images[0].n_channels
    if start is None:
        return EmbeddingNet(network or new_network(images[0]))
    takes_as_is = {1, 3, 4, start.config.in_channels}
    return adapt_channels(
        start.net, start.config.in_channels if channels in takes_as_is else channels
    )


def _validator(
    validation: tuple[Sequence[ImageLike], Sequence[IntArray]],
    diameter: float,
    start: Model | None,
) -> Callable[[EmbeddingNet], Mapping[str, float]]:
    """Return what scores a network on held-out images, through the real clustering."""
    pictures, truths = [as_image(i) for i in validation[0]], validation[1]

    def validate(net: EmbeddingNet) -> Mapping[str, float]:
        model = _candidate(net, start, diameter)
        scores = [
            metrics.score(truth, run(segment(picture, model, diameter=diameter)).labels)
            for picture, truth in zip(pictures, truths, strict=True)
        ]
        return metrics.aggregate(scores).headline()

    return validate


def _judge(
    pictures: Sequence[Image], held: Sequence[prepare.HeldBack], diameter: float, start: Model
) -> Callable[[EmbeddingNet], Mapping[str, float]]:
    """Return what scores a network on painted objects that were held back.

    The score is their mean overlap (IoU) with what is found, less the share of the background
    around them that is taken for objects.
    """
    parts = [(pictures[one.image].crop(one.window), one.states) for one in held]

    def judge(net: EmbeddingNet) -> Mapping[str, float]:
        model, scores = _candidate(net, start, diameter), []
        for picture, states in parts:
            found = run(segment(picture, model, diameter=diameter)).labels
            overlap = float(metrics.best_overlaps(np.where(states == 1, 1, 0), found)[0])
            background = found[states == 0]
            scores.append(overlap - float((background > 0).mean() if background.size else 0.0))
        return {"held_back": float(np.mean(scores))}

    return judge


def _candidate(net: EmbeddingNet, start: Model | None, diameter: float) -> Model:
    """Return a network in training as a model that segments."""
    knobs = ClusterConfig() if start is None else start.card.cluster
    card = ModelCard(name="candidate", config=net.config, cluster=knobs, image_diameter=diameter)
    return Model(net, card)


def _outcome(result: FitResult, objects: int, images: int) -> str:
    """Say what came of a training."""
    on = f"{objects} objects in {images} images"
    if result.kept_start:
        last = result.history.validations[-1]
        name = next(iter(result.best))
        return (
            f"Training on {on} brought no gain ({name} {result.best[name]:.2f} before, "
            f"{last[name]:.2f} after): the weights it started from were kept."
        )
    return f"Trained on {on}."


def _card(
    name: str,
    result: FitResult,
    start: Model | None,
    states: Sequence[IntArray],
    diameter: float,
    config: TrainConfig,
) -> ModelCard:
    """Write down what the new model is and where it comes from."""
    painted = sum(len(np.unique(s[s > 0])) for s in states)
    last = result.history.steps[-1] if result.history.steps else {}
    return ModelCard(
        name=name,
        description=_outcome(result, painted, len(states)),
        config=result.net.config,
        cluster=ClusterConfig() if start is None else start.card.cluster,
        image_diameter=diameter,
        training={
            "start": None if start is None else start.name,
            "start_sha256": None if start is None else start.card.weights_sha256,
            "images": len(states),
            "objects": painted,
            "steps": last.get("step", 0),
            "seconds": last.get("seconds", 0),
            "reason": result.reason,
            "config": config.model_dump(mode="json"),
        },
        metrics=dict(result.best),
    )
