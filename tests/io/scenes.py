"""Objects for tests of files."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_discembed.types import Axes, Instances, Segmentation


def overlapping() -> Instances:
    """Return a ring around a dot, and a bar over its corner: 5 rows, 6 columns, 0.5 um a pixel."""
    masks = np.zeros((3, 5, 6), bool)
    masks[0, :3, :3] = True
    masks[0, 1, 1] = False
    masks[1, 1, 1] = True
    masks[2, 2, 2:] = True
    return Instances.of_masks(
        masks,
        scores=np.array([0.875, 0.5, 0.25]),
        classes=("leaf", "stem", "leaf"),
        pixel_size=(0.5,),
        unit="micrometer",
        name="plate 7",
    )


def masks_of(instances: Instances) -> np.ndarray:
    """Return the mask of each object in the whole image."""
    whole = np.zeros((len(instances), *instances.shape), bool)
    for out, box, crop in zip(whole, instances.boxes, instances.crops, strict=True):
        out[tuple(slice(a, b) for a, b in box)] = crop
    return whole


def same(one: Instances, other: Instances) -> bool:
    """Tell whether two are equal in all that files keep, in the order of their numbers."""
    a, b = (each.select(np.lexsort([each.numbers, *each.frames.T[::-1]])) for each in (one, other))
    about = ("shape", "axes", "frame_axes", "classes", "pixel_size", "unit", "name")
    return (
        all(getattr(a, name) == getattr(b, name) for name in about)
        and a.numbers.tolist() == b.numbers.tolist()
        and (a.scores is None) == (b.scores is None)
        and (a.scores is None or b.scores is None or a.scores.tolist() == b.scores.tolist())
        and np.array_equal(masks_of(a), masks_of(b))
    )


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """Return label images of all axes, planes of one object and of their own."""
    axes = draw(st.sampled_from(["YX", "ZYX", "TYX", "TZYX"]))
    shape = draw(hnp.array_shapes(min_dims=len(axes), max_dims=len(axes), max_side=4))
    labels = draw(hnp.arrays(np.uint16, shape, elements=st.sampled_from([0, 0, 1, 2, 300])))
    frames = draw(st.sampled_from([None, "TZ" if "T" in axes else "Z"])) if "Z" in axes else None
    return Segmentation(labels, Axes(axes), None if frames is None else Axes(frames))


@st.composite
def instances(draw: st.DrawFn) -> Instances:
    """Return objects that may overlap, lie in parts and have holes."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=7))
    n = draw(st.integers(1, 4))
    masks = draw(hnp.arrays(bool, (n, *shape)))
    masks[:, 0, 0] |= ~masks.any(axis=(1, 2))
    scores = draw(st.none() | st.lists(st.floats(0, 1), min_size=n, max_size=n))
    return Instances.of_masks(masks, scores=None if scores is None else np.array(scores))
