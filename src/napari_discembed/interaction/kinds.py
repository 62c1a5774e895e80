"""A correction of the kind of an object: it gets a number of its own, whose kind is said."""

from __future__ import annotations

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray


def number_anew(labels: IntArray, label: int) -> IntArray:
    """Give an object a number above all others.

    Raises
    ------
    InputError
        If that is background, or the labels' type cannot count that far.
    """
    if label <= 0:
        raise InputError("Expected an object, got background. Click on an object.")
    top = int(labels.max())
    if top >= np.iinfo(labels.dtype).max:
        raise InputError(
            f"There is no number left in labels of type {labels.dtype}. Press 'Number 1 to N', or "
            "duplicate the layer with another type."
        )
    return np.where(labels == label, labels.dtype.type(top + 1), labels)
