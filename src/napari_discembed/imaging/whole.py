"""Labels from the arrays that people have."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray


def whole_labels(labels: Any, name: str = "labels") -> IntArray:  # noqa: ANN401 - whatever people have
    """Return labels as an array of whole numbers, if that is what they are.

    Parameters
    ----------
    labels
        An array, or nested lists; a mask of truth values has the one object 1.
    name
        For the message.

    Raises
    ------
    InputError
        If they are no array, or hold negative or fractional values.
    """
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise InputError(f"{name}: expected an array of labels, got {error}.") from error
    kind = array.dtype.kind
    if kind == "u":
        return array
    if kind == "b":
        return array.astype(np.uint8)
    if kind == "f" and np.isfinite(array).all() and (array == np.round(array)).all():
        array, kind = array.astype(np.int64), "i"
    if kind != "i":
        raise InputError(
            f"{name}: expected whole numbers as labels, got {array.dtype} of shape {array.shape}."
        )
    if array.size and array.min() < 0:
        raise InputError(
            f"{name}: expected labels of 0 and above, got {array.min()}. 0 is for what is not "
            "painted; give background scribbles a number of their own."
        )
    return array
