"""What can be linked, and what is refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.movies import link
from napari_discembed.types import Segmentation


def moving(n: int = 3) -> np.ndarray:
    labels = np.zeros((n, 30, 30), dtype=np.uint16)
    for t in range(n):
        labels[t, 10:18, 10 + t : 18 + t] = t + 5
    return labels


def test_arrays_segmentations_and_lists_of_them_give_the_same() -> None:
    labels = moving()
    whole = link(labels)
    each = [Segmentation(frame) for frame in labels]
    for other in (link(Segmentation(labels, "TYX")), link(list(labels)), link(each)):
        assert (other.labels == whole.labels).all()
    assert len(whole.table) == 1


def test_volumes_and_time_are_told_apart_by_their_axes() -> None:
    labels = moving()
    with pytest.raises(InputError, match="a time axis to link through"):
        link(Segmentation(labels, "ZYX"))
    assert link(labels[:, None].repeat(3, axis=1)).axes == "TZYX"


def test_pixel_size_and_unit_stay() -> None:
    about = Segmentation(moving(), "TYX", pixel_size=(0.5, 0.25), unit="micrometer", name="wing")
    found = link(about).segmentation
    assert (found.pixel_size, found.unit, found.name) == ((0.5, 0.25), "micrometer", "wing")


def test_one_frame_is_no_movie() -> None:
    with pytest.raises(InputError, match="two frames or more to link objects through time, got 1"):
        link(moving(1))
    with pytest.raises(InputError, match="got 0"):
        link([])


def test_a_frame_of_another_size_is_told() -> None:
    frames = [np.ones((4, 4), np.uint8), np.ones((4, 5), np.uint8)]
    with pytest.raises(InputError, match=r"expected a frame of \(4, 4\) as the first"):
        link(frames)


def test_labels_alone_have_no_candidates() -> None:
    with pytest.raises(InputError, match=r"Call track\(\) with a model"):
        link(moving(), "candidates")


def test_settings_are_taken_and_checked() -> None:
    assert link(moving(), gap=5).segmentation.provenance.config["linking"]["gap"] == 5
    with pytest.raises(InputError, match="gap"):
        link(moving(), gap=-1)
    with pytest.raises(InputError, match="time as the first of 3 or 4 axes"):
        link(np.ones((4, 4), np.uint8))
