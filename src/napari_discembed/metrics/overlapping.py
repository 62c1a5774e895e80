"""Measurements of objects whose masks may overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.metrics.measure import measure_segmentation
from napari_discembed.types import Image, Instances, ObjectTable


def measure_instances(instances: Instances, image: Image | None = None) -> ObjectTable:
    """Measure each object with all of its pixels, those that it shares included.

    Objects are put into as few label images as a greedy colouring needs in which none overlaps
    another.

    Parameters
    ----------
    instances
        Of any axes.
    image
        The pixels, for intensities; None for none.

    Returns
    -------
    A row an object, in their order; columns as
    :func:`~napari_discembed.metrics.measure_frames` has them, and ``score`` and ``class`` where
    they are known.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    of = layers(instances)
    columns: dict[str, NDArray[Any]] = {}
    unit, name = instances.unit, instances.name
    for layer in range(int(of.max(initial=0)) + 1):
        which = np.flatnonzero(of == layer)
        part = instances.select(which)
        table = measure_segmentation(part.segmentation("first"), image)
        # The table goes frame by frame, in each by number.
        rows = which[np.lexsort([part.numbers, *part.frames.T[::-1]])]
        for key, values in table.columns.items():
            whole = columns.setdefault(key, np.zeros(len(instances), values.dtype))
            whole[rows] = values
    known = instances.table().columns
    columns |= {key: known[key] for key in ("score", "class") if key in known}
    return ObjectTable(columns, name=name, unit=unit)


def layers(instances: Instances) -> NDArray[np.intp]:
    """Return ``(N,)`` numbers from 0: objects of one number share no pixel."""
    pairs = instances.overlaps()
    before: dict[int, list[int]] = {}
    for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        before.setdefault(second, []).append(first)
    of = np.zeros(len(instances), np.intp)
    for i, others in sorted(before.items()):
        taken = set(of[others].tolist())
        of[i] = next(layer for layer in range(len(taken) + 1) if layer not in taken)
    return of
