"""Small pictures of candidates, all of one size, for a network that judges masks.

Each candidate is seen in a square window around it, as in Mask Scoring R-CNN (Huang 2019): what
the network said of its pixels, relative to the candidate, beside its mask. A volume's candidate is
seen in the three planes through its middle, so that one judge serves both.

Shape legend: ``N`` candidates, ``P`` planes (1 or 3), ``C`` channels, ``R`` pixels of a crop's
side, ``K`` figures.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from napari_discembed.types import Candidates, Embedding
from napari_discembed.types.candidates import range_maximum, subtree_sums

SIDE = 32
"""Pixels of a crop's side, R."""

AROUND = 1.5
"""Side of the window, in those of the candidate's bounding box."""

LEAST = 12.0
"""Smallest side of a window, in pixels of the grid."""

CHANNELS = ("mask", "parent", "others", "foreground", "seediness", "near", "far", "border")
"""What a crop shows: the candidate, what holds it, other candidates, the maps of the network, how
near the embedding is to the candidate's mean by a narrow and a wide kernel, and the borders between
candidates by the bandwidth up to which they last."""

FIGURES = (
    "size",
    "size among others",
    "parent size",
    "largest child",
    "children",
    "birth",
    "death",
    "depth",
    "seediness",
    "foreground",
    "foreground among others",
    "spread",
)
"""Figures of a candidate, without unit."""

MOST_BANDWIDTHS = 3.0
"""Births, deaths and borders are clipped there, in usual bandwidths."""


@dataclass(frozen=True, slots=True, eq=False)
class Descriptors:
    """What a judge is told of each candidate.

    Attributes
    ----------
    crops
        ``(N, P, C, R, R)`` float32.
    figures
        ``(N, K)`` float32.
    """

    crops: Tensor
    figures: Tensor


class Describer:
    """Candidates and the maps that they were made from, ready to be described.

    Parameters
    ----------
    candidates
        On the embedding's grid.
    embedding
        That they were made from.
    bandwidth
        The usual one, in embedding units.
    """

    def __init__(self, candidates: Candidates, embedding: Embedding, bandwidth: float) -> None:
        self.candidates = candidates
        self.bandwidth = bandwidth
        self.space = embedding.space
        low, high = bounds(candidates)
        self.centre = (low + high - 1) / 2
        self.side = np.maximum(AROUND * (high - low).max(axis=1), LEAST)
        values = self.space.normalise(np.asarray(embedding.values, dtype=np.float32))
        pixels = candidates.pixels.astype(np.float64)
        self.mean, spread = _moments(candidates, pixels, values)
        self.figures = _figures(candidates, pixels, embedding.diameter, bandwidth, spread)
        self.pyramid = _pyramid(_maps(candidates, embedding, values, bandwidth))

    def __call__(self, index: NDArray[np.intp]) -> Descriptors:
        """Describe some of the candidates."""
        crops = torch.empty((len(index), self._planes, len(CHANNELS), SIDE, SIDE))
        level = np.round(np.log2(self.side[index] / SIDE)).astype(np.intp)
        level = np.clip(level, 0, len(self.pyramid) - 1)
        for one in np.unique(level):
            some = np.flatnonzero(level == one)
            crops[torch.from_numpy(some)] = self._crops(index[some], int(one))
        return Descriptors(crops, torch.from_numpy(self.figures[index]))

    @property
    def _planes(self) -> int:
        return 1 if self.candidates.smallest.ndim == 2 else 3

    def _crops(self, index: NDArray[np.intp], level: int) -> Tensor:
        """Return ``(N, P, C, R, R)`` of candidates whose windows suit one level of the pyramid."""
        masks = self._masks(index, self._places(index, 2 * SIDE))
        maps = self._sampled(self._places(index, SIDE), level)
        mean = torch.from_numpy(self.mean[index].T.astype(np.float32))[..., None, None, None]
        away = self.space.squared_distance(maps[3:], mean) / self.bandwidth**2
        shown = [*maps[:2], torch.exp(-2 * away), torch.exp(-away / 2), maps[2]]
        return torch.cat([masks, torch.stack(shown, dim=2)], dim=2)

    def _places(self, index: NDArray[np.intp], side: int) -> NDArray[np.float32]:
        """Return ``(ndim, N, P, side, side)``: where the windows' pixels are on the grid."""
        steps = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
        ndim = self.candidates.smallest.ndim
        offset = steps * self.side[index].astype(np.float32)[:, None]
        places = np.empty((ndim, len(index), self._planes, side, side), dtype=np.float32)
        places[:] = self.centre[index].T.astype(np.float32)[:, :, None, None, None]
        for plane, (down, right) in enumerate(itertools.combinations(range(ndim), 2)):
            places[down, :, plane] += offset[:, :, None]
            places[right, :, plane] += offset[:, None, :]
        return places

    def _masks(self, index: NDArray[np.intp], places: NDArray[np.float32]) -> Tensor:
        """Return ``(N, P, 3, R, R)``: the candidate, its parent, and other candidates."""
        smallest = self.candidates.smallest
        nearest = np.rint(places).astype(np.int32)
        inside = np.ones(nearest.shape[1:], dtype=bool)
        flat = np.zeros(nearest.shape[1:], dtype=np.int64)
        for axis, size in enumerate(smallest.shape):
            inside &= (nearest[axis] >= 0) & (nearest[axis] < size)
            flat = flat * size + nearest[axis]
        seen = np.where(inside, smallest.ravel()[np.where(inside, flat, 0)], 0)
        own = self._within(seen, index)
        parent = self.candidates.parent[index]
        held = self._within(seen, np.where(parent < 0, index, parent))
        masks = np.stack([own, held, (seen > 0) & ~own], axis=2).astype(np.float32)
        fine = torch.from_numpy(masks).flatten(0, 1)
        return F.avg_pool2d(fine, 2).reshape(*masks.shape[:3], SIDE, SIDE)

    def _within(self, seen: NDArray[np.int32], index: NDArray[np.intp]) -> NDArray[np.bool_]:
        shape = (-1, *(1 for _ in seen.shape[1:]))
        first = self.candidates.first[index].reshape(shape)
        within: NDArray[np.bool_] = (seen > first) & (seen <= index.reshape(shape) + 1)
        return within

    def _sampled(self, places: NDArray[np.float32], level: int) -> Tensor:
        """Return ``(M, N, P, R, R)``: the maps of a level at places, 0 outside."""
        maps = self.pyramid[level]
        shape = np.array(self.candidates.smallest.shape, dtype=np.float32)
        shape = shape.reshape(-1, 1, 1, 1, 1)
        grid = torch.from_numpy(((2 * places + 1) / shape - 1)[::-1].copy())
        n, planes = places.shape[1:3]
        lines = grid.flatten(1, 3).movedim(0, -1)[None]  # (1, N * P * R, R, ndim)
        if maps.ndim == 5:
            lines = lines[:, None]
        found = F.grid_sample(maps, lines, mode="bilinear", align_corners=False)
        return found.reshape(maps.shape[1], n, planes, SIDE, SIDE)


