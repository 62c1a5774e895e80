"""Object, background, unlabelled."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.datasets.targets import check_trainable, to_targets
from napari_discembed.errors import TrainingDataError


def test_zero_is_unlabelled_unless_the_image_is_complete() -> None:
    labels = np.array([[0, 7, 9]])
    assert to_targets(labels).tolist() == [[-1, 1, 2]]
    assert to_targets(labels, complete=True).tolist() == [[0, 1, 2]]


def test_a_scribble_is_background_and_no_object() -> None:
    labels = np.array([[0, 7, 255]])
    assert to_targets(labels, background_label=255).tolist() == [[-1, 1, 0]]


def test_labels_that_may_not_be_written_to_are_read() -> None:
    labels = np.array([[0, 7]])
    labels.flags.writeable = False
    assert to_targets(labels).tolist() == [[-1, 1]]


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (np.full((9, 9), -1), "No object is painted in leaf"),
        (np.full((9, 9), 1), "is one object"),
        (np.pad(np.ones((2, 2), int), 5), "smaller than 4 pixels"),
    ],
)
def test_targets_that_teach_nothing_are_named_in_words(targets: np.ndarray, words: str) -> None:
    with pytest.raises(TrainingDataError, match=words):
        check_trainable([targets], ["leaf"])


def test_one_image_with_objects_is_enough_among_many() -> None:
    check_trainable([np.full((9, 9), -1), np.pad(np.ones((5, 5), int), 2)], ["a", "b"])
