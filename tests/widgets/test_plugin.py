"""What napari sees of the plugin: manifest, samples, readers, writers, restoring."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import yaml

import napari_discembed
from napari_discembed.config import clustering_config
from napari_discembed.errors import InputError
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.contributions import samples
from napari_discembed.widgets.contributions.preferences import preference, tile_config
from napari_discembed.widgets.contributions.readers import embedding_reader, pairs_reader
from napari_discembed.widgets.contributions.writers import (
    write_embedding_of,
    write_labels_and_table,
)
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import BACKGROUND, FRAMES
from napari_discembed.widgets.panels import restoring
from napari_discembed.widgets.sessions import save_annotation, session_of

from .conftest import embedding_of, squares

MANIFEST = Path(napari_discembed.__file__).with_name("napari.yaml")


def test_everything_in_the_manifest_exists() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    for command in manifest["contributions"]["commands"]:
        module, name = command["python_name"].split(":")
        assert callable(getattr(import_module(module), name))


def test_the_docks_open_from_the_plugin_menu(make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    for name in ("Segment", "Fine-tune", "Correct", "Count", "Feature space"):
        viewer.window.add_plugin_dock_widget("napari-discembed", name)


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
    import imageio.v3 as iio

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
    assert pairs_reader(str(tmp_path)) is None
    assert pairs_reader(str(tmp_path / "a.txt")) is None
    assert pairs_reader(["a", "b"]) is None
    assert embedding_reader(str(tmp_path)) is None


def test_an_embedding_is_written_and_read_as_views(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "a.dembed", embedding_of(squares(2)))
    reader = embedding_reader(str(folder))
    assert reader is not None
    layers = reader(str(folder))
    assert [about["name"] for _, about, _ in layers] == ["image | colours", "image | foreground"]
    [written] = write_embedding_of(str(tmp_path / "b.dembed"), layers[0][0], layers[0][1])
    assert (read_embedding(written).values == embedding_of(squares(2)).values).all()
    with pytest.raises(InputError, match="shows no embedding"):
        write_embedding_of(str(tmp_path / "c.dembed"), layers[0][0], {"name": "x"})


def test_labels_are_written_with_their_table(tmp_path: Path) -> None:
    about = {"scale": (0.5, 0.5), "units": ("um", "um"), "name": "cells"}
    paths = write_labels_and_table(str(tmp_path / "cells.tif"), squares(3), about)
    assert [Path(p).name for p in paths] == ["cells.tif", "cells.csv"]
    assert (tifffile.imread(paths[0]) == squares(3)).all()
    assert len(Path(paths[1]).read_text().splitlines()) == 4


def test_a_time_lapse_is_written_with_its_frames(tmp_path: Path) -> None:
    labels = np.stack([squares(3)] * 2)
    about = {"scale": (1, 0.5, 0.5), "metadata": {FRAMES: "T"}, "name": "film"}
    path, table = write_labels_and_table(str(tmp_path / "film.tif"), labels, about)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "TYX"
    rows = Path(table).read_text().splitlines()
    assert rows[0].startswith("frame,label,pixels,area")
    assert len(rows) == 7


def test_without_settings_the_defaults_hold() -> None:
    assert tile_config().size == 1024
    assert preference("nothing", "of_the_kind", 3) == 3


def test_what_was_painted_is_saved_and_offered_after_a_crash(
    make_napari_viewer_proxy: Any, monkeypatch: pytest.MonkeyPatch, told: list[str], tiny: str
) -> None:
    viewer = make_napari_viewer_proxy()
    place = {"scale": (0.5, 0.25), "translate": (3, 4), "units": ("um", "um"), "rotate": 20}
    viewer.add_labels(squares(2), name="painted", metadata={FRAMES: "", BACKGROUND: 9}, **place)
    viewer.add_labels(np.zeros((5, 5), int), name="empty")
    session = session_of(viewer)
    session.config, session.model = clustering_config(bandwidth=3.3), tiny
    save_annotation(session, viewer)
    assert len(list(session.autosave.root.glob("*/annotation.json"))) == 1
    monkeypatch.setattr(autosave, "is_alive", lambda _pid: False)
    other = make_napari_viewer_proxy()
    dock = SegmentDock(other)
    banner = restoring.RestoreBanner(dock)
    assert "painted" in banner.words.text()
    banner.restore()
    (layer,) = other.layers
    assert (layer.name, list(layer.scale), str(layer.units[0])) == (
        "painted", [0.5, 0.25], "micrometer",
    )  # fmt: skip
    assert (layer.metadata[FRAMES], layer.metadata[BACKGROUND]) == ("", 9)
    before = viewer.layers["painted"].data_to_world((3, 7))
    np.testing.assert_allclose(layer.data_to_world((3, 7)), before)
    assert dock.embed.model.model() == tiny
    recommended = clustering_config(bandwidth=1.0)
    dock.session.series = EmbeddingSeries([embedding_of(squares(2))], config=recommended)
    assert dock.session.config.bandwidth == 3.3
    assert banner.isHidden()
    banner.dock.tasks.stop()


def test_a_closed_dock_forgets_its_autosave(make_napari_viewer_proxy: Any, tiny: str) -> None:
    viewer = make_napari_viewer_proxy()
    dock = SegmentDock(viewer)
    viewer.window.add_dock_widget(dock)
    dock.session.autosave = Autosave()
    dock.session.autosave.save(Annotation({"painted": squares(2)}))
    folder = dock.session.autosave.folder
    viewer.window.remove_dock_widget(dock)
    assert not folder.exists()
