"""A few painted objects become the network that finds the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from napari_discembed import metrics
from napari_discembed.config import (
    FINE_TUNING,
    FROM_SCRATCH,
    ClusteringConfig,
    DensityConfig,
    FinetuningConfig,
    NetworkConfig,
    SeededConfig,
    TilingConfig,
)
from napari_discembed.datasets.patches import TrainingSet
from napari_discembed.errors import InputError
from napari_discembed.inference import tune_bandwidth
from napari_discembed.losses import Objective
from napari_discembed.models import (
    EmbeddingNet,
    Model,
    ModelCard,
    adapt_channels,
    inflate,
    load_model,
)
from napari_discembed.pipeline import ImageLike, as_image, segment
from napari_discembed.progress import Job, run
from napari_discembed.text import pluralize
from napari_discembed.training import FitResult, loss_of, prepare
from napari_discembed.training import fit as train
from napari_discembed.training.channel_mix import fisher_weights
from napari_discembed.types import Image, IntArray

SEEDS_OF_NEWCOMERS = 0.4
"""Seediness that objects of a network just taught must reach at most; where it is asked for more,
it misses whole objects in images unlike the painted one."""


def fit(
    images: ImageLike | Sequence[ImageLike],
    labels: IntArray | Sequence[IntArray],
    *,
    model: Model | str | None = None,
    network: NetworkConfig | None = None,
    config: FinetuningConfig | None = None,
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
        To start from; None for from scratch. One for planes may start one for volumes.
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
    states = prepare.label_targets(
        pictures,
        [np.asarray(p) for p in painted],
        complete=complete,
        background_label=background_label,
    )
    unseen = None if validation is None else _unseen(*validation, like=pictures[0])
    diameter = diameter or prepare.typical_diameter(states)
    start = load_model(model) if isinstance(model, str) else model
    config = config or (FROM_SCRATCH if start is None else FINE_TUNING)
    segments = start is not None
    if start is not None and start.config.ndim == 2 and len(pictures[0].shape) == 3:
        # It knows nothing of Z yet: there is nothing to forget, to keep, or to judge a gain by.
        start, segments = _inflated(start, config.seed), False
        config = config.model_copy(update={"base_weight": 0.0})
    judged_by_held = segments and unseen is None
    taught, held = prepare.split_holdout(states, config.holdout if judged_by_held else 0, config.seed)
    lesson = _best_lesson(
        [
            _lesson(setting, network, pictures, taught, classes, config)
            for setting in _settings(start, diameter, pictures, taught, config)
        ],
        config,
    )
    setting, judge, score, judged_on = lesson.setting, None, "ap50", ""
    tile = TilingConfig(device=config.device)
    if unseen is not None:
        judge, judged_on = _validator(*unseen, setting, tile), _fingerprint(*unseen)
    elif held:
        judge, score = _judge(pictures, held, setting, tile), "holdout"
    job = train(
        lesson.net,
        lesson.data,
        config,
        objective=lesson.objective,
        validate=judge,
        score=score,
        judged_on=judged_on,
        keep_start=segments and judge is not None,
        cancelled=cancelled,
        state=state,
        resume=resume,
        watch=None if watch is None else lambda net: watch(setting.model(net)),
    )
    result = yield from job
    model = Model(result.net, _card(name, result, setting, states, config))
    bandwidth = tune_bandwidth(model, pictures, states, tile=tile)
    return _with_bandwidth(model, bandwidth)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw weights from a seed, and leave the generator of whoever called as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _inflated(start: Model, seed: int) -> Model:
    with _seeded(seed):
        net = inflate(start.net)
    return Model(net, start.card.model_copy(update={"config": net.config}))


def new_network(images: Sequence[ImageLike]) -> NetworkConfig:
    """Return the network that :func:`fit` builds for such images where it starts from nothing.

    Where grey images are among coloured ones, it sees colours.
    """
    pictures = [as_image(image) for image in images]
    ndim = len(pictures[0].shape)
    channels = {picture.n_channels for picture in pictures}
    most = max(channels)
    if most == 4 and len(channels) > 1:
        most = 3  # the others have no alpha
    return NetworkConfig.of(ndim=2 if ndim == 2 else 3, in_channels=most, embedding_dim=ndim)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a network is taught from and on.

    Attributes
    ----------
    start
        To start from; None for from scratch.
    diameter
        Typical object diameter in image pixels.
    channel_weights
        Weight of each channel in the grey image that the network is shown; None for none.
    """

    start: Model | None
    diameter: float
    channel_weights: tuple[float, ...] | None

    def network(self, new: NetworkConfig | None, images: Sequence[Image], seed: int) -> EmbeddingNet:
        """Build the network to train: a new one, or a copy that takes the images' channels."""
        if self.start is None:
            with _seeded(seed):
                return EmbeddingNet(new or new_network(images))
        channels, own = images[0].n_channels, self.start.config.in_channels
        fits = self.channel_weights is not None or images[0].has_alpha or channels in {1, 3, own}
        return adapt_channels(self.start.net, own if fits else channels)

    def model(self, net: EmbeddingNet) -> Model:
        """Return a network in training as a model that segments."""
        card = ModelCard(
            name="candidate",
            config=net.config,
            clustering=self.clustering,
            image_diameter=self.diameter,
            channel_weights=self.channel_weights,
        )
        return Model(net, card)

    @property
    def clustering(self) -> ClusteringConfig:
        """The clustering to recommend where the network learns."""
        if self.start is None:
            return DensityConfig()
        known = self.start.card.clustering
        if isinstance(known, SeededConfig):
            return known
        return known.changed(seed_threshold=min(known.seed_threshold, SEEDS_OF_NEWCOMERS))


