"""Arrays for a while: a few numbers, in memory or in a temporary file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from napari_discembed import scratch


def is_mapped(array: np.ndarray) -> bool:
    """Return whether an array lies in a file."""
    return isinstance(array.base, np.memmap)


@pytest.mark.parametrize(("large", "mapped"), [(24, True), (25, False)])
def test_large_arrays_lie_in_files_that_nobody_sees(
    large: int, mapped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "LARGE", large)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = scratch.zeros((2, 3), np.float32)
    found[0] = 1
    assert is_mapped(found) == mapped
    assert found.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("free", "mapped"), [(48, True), (47, False)])
def test_where_the_disk_is_small_they_lie_in_memory(
    free: int, mapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "LARGE", 24)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert is_mapped(scratch.zeros((3,), np.float64)) == mapped


def test_what_is_let_go_of_is_still_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "LARGE", 0)
    found = scratch.zeros((2, 3), np.float32)
    found[0] = 1
    scratch.let_go(found[:, 1:])
    assert found.tolist() == [[1, 1, 1], [0, 0, 0]]
    # A map of another's, which may be a copy on write, is left alone.
    np.save(tmp_path / "other.npy", np.zeros(3))
    other = np.load(tmp_path / "other.npy", mmap_mode="c")
    other[0] = 7
    scratch.let_go(other)
    assert other.tolist() == [7, 0, 0]
