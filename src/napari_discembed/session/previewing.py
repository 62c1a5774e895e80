"""The job that makes the previews of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering, pipeline
from napari_discembed.imaging import resample_labels, window_around
from napari_discembed.interaction import projection
from napari_discembed.models import Model
from napari_discembed.progress import Job
from napari_discembed.session.preview import Preview
from napari_discembed.types import Embedding, Image, IntArray

PREVIEW_SIDE, PREVIEW_SIDE_3D = 512, 96
POINTS_SHOWN = 3_000


class Previewer:
    """Segment one image, or its most labelled part, with a model in training.

    Parameters
    ----------
    image
        A single frame.
    labels
        ``(*S)``: a number for each labelled object.
    background_label
        The number that a scribble of background was painted with.
    like
        The previewer before, of whose projection this one goes on.
    """

    def __init__(
        self,
        image: Image,
        labels: IntArray,
        background_label: int | None,
        like: Previewer | None = None,
    ) -> None:
        objects = np.where(labels == background_label, 0, labels)
        window = _window(objects)
        self._image, self._labels = image.crop(window), objects[window]
        self._corner = tuple(w.start for w in window)
        self._before: projection.Projection | None = None if like is None else like._before

    def __call__(self, model: Model) -> Job[Mapping[str, Any]]:
        """Return a job of the :class:`Preview`, under ``"preview"``."""
        embedding = yield from pipeline.embed(self._image, model, diameter=model.image_diameter)
        config = model.card.recommended(embedding)
        labels = clustering.prepare(embedding, config.method).on_image(config)
        points, owners, means = self._points(embedding)
        margins = embedding.margins
        preview = Preview(
            labels=labels.astype(np.int32),
            corner=self._corner,
            points=points,
            owners=owners,
            means=means,
            pull=margins.pull,
            push=margins.push,
            classes=clustering.classes_on_image(labels, embedding),
        )
        return {"preview": preview}

    def _points(
        self, embedding: Embedding
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
        """Return labelled pixels in two dimensions, their labels, and the mean of each label."""
        owners = resample_labels(self._labels, embedding.shape).ravel().astype(np.int64)
        pixels = np.flatnonzero(owners > 0)
        if len(pixels) > POINTS_SHOWN:
            pixels = np.random.default_rng(0).choice(pixels, POINTS_SHOWN, replace=False)
        points, owners = projection.points_at(embedding, pixels), owners[pixels]
        if embedding.dim == 2:
            points = points[::-1]  # across and down, where the channels hold y and x
        else:
            self._before = projection.principal(points, 2, self._before)
            points = self._before(points)
        names, number = np.unique(owners, return_inverse=True)
        count = np.maximum(np.bincount(number, minlength=len(names)), 1)
        means = [np.bincount(number, weights=p, minlength=len(names)) / count for p in points]
        return points.T.astype(np.float32), owners, np.stack(means, axis=1).astype(np.float32)


def _window(labels: IntArray) -> tuple[slice, ...]:
    """Return the part to show: all of a small image, else around the middle of the objects."""
    where = np.argwhere(labels > 0)
    middle = np.median(where, axis=0) if len(where) else np.array(labels.shape) / 2
    side = PREVIEW_SIDE if labels.ndim == 2 else PREVIEW_SIDE_3D
    return window_around(middle.tolist(), labels.shape, side)
