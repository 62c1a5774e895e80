"""A window of a pyramid of labels, corrected and written back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.label_window import CORRECTED, LabelWindow
from napari_discembed.io.ome_zarr.labels import write_labels_into
from napari_discembed.progress import run
from napari_discembed.types import IntArray

Write = Callable[..., Path]
BOX = (slice(10, 31), slice(12, 40))


@pytest.fixture
def labels() -> IntArray:
    """Return 48 objects of 8 x 8 pixels, without background between them."""
    y, x = np.indices((48, 64)) // 8
    return (y * 8 + x + 1).astype(np.uint8)


@pytest.fixture
def stored(write_ome_zarr: Write, labels: IntArray, tmp_path: Path) -> Path:
    store = write_ome_zarr(tmp_path / "a.zarr", labels * 0, chunks=16, levels=3)
    about = {"discembed": {"settings": "abc"}}
    run(write_labels_into(LabelTarget.of(store, "mine", level=0), labels, "YX", about))
    return store / "labels" / "mine"


def levels(path: Path) -> list[IntArray]:
    group = zarr.open_group(str(path), mode="r")
    return [np.asarray(group[str(i)]) for i in range(3)]


def test_all_levels_show_the_correction_and_nothing_else_changes(
    stored: Path, labels: IntArray
) -> None:
    window, before = LabelWindow(stored, BOX), levels(stored)
    read = window.read()
    np.testing.assert_array_equal(read, labels[BOX])
    run(window.write(read, np.where(read == labels[20, 20], 0, read)))
    wanted = labels.copy()
    wanted[BOX][labels[BOX] == labels[20, 20]] = 0
    fine, *coarser = levels(stored)
    np.testing.assert_array_equal(fine, wanted)
    for level, step, former in zip(coarser, (2, 4), before[1:], strict=True):
        shown = wanted[step // 2 :: step, step // 2 :: step]
        np.testing.assert_array_equal(level, shown)
        assert (level != former).any()


def test_new_objects_get_numbers_that_no_object_has(stored: Path, labels: IntArray) -> None:
    window = LabelWindow(stored, BOX)
    read = window.read()
    after = read.copy()
    after[:3], after[5:7] = 47, 48  # numbers that are taken, elsewhere
    written = run(window.write(read, after))
    assert sorted(set(np.unique(written)) - set(np.unique(read))) == [49, 50]
    np.testing.assert_array_equal(written[:3], 49)
    np.testing.assert_array_equal(written[5:7], 50)
    np.testing.assert_array_equal(levels(stored)[0][BOX], written)
    assert (levels(stored)[0] == 47).sum() == 64


def test_labels_that_were_changed_meanwhile_are_kept(stored: Path, labels: IntArray) -> None:
    window = LabelWindow(stored, BOX)
    read = window.read()
    zarr.open_group(str(stored), mode="r+")["0"][12, 14] = 3
    before = levels(stored)
    with pytest.raises(DiscembedError, match="was changed since this window"):
        run(window.write(read, np.zeros_like(read)))
    for level, former in zip(levels(stored), before, strict=True):
        np.testing.assert_array_equal(level, former)


def test_a_type_without_numbers_is_told_and_nothing_is_written(stored: Path) -> None:
    array = zarr.open_group(str(stored), mode="r+")["0"]
    array[0, 0] = 255
    window = LabelWindow(stored, BOX)
    read = window.read()
    with pytest.raises(InputError, match="no number left in labels of type uint8"):
        run(window.write(read, np.full_like(read, 200)))
    np.testing.assert_array_equal(window.read(), read)


def test_no_run_takes_corrected_labels_for_its_own(stored: Path) -> None:
    target = LabelTarget.of(stored.parents[1], "mine")
    assert target.written_with() == "abc"
    window = LabelWindow(stored, BOX)
    run(window.write(window.read(), window.read() * 0))
    assert target.written_with() == CORRECTED


def test_planes_of_a_stack_are_refused(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "b.zarr", np.zeros((3, 20, 20), np.uint8), "ZYX")
    with pytest.raises(InputError, match="expected labels of one plane"):
        LabelWindow(path, (slice(0, 5), slice(0, 5))).read()
