"""A correction of the kind of an object."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.interaction.kinds import number_anew


def test_an_object_gets_a_number_above_all_others() -> None:
    labels = np.array([[0, 1, 1, 7]], np.uint8)
    assert number_anew(labels, 1).tolist() == [[0, 8, 8, 7]]
    assert labels.tolist() == [[0, 1, 1, 7]]


def test_background_and_a_full_type_are_told() -> None:
    with pytest.raises(InputError, match="background"):
        number_anew(np.zeros((1, 2), np.uint8), 0)
    with pytest.raises(InputError, match="no number left"):
        number_anew(np.array([[255, 1]], np.uint8), 1)
