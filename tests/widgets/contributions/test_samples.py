"""Sample data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_discembed.widgets.contributions import samples

from ..conftest import squares


@pytest.mark.parametrize("sample", [samples.coins, samples.rosette, samples.cells, samples.sticks])
def test_samples_are_pictures_with_labels(sample: Any, make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    for data, about, kind in sample():
        getattr(viewer, f"add_{kind}")(data, **about)
    assert [x.ndim for x in viewer.layers] == [2, 2]


def test_offline_the_web_sample_says_so(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: Any, **_known: Any) -> str:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(samples.pooch, "retrieve", offline)
    assert samples.nuclei() == []
    assert "no connection" in told[0]


def test_online_the_web_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "nuclei.tif", squares(2).astype(np.uint8))
    monkeypatch.setattr(samples.pooch, "retrieve", lambda *_a, **_k: str(tmp_path / "nuclei.tif"))
    [(data, about, kind)] = samples.nuclei()
    assert (data.shape, about["name"], kind) == ((24, 48), "nuclei", "image")