class _Lesson(NamedTuple):
    """What is taught to what."""

    setting: _Setting
    net: EmbeddingNet
    data: TrainingSet
    objective: Objective


def _settings(
    start: Model | None,
    diameter: float,
    images: Sequence[Image],
    states: Sequence[IntArray],
    config: FinetuningConfig,
) -> Iterator[_Setting]:
    """Yield the ways to show the images: as they are, and as a grey mix of their channels."""
    as_is = None if start is None else start.card.channel_weights
    mixes = [as_is]
    alike = len({(image.n_channels, len(image.shape)) for image in images}) == 1
    if start is not None and config.tune_channel_weights and alike:
        best = fisher_weights(images, states)
        mixes.append(None if best == (1.0,) else best)  # grey, and bright already
    fitting = [channel_weights for channel_weights in mixes if channel_weights is None or len(channel_weights) == images[0].n_channels]
    for channel_weights in dict.fromkeys(fitting or [as_is]):
        yield _Setting(start, diameter, channel_weights)


def _lesson(
    setting: _Setting,
    new: NetworkConfig | None,
    images: Sequence[Image],
    states: Sequence[IntArray],
    classes: Sequence[IntArray] | None,
    config: FinetuningConfig,
) -> _Lesson:
    net = setting.network(new, images, config.seed)
    data = prepare.training_set(images, states, net.config, setting.diameter, classes, setting.channel_weights)
    objective = Objective(
        net.named_heads(), net.space, config, weak_background=not data.has_background
    )
    return _Lesson(setting, net, data, objective)


def _best_lesson(lessons: Sequence[_Lesson], config: FinetuningConfig) -> _Lesson:
    """Return the lesson that the start knows most of; the first where there is no telling."""
    if len(lessons) == 1:
        return lessons[0]
    return min(lessons, key=lambda one: loss_of(one.net, one.data, config, one.objective))


