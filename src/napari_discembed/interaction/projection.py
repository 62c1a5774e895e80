"""The embedding as a picture: principal components, a colour view, points for a scatter plot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import Embedding, FloatArray

SAMPLE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Directions in embedding space to look along.

    Attributes
    ----------
    mean
        ``(E,)``.
    directions
        ``(K, E)``: orthonormal, the one with the largest variance first.
    """

    mean: FloatArray
    directions: FloatArray

    def __call__(self, points: FloatArray) -> FloatArray:
        """Project ``(E, ...)`` points to ``(K, ...)``."""
        flat = points.reshape(len(points), -1) - self.mean[:, None]
        return (self.directions @ flat).reshape(-1, *points.shape[1:])


def principal(points: FloatArray, count: int, like: Projection | None = None) -> Projection:
    """Return the principal components of points.

    Parameters
    ----------
    points
        ``(E, P)``.
    count
        How many; directions beyond E are zero.
    like
        Directions are turned to point as these do, so that a live view does not flip.
    """
    points = points.astype(np.float64, copy=False)
    dim = len(points)
    mean = points.mean(axis=1) if points.size else np.zeros(dim)
    _, _, directions = np.linalg.svd(
        (points - mean[:, None]).T if points.shape[1] >= dim else np.eye(dim), full_matrices=False
    )
    directions = directions[:count]
    if len(directions) < count:
        directions = np.vstack([directions, np.zeros((count - len(directions), dim))])
    if like is not None and like.directions.shape == directions.shape:
        turn = np.sign((directions * like.directions).sum(axis=1))
        directions = directions * np.where(turn == 0, 1.0, turn)[:, None]
    return Projection(mean, directions)


def channels(embedding: Embedding, chosen: tuple[int, ...]) -> Projection:
    """Return the projection that picks channels."""
    return Projection(np.zeros(embedding.dim), np.eye(embedding.dim)[list(chosen)])


def sample_pixels(
    embedding: Embedding, threshold: float, most: int = SAMPLE, seed: int = 0
) -> NDArray[np.intp]:
    """Return flat indices of foreground pixels of the embedding's grid, at most so many."""
    inside = np.flatnonzero(embedding.is_foreground(threshold))
    if len(inside) <= most:
        return inside
    chosen = np.random.default_rng(seed).choice(len(inside), most, replace=False)
    return inside[np.sort(chosen)]


def points_at(embedding: Embedding, pixels: NDArray[np.intp]) -> FloatArray:
    """Return ``(E, P)`` at flat indices of the embedding's grid."""
    flat = np.asarray(embedding.values).reshape(embedding.dim, -1)
    return flat[:, pixels].astype(np.float64)


def object_colours(embedding: Embedding, threshold: float = 0.5) -> NDArray[np.uint8]:
    """Return ``(*S, 3)``: three principal components as red, green, blue; background is dark.

    Coordinates, where the embedding holds them, make colours change slowly over the image, and
    objects stand out as patches of one colour.
    """
    pixels = sample_pixels(embedding, threshold)
    points = points_at(embedding, pixels)
    projection = principal(points, 3)
    seen = projection(points)
    low, high = np.percentile(seen, (1, 99), axis=1) if seen.size else (np.zeros(3), np.ones(3))
    width = np.where(high > low, high - low, 1.0)
    flat = projection(np.asarray(embedding.values).reshape(embedding.dim, -1).astype(np.float32))
    colours = np.clip((flat - low[:, None]) / width[:, None], 0, 1)
    colours[high <= low] = 0.5
    brightness = np.clip(np.asarray(embedding.foreground_probability).reshape(-1), 0.15, 1)
    return (255 * colours * brightness).astype(np.uint8).T.reshape(*embedding.shape, 3)
