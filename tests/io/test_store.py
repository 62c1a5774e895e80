"""Where maps of an image lie: a few pixels, in memory or in a temporary file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from napari_discembed.io import store
from napari_discembed.io.store import MemoryMaps

SHAPES = {"foreground": (1, 2, 3)}


def written() -> np.ndarray:
    """Return a map of six pixels, one row of which is written."""
    maps = MemoryMaps(SHAPES)
    maps.write("foreground", (slice(0, 1), slice(0, 3)), np.ones((1, 1, 3), np.float32))
    maps.write("foreground", (slice(1, 2), slice(0, 3)), np.zeros((1, 1, 3), np.float32))
    return maps.arrays["foreground"]


@pytest.mark.parametrize(("large", "mapped"), [(24, True), (25, False)])
def test_large_maps_lie_in_files_that_nobody_sees(
    large: int, mapped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LARGE", large)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = written()
    assert isinstance(found, np.memmap) == mapped
    assert found.tolist() == [[[1, 1, 1], [0, 0, 0]]]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("free", "mapped"), [(48, True), (47, False)])
def test_where_the_disk_is_small_they_lie_in_memory(
    free: int, mapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=free)
    monkeypatch.setattr(store, "LARGE", 24)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: usage)
    assert isinstance(written(), np.memmap) == mapped
