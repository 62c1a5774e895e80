"""Which instances are near each other in the image."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from napari_discembed.losses.flat import FlatPixels

CHUNK = 512


def neighbour_pairs(flat: FlatPixels, labels: Tensor, radius: float) -> Tensor:
    """Return the pairs of instances of one image that are within a radius.

    Parameters
    ----------
    flat
        Of the same labels.
    labels
        ``(B, *S)``.
    radius
        In pixels, between the bounding boxes: no pair that is nearer is missed, and one whose
        boxes are near but whose outlines are not may be included, which costs little.

    Returns
    -------
    ``(M, 2)`` int64, the lower instance first.
    """
    found: list[Tensor] = []
    for b in range(flat.n_images):
        _, own = flat.per_image(b)
        if own.stop - own.start < 2:
            continue
        low, high = _boxes(labels[b])
        for start in range(0, len(low), CHUNK):
            part = slice(start, start + CHUNK)
            gap = np.maximum(low[None] - high[part, None], low[part, None] - high[None])
            near = (np.square(np.maximum(gap, 0)).sum(-1) <= radius**2).nonzero()
            first, second = near[0] + start, near[1]
            pairs = np.stack([first, second], axis=1)[first < second]
            found.append(torch.from_numpy(pairs) + own.start)
    if not found:
        return flat.image.new_zeros((0, 2))
    return torch.cat(found).to(flat.image.device)


def _boxes(labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last pixel of each object along each axis, in order of labels."""
    values = labels.clamp_min(0).cpu().numpy()
    # A table as long as the largest number is made: keep that below the number of objects.
    present, compact = np.unique(values, return_inverse=True)
    compact = compact.reshape(values.shape) + int(present[0] > 0)
    boxes = [b for b in ndimage.find_objects(compact) if b is not None]
    low = np.array([[axis.start for axis in box] for box in boxes], dtype=np.float32)
    high = np.array([[axis.stop - 1 for axis in box] for box in boxes], dtype=np.float32)
    return low, high
