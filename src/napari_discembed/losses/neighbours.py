"""Which instances are near each other in the image."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from napari_discembed.losses.flat import FlatPixels


def neighbour_pairs(flat: FlatPixels, labels: Tensor, radius: float) -> Tensor:
    """Return the pairs of instances of one image that are within a radius.

    Parameters
    ----------
    flat
        Of the same labels.
    labels
        ``(B, *S)``.
    radius
        In pixels, between the nearest pixels of two instances.

    Returns
    -------
    ``(M, 2)`` int64, the lower instance first.
    """
    found = [flat.image.new_zeros((0, 2))]
    for b in range(flat.n_images):
        _, own = flat.per_image(b)
        if own.stop - own.start > 1:
            pairs = np.array(list(_near(_compact(labels[b]), radius)), dtype=np.int64)
            found.append(torch.from_numpy(pairs.reshape(-1, 2)).to(flat.image.device) + own.start)
    return torch.cat(found)


def all_pairs(flat: FlatPixels) -> Tensor:
    """Return ``(M, 2)`` int64: all pairs of instances of one image, the lower first."""
    found = [flat.image.new_zeros((0, 2))]
    for b in range(flat.n_images):
        _, own = flat.per_image(b)
        count = own.stop - own.start
        pairs = torch.combinations(torch.arange(count, device=flat.image.device), 2)
        found.append(pairs + own.start)
    return torch.cat(found)


def _near(numbers: NDArray[np.intp], radius: float) -> Iterator[tuple[int, int]]:
    """Yield the pairs of objects, counted from 0, that are within a radius."""
    reach = math.ceil(min(radius, max(numbers.shape)))
    for i, box in enumerate(ndimage.find_objects(numbers)):
        around = tuple(slice(max(0, s.start - reach), s.stop + reach) for s in box)
        part = numbers[around]
        later = np.unique(part[part > i + 1])
        if len(later):
            away = ndimage.distance_transform_edt(part != i + 1)
            nearest = ndimage.minimum(away, part, later)
            yield from ((i, int(j) - 1) for j in later[np.asarray(nearest) <= radius])


def _compact(labels: Tensor) -> NDArray[np.intp]:
    """Return the objects numbered from 1, in their order; 0 elsewhere."""
    values = labels.clamp_min(0).cpu().numpy()
    # A table as long as the largest number is made: keep that below the number of objects.
    present, compact = np.unique(values, return_inverse=True)
    return np.asarray(compact).reshape(values.shape) + int(present[0] > 0)