def bounds(candidates: Candidates) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``(N, ndim)`` twice: where each candidate begins and ends along each axis."""
    n, ndim = len(candidates), candidates.smallest.ndim
    low, high = np.full((n, ndim), np.inf), np.full((n, ndim), -np.inf)
    for number, box in enumerate(ndimage.find_objects(candidates.smallest, n)):
        if box is not None:
            low[number] = [s.start for s in box]
            high[number] = [s.stop for s in box]
    last = np.arange(n)
    for axis in range(ndim):
        high[:, axis] = range_maximum(high[:, axis], candidates.first, last)
        low[:, axis] = -range_maximum(-low[:, axis], candidates.first, last)
    return low, high


def _moments(
    candidates: Candidates, pixels: NDArray[np.float64], values: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``(N, E)``: the mean embedding of each candidate; and ``(N,)``: the spread around."""
    number = candidates.smallest.ravel()
    n = len(candidates)

    def sums(weights: NDArray[np.floating]) -> NDArray[np.float64]:
        own = np.bincount(number, weights=weights.ravel(), minlength=n + 1)[1:]
        total: NDArray[np.float64] = subtree_sums(candidates.first, own) / pixels
        return total

    mean = np.stack([sums(channel) for channel in values], axis=1)
    square = sums(np.square(values, dtype=np.float64).sum(axis=0))
    return mean, np.sqrt(np.maximum(square - np.square(mean).sum(axis=1), 0))


def _figures(
    candidates: Candidates,
    pixels: NDArray[np.float64],
    diameter: float,
    bandwidth: float,
    spread: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return ``(N, K)``."""
    ndim = candidates.smallest.ndim
    size = np.log2(np.maximum(pixels, 1)) / ndim - math.log2(diameter)
    usual = candidates.at(bandwidth)
    foreground = candidates.scores["foreground"]
    above = np.where(candidates.parent < 0, pixels, pixels[candidates.parent])
    held = candidates.parent >= 0
    largest, children = np.zeros(len(pixels)), np.zeros(len(pixels))
    np.maximum.at(largest, candidates.parent[held], pixels[held])
    np.add.at(children, candidates.parent[held], 1)

    def among(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values - (np.median(values[usual]) if len(usual) else 0.0)

    columns = [
        size,
        among(size),
        np.log2(above / pixels),
        largest / pixels,
        np.log2(1 + children),
        np.minimum(candidates.birth / bandwidth, MOST_BANDWIDTHS),
        np.minimum(candidates.death / bandwidth, MOST_BANDWIDTHS),
        np.log2(1.0 + candidates.depth),
        candidates.scores["seediness"],
        foreground,
        among(foreground),
        spread / bandwidth,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _maps(
    candidates: Candidates,
    embedding: Embedding,
    values: NDArray[np.float32],
    bandwidth: float,
) -> Tensor:
    """Return ``(1, 3 + E, *S)``: foreground, seediness, borders, embedding."""
    none = np.zeros(embedding.shape, dtype=np.float32)
    border = np.minimum(candidates.contours() / np.float32(bandwidth), MOST_BANDWIDTHS)
    parts = [
        embedding.foreground_probability,
        none if embedding.seediness is None else embedding.seediness,
        border,
    ]
    stacked = np.concatenate([np.stack([np.asarray(p, np.float32) for p in parts]), values])
    return torch.from_numpy(stacked)[None]


def _pyramid(maps: Tensor) -> list[Tensor]:
    """Return the maps and their means over 2, 4, 8 pixels, as long as a crop is filled."""
    pool = F.avg_pool2d if maps.ndim == 4 else F.avg_pool3d
    levels = [maps]
    while min(levels[-1].shape[2:]) >= 4 and max(levels[-1].shape[2:]) > SIDE:
        levels.append(pool(levels[-1], 2, ceil_mode=True, count_include_pad=False))
    return levels
