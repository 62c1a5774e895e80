"""The straight way through, on one page.

An image becomes an embedding, the embedding a segmentation, the segmentation counts; a few
painted objects and :func:`fit` make the network that does it. Long steps are jobs, for
:func:`~napari_discembed.progress.run` or a worker; the others answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering, metrics
from napari_discembed.config import ClusterConfig, ModelConfig, TileConfig, TrainConfig
from napari_discembed.inference import embed_image
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet, Model, ModelCard, adapt_channels, load_model
from napari_discembed.progress import Job, run, scaled
from napari_discembed.training import FitResult, prepare
from napari_discembed.training import fit as train
from napari_discembed.types import Counts, Embedding, Image, IntArray, Segmentation

ImageLike: TypeAlias = Image | NDArray[Any]

FINE_TUNING = TrainConfig(seconds=60, learning_rate=1e-3)
"""What :func:`fit` does from a model where no config is given."""

FROM_SCRATCH = TrainConfig(seconds=300)
"""What :func:`fit` does from nothing where no config is given."""


def as_image(image: ImageLike) -> Image:
    """Return the image, or one made of a plain array with its axes guessed."""
    return image if isinstance(image, Image) else Image(np.asarray(image))


def embed(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TileConfig | None = None,
    store: Path | None = None,
) -> Job[Embedding]:
    """Map each pixel of an image to a point in embedding space.

    Parameters
    ----------
    image
        A single frame; a plain array's axes are guessed.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None for the model's own.
    tile
        Tile size, device and precision.
    store
        Folder to write the embedding to as memory-mapped arrays, for images larger than memory.

    Returns
    -------
    A job of the embedding.
    """
    model = load_model(model) if isinstance(model, str) else model
    embedding = yield from embed_image(
        model, as_image(image), diameter=diameter, tile=tile or TileConfig(), store=store
    )
    return embedding


def cluster(
    embedding: Embedding,
    knobs: ClusterConfig | None = None,
    *,
    seeds: NDArray[np.floating[Any]] | None = None,
    **changes: object,
) -> Segmentation:
    """Group the pixels of an embedding into objects, on the image's own grid.

    Parameters
    ----------
    embedding
        From :func:`embed`.
    knobs
        How to group; the defaults follow the model's margins.
    seeds
        ``(N, ndim)`` points in image pixels, one an object; for ``method="seeded"`` alone.
    **changes
        Single knobs, such as ``bandwidth=1.5``.

    Returns
    -------
    The objects, numbered 1 to N.
    """
    knobs = ClusterConfig.model_validate({**(knobs or ClusterConfig()).model_dump(), **changes})
    prepared = clustering.prepare(embedding, knobs.method, seeds=seeds)
    return clustering.finish(embedding, clustering.cluster_prepared(prepared, knobs), knobs)


def segment(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    knobs: ClusterConfig | None = None,
    tile: TileConfig | None = None,
) -> Job[Segmentation]:
    """Find the objects of an image, frame by frame where it has a time axis.

    Parameters
    ----------
    image, model, diameter, tile
        As for :func:`embed`.
    knobs
        How to group; None for what the model's card recommends.

    Returns
    -------
    A job of the segmentation.
    """
    image = as_image(image)
    model = load_model(model) if isinstance(model, str) else model
    frames = list(image.frames())
    found: list[Segmentation] = []
    for i, frame in enumerate(frames):
        job = embed(frame, model, diameter=diameter, tile=tile)
        span = (i / len(frames), (i + 0.9) / len(frames))
        embedding = yield from scaled(job, *span, frame.name if len(frames) > 1 else "")
        found.append(cluster(embedding, knobs or model.card.cluster))
    if "T" not in image.axes:
        return found[0]
    labels = np.stack([s.labels for s in found])
    return replace(found[0], labels=labels, classes=None, name=image.name)


def measure(segmentation: Segmentation, image: ImageLike | None = None) -> Counts:
    """Count the objects and measure each.

    Parameters
    ----------
    segmentation
        A single frame.
    image
        The pixels, for intensities.

    Returns
    -------
    A row an object: area or volume, centroid, bounding box, intensities, shape, class where there
    are several.
    """
    channels = None if image is None else as_image(image).channels_first()
    counts = metrics.measure(
        segmentation.labels,
        channels,
        pixel_size=segmentation.pixel_size,
        unit=segmentation.unit,
        name=segmentation.name,
    )
    columns = dict(counts.columns)
    if segmentation.classes is not None:
        columns["class"] = segmentation.classes
    return replace(counts, columns=columns, provenance=segmentation.provenance)


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
        How to learn; :data:`FINE_TUNING` or :data:`FROM_SCRATCH` where None.
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
            metrics.score(truth, run(segment(picture, model)).labels)
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
    parts = []
    for one in held:
        picture = pictures[one.image]
        where = dict(zip(picture.spatial_axes, one.window, strict=True))
        data = picture.data[tuple(where.get(a, slice(None)) for a in picture.axes)]
        parts.append((replace(picture, data=data), one.states))

    def judge(net: EmbeddingNet) -> Mapping[str, float]:
        model, scores = _candidate(net, start, diameter), []
        for picture, states in parts:
            found = run(segment(picture, model)).labels
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
