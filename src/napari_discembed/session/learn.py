"""Do a training that lies in a folder, and look at the network on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering, pipeline, teaching
from napari_discembed.imaging import resample_labels, window_around
from napari_discembed.interaction import projection
from napari_discembed.models import Model, load_model, save_model
from napari_discembed.progress import Job, Progress, run
from napari_discembed.session.preview import Preview
from napari_discembed.session.trainings import Training
from napari_discembed.types import Embedding, Image, IntArray

PREVIEW_SIDE, PREVIEW_SIDE_3D = 512, 96
POINTS_SHOWN = 3_000


def train(folder: str, *, cancelled: Callable[[], bool] = lambda: False) -> Job[str]:
    """Do a training, from where it stands; a job of the path of its model.

    The progress's `data` is now and then a :class:`Preview` at the network, under ``"look"``.
    """
    training = Training(Path(folder))
    request = training.request
    start = None if request.start is None else load_model(request.start)
    images, labels = training.pairs()
    taught = len(images) - request.validation
    ndim = _dimensions(images[:taught], labels[:taught], start, request.background_label)
    lessons = painted_planes(images[:taught], labels[:taught], ndim)
    # There, all is labelled: a scribble of background is background as well.
    truths = [np.where(x == request.background_label, 0, x) for x in labels[taught:]]
    checks = painted_planes(images[taught:], truths, ndim)
    job = teaching.fit(
        [image for image, _ in lessons],
        [painted for _, painted in lessons],
        model=start,
        config=request.train,
        complete=request.complete,
        background_label=request.background_label,
        diameter=request.diameter,
        validation=([i for i, _ in checks], [p for _, p in checks]) if checks else None,
        name=request.name,
        cancelled=cancelled,
        state=training.state_file,
        resume=True,
        watch=_Looker(*lessons[0], request.background_label),
    )
    model = yield from job
    card = save_model(training.model_file, model)
    yield Progress(1.0, card.description)
    training.state_file.unlink(missing_ok=True)
    return str(training.model_file)


def _dimensions(
    images: Sequence[Image],
    labels: Sequence[IntArray],
    start: Model | None,
    background_label: int | None,
) -> int:
    """Return the dimensions to learn in.

    A start for planes learns volumes where an object is painted through several planes.
    """
    if start is None:
        return 3 if "Z" in images[0].axes else 2
    pairs = zip(images, labels, strict=True)
    through = all(is_painted_through_planes(i, x, background_label) for i, x in pairs)
    return 3 if through else start.config.ndim


def is_painted_through_planes(
    image: Image, painted: IntArray, background_label: int | None = None
) -> bool:
    """Tell whether an object of a z-stack is painted in more than one of its planes."""
    axes = image.axes.replace("C", "")
    if "Z" not in axes or painted.ndim != len(axes):
        return False
    stacks = np.moveaxis(painted, axes.index("Z"), -3)
    for stack in stacks.reshape(-1, *stacks.shape[-3:]):
        seen: set[int] = set()
        for plane in stack:
            numbers = set(np.unique(plane).tolist()) - {0, background_label}
            if numbers & seen:
                return True
            seen |= numbers
    return False


def painted_planes(
    images: Sequence[Image], labels: Sequence[IntArray], ndim: int
) -> list[tuple[Image, IntArray]]:
    """Take stacks apart into what a network of `ndim` dimensions learns from.

    Planes or time points on which nothing is painted are left out, unless none is painted at all,
    which the training then tells of.
    """
    found: list[tuple[Image, IntArray]] = []
    for image, painted in zip(images, labels, strict=True):
        pictures = image.frames(ndim)
        shape = pictures.shape
        if not shape or painted.shape[: len(shape)] != shape:
            found.append((image, painted))
            continue
        frames = [
            (picture, painted[index])
            for picture, index in zip(pictures, np.ndindex(shape), strict=True)
        ]
        found += [pair for pair in frames if pair[1].any()] or frames[:1]
    return found


class _Looker:
    """Preview at the network in training through one image, or the most painted part of it."""

    def __init__(self, image: Image, painted: IntArray, background_label: int | None) -> None:
        self.painted = np.where(painted == background_label, 0, painted)
        window = _window(self.painted)
        self.image = image.crop(window)
        self.painted = self.painted[window]
        self.corner = tuple(w.start for w in window)
        self.before: projection.Projection | None = None

    def __call__(self, model: Model) -> Mapping[str, Any]:
        embedding = run(pipeline.embed(self.image, model, diameter=model.image_diameter))
        config = model.card.clustering
        labels = clustering.to_image_grid(
            clustering.prepare(embedding, config.method).labels(config),
            embedding,
            config.foreground_threshold,
        )
        points, owners, means = self._points(embedding)
        margins = embedding.margins
        look = Preview(
            labels.astype(np.int32), self.corner, points, owners, means, margins.pull, margins.push
        )
        return {"look": look}

    def _points(
        self, embedding: Embedding
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
        owners = resample_labels(self.painted, embedding.shape).ravel().astype(np.int64)
        pixels = np.flatnonzero(owners > 0)
        if len(pixels) > POINTS_SHOWN:
            pixels = np.random.default_rng(0).choice(pixels, POINTS_SHOWN, replace=False)
        points, owners = projection.points_at(embedding, pixels), owners[pixels]
        if embedding.dim == 2:
            points = points[::-1]  # across and down, where the channels hold y and x
        else:
            self.before = projection.principal(points, 2, self.before)
            points = self.before(points)
        names, number = np.unique(owners, return_inverse=True)
        count = np.maximum(np.bincount(number, minlength=len(names)), 1)
        means = [np.bincount(number, weights=p, minlength=len(names)) / count for p in points]
        return (
            points.T.astype(np.float32),
            owners,
            np.stack(means, axis=1).astype(np.float32),
        )


def _window(painted: IntArray) -> tuple[slice, ...]:
    """Return the part to look at: all of a small image, else around the middle of the paint."""
    where = np.argwhere(painted > 0)
    middle = np.median(where, axis=0) if len(where) else np.array(painted.shape) / 2
    side = PREVIEW_SIDE if painted.ndim == 2 else PREVIEW_SIDE_3D
    return window_around(middle.tolist(), painted.shape, side)
