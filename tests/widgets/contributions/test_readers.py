"""Readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from napari.plugins._npe2 import get_readers
from npe2 import PluginManager

from napari_discembed.widgets.contributions.readers import embedding_reader, pairs_reader
from napari_discembed.widgets.sessions import unwrapped

from ..conftest import squares

PLUGIN = "napari-discembed"


def test_a_folder_of_pairs_opens_as_layers(tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        tifffile.imwrite(tmp_path / kind / "a.tif", squares(2).astype(np.uint8))
    reader = pairs_reader(str(tmp_path))
    assert reader is not None
    image, labels = reader(str(tmp_path))
    assert (image[2], labels[2]) == ("image", "labels")
    assert (labels[0] == squares(2)).all()


def test_the_cvppp_layout_opens_too(tmp_path: Path) -> None:
    folder = tmp_path / "A1"
    folder.mkdir()
    iio.imwrite(folder / "plant001_rgb.png", np.zeros((24, 48, 3), np.uint8))
    iio.imwrite(folder / "plant001_label.png", squares(2).astype(np.uint8))
    reader = pairs_reader(str(tmp_path))
    assert reader is not None
    image, labels = reader(str(tmp_path))
    assert image[1]["rgb"]
    assert labels[0].max() == 2


def test_other_folders_and_files_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.zarr").mkdir()
    tifffile.imwrite(tmp_path / "b.zarr" / "a.tif", np.zeros((4, 4), np.uint8))
    assert pairs_reader(str(tmp_path)) is None
    assert pairs_reader(str(tmp_path / "a.txt")) is None
    assert pairs_reader(str(tmp_path / "b.zarr")) is None
    assert pairs_reader(["a", "b"]) is None
    assert embedding_reader(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.npy", "a.csv", "a"])
def test_napari_does_not_offer_this_plugin_for_a_file(name: str) -> None:
    PluginManager.instance().discover()
    assert PLUGIN not in get_readers(name)
    assert PLUGIN in get_readers("a.dembed")


def test_a_picture_opens_without_a_question(
    make_napari_viewer_proxy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As File > Open and dropping a file do."""
    asked: list[object] = []
    monkeypatch.setattr("napari._qt.qt_viewer.handle_gui_reading", lambda *a, **_: asked.append(a))
    iio.imwrite(tmp_path / "a.png", np.zeros((24, 48), np.uint8))
    viewer = make_napari_viewer_proxy()
    unwrapped(viewer).window._qt_viewer._qt_open([str(tmp_path / "a.png")], stack=False)
    assert [layer.name for layer in viewer.layers] == ["a"]
    assert not asked


def test_a_folder_of_images_without_labels_opens_as_napari_opens_it(
    make_napari_viewer_proxy: Any, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        iio.imwrite(tmp_path / f"{name}.png", np.zeros((24, 48), np.uint8))
    (tmp_path / "notes.txt").write_text("not an image")
    viewer = make_napari_viewer_proxy()
    (layer,) = viewer.open(str(tmp_path), plugin=PLUGIN)
    assert layer.data.shape == (2, 24, 48)


def test_a_folder_of_pairs_opens_in_a_viewer(make_napari_viewer_proxy: Any, tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.png", np.zeros((24, 48), np.uint8))
    iio.imwrite(tmp_path / "a_labels.png", squares(2).astype(np.uint8))
    viewer = make_napari_viewer_proxy()
    layers = viewer.open(str(tmp_path), plugin=PLUGIN)
    assert [layer.name for layer in layers] == ["a", "a labels"]
