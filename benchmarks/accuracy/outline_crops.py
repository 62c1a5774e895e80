"""Crops around found objects, for a network that draws their outlines anew.

An object is seen in a square window around it, in pixels that are finer than the embedding's grid
where it is small. Its outline is shown as the signed distance from it, so that what a network adds
to that distance moves the outline by as many pixels of the crop.

Shape legend: ``N`` objects, ``C`` channels, ``R`` pixels of a crop's side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from napari_discembed.imaging import resample_labels
from napari_discembed.types import Embedding, IntArray

SIDE = 48
"""Pixels of a crop's side, R."""

AROUND = 1.45
"""Side of the window, in those of the object's bounding box."""

LEAST = 10.0
"""Smallest side of a window, in pixels of the image."""

LARGEST = 768.0
"""Largest side of a window, in pixels of the image: a crop of a larger one is too coarse to tell
where an outline runs."""

REACH = 4.0
"""Distance from the outline at which a pixel is as sure as it can be, in pixels of the crop."""

CHANNELS = ("distance", "others", "foreground", "seediness", "near", "far")
"""What a crop shows: the signed distance from the outline, positive inside, in reaches and up to
two of them; other objects; the maps of the network; and how near the embedding is to the object's
mean, by a narrow and a wide kernel."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Signed distance from an object's outline around it, in pixels of its crop.

    Attributes
    ----------
    corner
        Pixel of the image where it begins, Y and X; may lie outside.
    distance
        ``(Y, X)`` on the image's grid.
    """

    corner: NDArray[np.intp]
    distance: NDArray[np.float32]

    def at(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the distance at places ``(2, ...)`` in pixels of the image."""
        shape = (2,) + (1,) * (places.ndim - 1)
        inside = places - self.corner.reshape(shape)
        found: NDArray[np.float32]
        found = ndimage.map_coordinates(self.distance, inside, order=1, mode="nearest")
        return found


class ObjectCrops:
    """Objects of a plane, with the maps that they were found in, ready to be shown.

    Those whose windows would be larger than :data:`LARGEST` are left out.

    Parameters
    ----------
    labels
        ``(Y, X)`` on the image's grid: objects above 0.
    embedding
        That they were found in.
    around
        Side of the window, in those of the object's bounding box.
    """

    def __init__(self, labels: IntArray, embedding: Embedding, around: float = AROUND) -> None:
        self.labels = labels
        self.space, self.bandwidth = embedding.space, embedding.space.bandwidth
        self.numbers, self.centre, self.side = _windows(labels, around)
        self.step = self.side / SIDE
        self._margin = int(np.ceil(self.side.max(initial=0))) + 2
        self._padded = np.pad(labels, self._margin)
        self._shape = embedding.shape
        self._ratio = np.array(embedding.shape) / np.array(labels.shape)
        values = self.space.normalise(np.asarray(embedding.values, dtype=np.float32))
        self.mean = _means(resample_labels(labels, embedding.shape), values)[:, self.numbers]
        self.pyramid = pyramid(_maps(embedding, values))

    def __len__(self) -> int:
        """Return the number of objects, N."""
        return len(self.numbers)

    def __call__(self, index: NDArray[np.intp], fields: Sequence[Field]) -> Tensor:
        """Return ``(N, C, R, R)``: crops of some of the objects, whose fields are given."""
        places = window_places(self.centre[index], self.side[index])
        distance = np.stack([field.at(places[:, k]) for k, field in enumerate(fields)])
        distance = np.clip(distance / REACH, -2, 2)
        nearest = np.rint(places).astype(np.intp) + self._margin
        seen = self._padded[nearest[0], nearest[1]]
        own = self.numbers[index][:, None, None]
        others = ((seen > 0) & (seen != own)).astype(np.float32)
        masks = torch.from_numpy(np.stack([distance, others], axis=1))
        return torch.cat([masks, self._seen_by_network(index, places)], dim=1)

    def field(self, index: int) -> Field:
        """Return the distance from an object's outline."""
        low, side = self._window(index)
        seen = self._padded[low[0] : low[0] + side, low[1] : low[1] + side]
        own = seen == self.numbers[index]
        inside = ndimage.distance_transform_edt(own) - 0.5
        outside = ndimage.distance_transform_edt(~own) - 0.5
        distance = np.where(own, inside, -outside) / self.step[index]
        return Field(low - self._margin, distance.astype(np.float32))

    def of_truth(self, index: NDArray[np.intp], truth: IntArray, number: IntArray) -> Tensor:
        """Return ``(N, R, R)``: the share of each pixel that a true object covers.

        Parameters
        ----------
        index
            Of the objects.
        truth
            ``(Y, X)`` on the image's grid.
        number
            ``(N,)``: which true object each is.
        """
        places = window_places(self.centre[index], self.side[index])
        padded = np.pad(truth, self._margin)
        found = []
        for k, i in enumerate(index):
            low, side = self._window(int(i))
            seen = padded[low[0] : low[0] + side, low[1] : low[1] + side]
            mask = (seen == number[k]).astype(np.float32)
            found.append(Field(low - self._margin, mask).at(places[:, k]))
        return torch.from_numpy(np.stack(found))

    def sampled_from_crop(
        self, index: int, field: Field, values: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return ``(Y, X)``: values ``(R, R)`` of an object's crop, at the pixels of a field."""
        axes = [
            (np.arange(n) + low - centre) / self.step[index] + SIDE / 2 - 0.5
            for n, low, centre in zip(
                field.distance.shape, field.corner, self.centre[index], strict=True
            )
        ]
        places = np.stack(np.meshgrid(*axes, indexing="ij"))
        found: NDArray[np.float32]
        found = ndimage.map_coordinates(values, places, order=1, mode="nearest")
        return found

    def _window(self, index: int) -> tuple[NDArray[np.intp], int]:
        """Return the first pixel of a window in the padded labels, and its side."""
        low = np.floor(self.centre[index] - self.side[index] / 2).astype(np.intp)
        return low + self._margin, int(np.ceil(self.side[index])) + 1

    def _seen_by_network(self, index: NDArray[np.intp], places: NDArray[np.float32]) -> Tensor:
        """Return ``(N, C - 2, R, R)``: foreground, seediness, and how near the embedding is."""
        ratio = self._ratio.astype(np.float32).reshape(2, 1, 1, 1)
        on_grid = (places + 0.5) * ratio - 0.5
        step = np.log2(self.step[index] * self._ratio.mean())
        levels = np.clip(np.round(step).astype(np.intp), 0, len(self.pyramid) - 1)
        crops = torch.empty((len(index), len(CHANNELS) - 2, SIDE, SIDE))
        for level in np.unique(levels):
            some = np.flatnonzero(levels == level)
            maps = sampled(self.pyramid[level], on_grid[:, some], self._shape)
            mean = torch.from_numpy(self.mean[:, index[some]])[..., None, None]
            away = self.space.squared_distance(maps[2:], mean) / self.bandwidth**2
            shown = [*maps[:2], torch.exp(-2 * away), torch.exp(-away / 2)]
            crops[torch.from_numpy(some)] = torch.stack(shown, dim=1)
        return crops


def window_places(centre: NDArray[np.float64], side: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return ``(2, N, R, R)``: where the pixels of windows are, given centres and sides."""
    offset = ((np.arange(SIDE) + 0.5) / SIDE - 0.5) * side[:, None]
    down, right = centre[:, :1] + offset, centre[:, 1:] + offset
    places = np.broadcast_arrays(down[:, :, None], right[:, None, :])
    return np.stack(places).astype(np.float32)


def pyramid(maps: Tensor) -> list[Tensor]:
    """Return maps ``(1, M, Y, X)`` and their means over 2, 4, 8 pixels."""
    levels = [maps]
    while min(levels[-1].shape[2:]) >= 4 and max(levels[-1].shape[2:]) > SIDE:
        levels.append(F.avg_pool2d(levels[-1], 2, ceil_mode=True, count_include_pad=False))
    return levels


def sampled(maps: Tensor, places: NDArray[np.float32], shape: tuple[int, ...]) -> Tensor:
    """Return ``(M, N, R, R)``: maps at places in pixels of the finest level, 0 outside."""
    sizes = np.array(shape, dtype=np.float32).reshape(2, 1, 1, 1)
    grid = torch.from_numpy(((2 * places + 1) / sizes - 1)[::-1].copy())
    lines = grid.flatten(1, 2).movedim(0, -1)[None]
    found = F.grid_sample(maps, lines, mode="bilinear", align_corners=False)
    return found.reshape(maps.shape[1], *places.shape[1:])


def _windows(
    labels: IntArray, around: float
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return ``(N,)`` numbers, ``(N, 2)`` centres and ``(N,)`` sides of windows."""
    boxes = ndimage.find_objects(labels.astype(np.int32))
    found = [(i + 1, box) for i, box in enumerate(boxes) if box is not None]
    numbers = np.array([number for number, _ in found], dtype=np.intp)
    edges = np.array([[[s.start, s.stop] for s in box] for _, box in found], dtype=np.float64)
    low, high = np.moveaxis(edges.reshape(-1, 2, 2), 2, 0)
    side = np.maximum(around * (high - low).max(axis=1, initial=0), LEAST)
    kept = side <= LARGEST
    return numbers[kept], ((low + high - 1) / 2)[kept], side[kept]


def _means(labels: IntArray, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``(E, n + 1)``: the mean embedding by the object's number."""
    flat = labels.ravel().astype(np.intp)
    count = np.maximum(np.bincount(flat), 1)
    found: NDArray[np.float32]
    found = np.stack([np.bincount(flat, v.ravel()) / count for v in values]).astype(np.float32)
    return found


def _maps(embedding: Embedding, values: NDArray[np.float32]) -> Tensor:
    """Return ``(1, 2 + E, Y, X)``: foreground, seediness, embedding."""
    foreground = np.asarray(embedding.foreground_probability, dtype=np.float32)
    seediness = np.zeros_like(foreground)
    if embedding.seediness is not None:
        seediness = np.asarray(embedding.seediness, dtype=np.float32)
    return torch.from_numpy(np.concatenate([np.stack([foreground, seediness]), values]))[None]