def _unseen(
    images: Sequence[ImageLike], truths: Sequence[IntArray], like: Image
) -> tuple[list[Image], list[IntArray]]:
    """Return held-out images and their labels, which must fit, as an hour later they would not."""
    pictures, labels = [as_image(image) for image in images], [np.asarray(t) for t in truths]
    prepare.label_targets(pictures, labels, complete=True)
    for picture in pictures:
        if len(picture.shape) != len(like.shape):
            raise InputError(
                f"{picture.name}: expected a validation image of {len(like.shape)} spatial axes, "
                f"as {like.name} has, got {picture.axes}."
            )
    return pictures, labels


def _fingerprint(pictures: Sequence[Image], truths: Sequence[IntArray]) -> str:
    """Return a hash of images and labels."""
    digest = hashlib.sha256()
    for array in [*(picture.data for picture in pictures), *truths]:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _validator(
    pictures: Sequence[Image], truths: Sequence[IntArray], setting: _Setting, tile: TilingConfig
) -> Callable[[EmbeddingNet], Mapping[str, float]]:
    """Return what scores a network on held-out images, through the real clustering."""

    def validate(net: EmbeddingNet) -> Mapping[str, float]:
        model, scores = setting.model(net), []
        for picture, truth in zip(pictures, truths, strict=True):
            found = run(segment(picture, model, diameter=setting.diameter, tile=tile)).labels
            scores.append(metrics.score(truth, found))
        return metrics.aggregate(scores).headline()

    return validate


def _judge(
    pictures: Sequence[Image],
    held: Sequence[prepare.HeldOutObject],
    setting: _Setting,
    tile: TilingConfig,
) -> Callable[[EmbeddingNet], Mapping[str, float]]:
    """Return what scores a network on painted objects that were held back.

    The score is their mean overlap (IoU) with what is found, less the share of the background
    around them that is taken for objects.
    """
    parts = [(pictures[one.image].crop(one.window), one.states) for one in held]

    def judge(net: EmbeddingNet) -> Mapping[str, float]:
        model, scores = setting.model(net), []
        for picture, states in parts:
            found = run(segment(picture, model, diameter=setting.diameter, tile=tile)).labels
            overlap = float(metrics.best_overlaps(np.where(states == 1, 1, 0), found)[0])
            background = found[states == 0]
            scores.append(overlap - float((background > 0).mean() if background.size else 0.0))
        return {"holdout": float(np.mean(scores))}

    return judge


def _outcome(result: FitResult, objects: int, images: int, setting: _Setting) -> str:
    """Say what came of a training."""
    on = f"{pluralize(objects, 'object')} in {pluralize(images, 'image')}"
    if result.kept_start:
        last = result.history.validations[-1]
        name = next(iter(result.best))
        return (
            f"Training on {on} brought no gain ({name} {result.best[name]:.2f} before, "
            f"{last[name]:.2f} after): the weights it started from were kept."
        )
    mixed = "" if setting.channel_weights is None else ", in a grey mix of the channels"
    return f"Trained on {on}{mixed}."


def _card(
    name: str,
    result: FitResult,
    setting: _Setting,
    states: Sequence[IntArray],
    config: FinetuningConfig,
) -> ModelCard:
    """Write down what the new model is and where it comes from."""
    start = setting.start
    diameter: float | None = setting.diameter
    channel_weights, cluster = setting.channel_weights, setting.clustering
    if start is not None and result.kept_start:  # it goes on seeing images as it did
        diameter, channel_weights, cluster = start.card.image_diameter, start.card.channel_weights, start.card.clustering
    painted = sum(len(np.unique(s[s > 0])) for s in states)
    last = result.history.steps[-1] if result.history.steps else {}
    return ModelCard(
        name=name,
        description=_outcome(result, painted, len(states), setting),
        config=result.net.config,
        clustering=cluster,
        image_diameter=diameter,
        channel_weights=channel_weights,
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


def _with_bandwidth(model: Model, bandwidth: float | None) -> Model:
    """Recommend a bandwidth, where there is one."""
    if bandwidth is None:
        return model
    cluster = model.card.clustering.model_copy(update={"bandwidth": bandwidth})
    return Model(model.net, model.card.model_copy(update={"clustering": cluster}))
