"""The Folder dock: from image to image, and again tomorrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari.layers
import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from napari_discembed.config import FinetuningConfig, clustering_config
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kept import Kept, LayerReading
from napari_discembed.session.project import Project
from napari_discembed.session.project_counts import count_table
from napari_discembed.session.project_files import Doubts, State
from napari_discembed.types import Axes, Image, Segmentation
from napari_discembed.types.kinds import named_kinds
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.folder import FolderDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers.kinds import change_kind, kind_of, say_kinds

from ..conftest import Wait, embedding_of, open_dock, photograph, squares

LONG = FinetuningConfig(seconds=600, batch_size=1, patch_size=16, checkpoint_every=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three pictures, of one, two and three squares, and a broken one."""
    folder = tmp_path / "Bäume am Weg"
    folder.mkdir()
    for i, name in enumerate(["a 1.tif", "b.tif", "c.tif"], start=1):
        tifffile.imwrite(folder / name, photograph(squares(3) * (squares(3) <= i)))
    (folder / "d.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def browser(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> FolderDock:
    """Return a Folder dock in a viewer."""
    dock: FolderDock = open_dock(FolderDock, make_napari_viewer_proxy)
    return dock


def shows(dock: FolderDock, name: str) -> bool:
    """Tell whether an image is shown."""
    return dock.work.shown is not None and dock.work.shown.name == name


def opened(dock: FolderDock, folder: Path, wait: Wait, name: str = "a 1.tif") -> Project:
    """Open a folder and wait for its image."""
    dock.open(folder)
    wait(lambda: shows(dock, name))
    assert dock.project is not None
    return dock.project


def names(dock: Any) -> list[str]:
    return [layer.name for layer in dock.viewer.layers]


def find(segment: SegmentDock, count: int, wait: Wait) -> None:
    """Show so many objects of the image that is chosen, as if it had just been embedded."""
    layer = segment.embed.image.layer()
    labels = squares(3) * (squares(3) <= count)
    series = EmbeddingSeries([embedding_of(labels)], config=clustering_config())
    reading = LayerReading(str(layer.unique_id), Axes("YX"))
    image = Image(np.asarray(layer.data), name=layer.name)
    model = str(segment.embed.model.model())
    segment.session.show(Kept(reading, image, model, 12.0, series))
    wait(lambda: segment.objects.is_idle and segment.objects.preview() is not None)


def segment_in(dock: FolderDock, model: str) -> SegmentDock:
    """Open a Segment dock beside."""
    segment = SegmentDock(dock.viewer)
    dock.viewer.window.add_dock_widget(segment, name="Segment")
    segment.embed.model.choose(model)
    return segment


def close(dock: FolderDock) -> None:
    """Close the docks, as at the end of napari."""
    dock.viewer.window.remove_dock_widget("all")


def test_a_folder_is_listed_and_its_first_image_shown(
    browser: FolderDock, folder: Path, wait: Wait
) -> None:
    assert browser.list.isHidden()
    assert "Choose a folder" in browser.words.text()
    opened(browser, folder, wait)
    assert names(browser) == ["a 1.tif"]
    assert [row[0] for row in browser.list.texts()] == [
        "○  a 1.tif", "○  b.tif", "○  c.tif", "○  d.png",
    ]  # fmt: skip
    assert browser.words.text() == (
        "Bäume am Weg: 4 images, 4 new. Kept in Bäume am Weg_discembed."
    )
    assert not browser.checked.isEnabled()


def test_next_and_back_show_one_image_at_a_time(
    browser: FolderDock, folder: Path, wait: Wait, qtbot: Any
) -> None:
    opened(browser, folder, wait)
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    assert names(browser) == ["b.tif"]
    browser.former.click()
    wait(lambda: shows(browser, "a 1.tif"))
    browser.former.click()
    assert shows(browser, "a 1.tif")
    browser.list.wanted.emit("c.tif")
    wait(lambda: shows(browser, "c.tif"))
    assert names(browser) == ["c.tif"]


def test_keys_go_to_the_next_image_and_back(browser: FolderDock, folder: Path, wait: Wait) -> None:
    from ..test_keys import canvas, press

    opened(browser, folder, wait)
    press(canvas(browser), "J")
    wait(lambda: shows(browser, "b.tif"))
    press(canvas(browser), "U")
    wait(lambda: shows(browser, "a 1.tif"))


def test_a_click_on_a_title_sorts_the_images_and_next_follows(
    browser: FolderDock, folder: Path, wait: Wait
) -> None:
    project = opened(browser, folder, wait)
    for name, unsure in (("a 1.tif", 0), ("b.tif", 2)):
        objects = Segmentation(squares(3) * (squares(3) <= 2), "YX")
        project.put(name, objects, doubts=Doubts(unsure, unsure / 2))
    project.save()
    header = browser.list.horizontalHeader()
    header.sectionClicked.emit(2)
    assert browser.order.currentText() == "Least sure first"
    assert [row[0][3:] for row in browser.list.texts()] == ["b.tif", "a 1.tif", "c.tif", "d.png"]
    browser.following.click()  # from the first by name, which is the second now
    wait(lambda: shows(browser, "c.tif"))
    assert list(count_table(project.entries())["image"])[:2] == ["a 1.tif", "b.tif"]
    objects = Segmentation(squares(3) * (squares(3) <= 2), "YX")
    project.put("c.tif", objects, doubts=Doubts(2, 2.0))
    project.save()
    browser.finding.done.emit("c.tif")  # one of many
    assert browser.list.texts()[0][0][3:] == "b.tif"
    browser.finding.done.emit("")  # the end
    assert browser.list.texts()[0][0][3:] == "c.tif"
    browser.order.textActivated.emit("By name")
    assert next(row[0][3:] for row in browser.list.texts()) == "a 1.tif"


def test_a_broken_image_is_told_and_stops_nothing(
    browser: FolderDock, folder: Path, wait: Wait, told: list[str]
) -> None:
    project = opened(browser, folder, wait)
    browser.work.go("d.png")
    wait(lambda: project.entry("d.png").state is State.failed)
    assert browser.troubles.text().startswith("d.png: not an image")
    assert browser.troubles.text().count("d.png: ") == 1
    assert browser.list.texts()[3][0] == "✕  d.png"
    assert names(browser) == []
    assert told == []
    browser.former.click()
    wait(lambda: shows(browser, "c.tif"))
    assert "d.png" in browser.troubles.text()


def test_what_is_committed_is_there_again_tomorrow(
    browser: FolderDock,
    folder: Path,
    wait: Wait,
    tiny: str,
    make_napari_viewer_proxy: Any,
    told: list[str],
) -> None:
    project = opened(browser, folder, wait)
    segment = segment_in(browser, tiny)
    find(segment, 1, wait)
    segment.objects.set_bandwidth(1.7)
    wait(lambda: segment.objects.is_idle)
    segment.commit()
    wait(lambda: project.entry("a 1.tif").unsure is not None)
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    assert names(browser) == ["b.tif"]
    assert browser.list.texts()[0] == ["◐  a 1.tif", "1", "0"]
    close(browser)

    other: FolderDock = open_dock(FolderDock, make_napari_viewer_proxy)
    assert other.again.text() == "Go on with Bäume am Weg"
    other.again.click()
    wait(lambda: shows(other, "b.tif"))
    assert other.session.model == tiny
    assert other.session.diameter == 12.0
    assert other.session.config.bandwidth == 1.7
    again = segment_in(other, tiny)
    assert again.embed.model.model() == tiny
    assert again.embed.diameter.value() == 12.0
    other.former.click()
    wait(lambda: shows(other, "a 1.tif"))
    assert names(other) == ["a 1.tif", "a 1.tif labels"]
    assert other.viewer.layers["a 1.tif labels"].data.max() == 1
    assert other.checked.isEnabled()
    assert not other.checked.isChecked()


def test_settings_reach_a_segment_dock_that_is_open(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str
) -> None:
    project = Project(folder)
    project.settings = project.settings.model_copy(update={"model": tiny, "diameter": 31.0})
    project.close()
    segment = segment_in(browser, "nuclei")
    opened(browser, folder, wait)
    assert segment.embed.model.model() == tiny
    assert segment.embed.diameter.value() == 31.0
    assert segment.embed.image.layer() is browser.viewer.layers["a 1.tif"]


def test_objects_that_were_found_and_not_committed_are_kept_too(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str, told: list[str]
) -> None:
    project = opened(browser, folder, wait)
    segment = segment_in(browser, tiny)
    find(segment, 2, wait)
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    wait(lambda: project.entry("a 1.tif").count == 2)
    assert names(browser) == ["b.tif"]
    assert segment.objects.preview() is None
    assert told == []
    browser.former.click()
    wait(lambda: "a 1.tif labels" in names(browser))


def test_corrections_are_kept_and_checked_stays(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str
) -> None:
    project = opened(browser, folder, wait)
    segment = segment_in(browser, tiny)
    find(segment, 3, wait)
    segment.commit()
    browser.refresh()
    browser.checked.click()
    assert project.entry("a 1.tif").state is State.checked
    layer = browser.viewer.layers["a 1.tif labels"]
    layer.data = np.where(layer.data == 2, 0, layer.data)
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    wait(lambda: project.entry("a 1.tif").count == 2)
    assert browser.list.texts()[0][0] == "●  a 1.tif"
    browser.former.click()
    wait(lambda: "a 1.tif labels" in names(browser))
    assert sorted(np.unique(browser.viewer.layers["a 1.tif labels"].data)) == [0, 1, 3]
    assert browser.checked.isChecked()


def test_what_is_checked_in_another_dock_is_checked_here_too(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str
) -> None:
    project = opened(browser, folder, wait)
    segment = segment_in(browser, tiny)
    find(segment, 3, wait)
    segment.commit()
    correcting, key = browser.session.correcting, str(segment.target.layer().unique_id)
    correcting.check(key, True)
    assert project.entry("a 1.tif").state is State.checked
    assert browser.checked.isChecked()
    browser.checked.click()
    assert project.entry("a 1.tif").state is State.found
    one = correcting.of(key)
    assert one is not None
    assert not one.checked
    browser.checked.click()
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    browser.former.click()
    wait(lambda: "a 1.tif labels" in names(browser))
    assert browser.checked.isChecked()
    one = correcting.of(str(browser.viewer.layers["a 1.tif labels"].unique_id))
    assert one is not None
    assert one.checked


def test_closing_napari_in_the_middle_loses_nothing(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str
) -> None:
    opened(browser, folder, wait)
    segment = segment_in(browser, tiny)
    find(segment, 3, wait)
    segment.commit()
    layer = browser.viewer.layers["a 1.tif labels"]
    layer.data = np.where(layer.data == 2, 0, layer.data)
    browser.viewer.layers.clear()  # as napari does when it is closed
    close(browser)
    project = Project(folder)
    found = project.objects("a 1.tif")
    assert found is not None
    assert found.count == 2
    project.close()


def test_objects_not_committed_survive_the_closing_of_the_dock(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str
) -> None:
    opened(browser, folder, wait)
    find(segment_in(browser, tiny), 2, wait)
    browser.viewer.window.remove_dock_widget(browser)
    project = Project(folder)
    assert project.entry("a 1.tif").count == 2
    project.close()


def test_paint_to_learn_from_comes_back_with_its_image(
    browser: FolderDock, folder: Path, wait: Wait
) -> None:
    opened(browser, folder, wait)
    paint = browser.viewer.add_labels(
        np.zeros((24, 72), np.uint8), name="paint", metadata={"discembed painted": True}
    )
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    assert names(browser) == ["b.tif"]
    browser.former.click()
    wait(lambda: shows(browser, "a 1.tif"))
    assert paint in browser.viewer.layers


def test_find_in_all_goes_through_the_new_ones_and_keeps_the_others(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str, told: list[str]
) -> None:
    project = opened(browser, folder, wait)
    browser.finding.button.click()
    assert "one image first" in told[0]
    project.put("b.tif", Segmentation(squares(3).astype(np.uint16)))
    project.check("b.tif", on=True)
    project.settings = project.settings.model_copy(update={"model": tiny, "diameter": 16.0})
    browser.finding.button.click()
    assert browser.finding.button.isHidden()
    wait(lambda: browser.finding.worker is None)
    states = [str(project.entry(name).state) for name in project.names]
    assert states == ["found", "checked", "found", "failed"]
    assert project.entry("b.tif").count == 3
    assert "2 images done. 1 failed" in told[1]
    wait(lambda: "a 1.tif labels" in names(browser))
    assert not browser.finding.button.isHidden()
    assert browser.session.situation.committed


def test_find_in_all_can_be_stopped(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str, told: list[str]
) -> None:
    project = opened(browser, folder, wait)
    project.settings = project.settings.model_copy(update={"model": tiny, "diameter": 16.0})
    browser.finding.button.click()
    browser.finding.stop_button.click()
    wait(lambda: browser.finding.worker is None)
    assert project.in_state(State.new)
    assert not told


def test_the_table_has_the_counts_of_all_images(
    browser: FolderDock, folder: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_discembed.widgets.docks import folder as module

    project = opened(browser, folder, wait)
    project.put("b.tif", Segmentation(squares(3).astype(np.uint16)))
    project.save()
    browser.counts.expand(animate=False)
    browser.refresh()
    assert list(browser.table.columns()["count"]) == [None, 3, None, None]
    exported: list[Any] = []
    monkeypatch.setattr(module, "export_table", lambda *args: exported.append(args[1:]))
    browser.export.click()
    columns, partial = exported[0]
    assert list(columns["image"]) == project.names
    assert partial == "3 images are new, and not counted"


def test_a_folder_without_images_says_so(browser: FolderDock, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    browser.open(tmp_path / "empty")
    assert "no images here" in browser.words.text()
    assert browser.list.isHidden()
    assert not browser.following.isEnabled()
    browser.work.step(1)
    assert not (tmp_path / "empty_discembed").exists()


def test_a_folder_that_may_not_be_written_says_so_and_can_be_gone_through(
    browser: FolderDock, folder: Path, wait: Wait, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        project = opened(browser, folder, wait)
    assert "Nothing can be saved here (Permission denied)" in browser.troubles.text()
    segment = segment_in(browser, tiny)
    find(segment, 2, wait)
    segment.commit()
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    wait(lambda: project.entry("a 1.tif").count == 2)
    browser.former.click()
    wait(lambda: "a 1.tif labels" in names(browser))


def test_a_folder_is_dropped_on_the_dock(browser: FolderDock, folder: Path, wait: Wait) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    assert browser.event(event)
    wait(lambda: shows(browser, "a 1.tif"))


def test_another_folder_takes_the_place_of_the_first(
    browser: FolderDock, folder: Path, tmp_path: Path, wait: Wait
) -> None:
    first = opened(browser, folder, wait)
    first.put("b.tif", Segmentation(squares(3).astype(np.uint16)))
    other = tmp_path / "other"
    other.mkdir()
    tifffile.imwrite(other / "x.tif", photograph(squares(1)))
    opened(browser, other, wait, "x.tif")
    assert names(browser) == ["x.tif"]
    again = opened(browser, folder, wait)
    assert again.why_unsaved == ""
    assert again.entry("b.tif").count == 3


def test_a_movie_keeps_its_frames(browser: FolderDock, tmp_path: Path, wait: Wait) -> None:
    folder = tmp_path / "movies"
    folder.mkdir()
    movie = np.stack([photograph(squares(3))] * 2)
    tifffile.imwrite(folder / "m.tif", movie, imagej=True, metadata={"axes": "TYX"})
    project = Project(folder)
    labels = np.stack([squares(3), squares(3) * (squares(3) == 1)]).astype(np.uint16)
    project.put("m.tif", Segmentation(labels, Axes("TYX")))
    project.close()
    again = opened(browser, folder, wait, "m.tif")
    layer = browser.viewer.layers["m.tif labels"]
    assert isinstance(layer, napari.layers.Labels)
    layer.data = np.where(layer.data == 2, 0, layer.data)
    browser.work.keep()
    wait(lambda: [row["count"] for row in again.entry("m.tif").rows] == [2, 1])


def test_to_go_on_while_a_model_learns_disturbs_nothing(
    tuner: FineTuneDock, folder: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    browser = FolderDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(browser, name="Folder")
    browser.open(folder)
    wait(lambda: shows(browser, "a 1.tif"))
    labels = squares(1, 24).astype(np.uint8)
    labels = np.concatenate([labels, np.zeros((24, 48), np.uint8)], axis=1)
    labels[-2:] = 255
    about = {"discembed painted": True, "background_label": 255}
    tuner.viewer.add_labels(labels, name="painted", metadata=about)
    tuner.finetune()
    wait(lambda: len(tuner.plots.losses._values) > 2)
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    steps = len(tuner.plots.losses._values)
    wait(lambda: len(tuner.plots.losses._values) > steps + 2)
    tuner.stop.click()
    wait(lambda: tuner.model_file is not None and not tuner.trainer.is_busy)
    assert names(browser) == ["b.tif"]


def test_kinds_of_objects_are_kept_with_the_images(
    browser: FolderDock, folder: Path, wait: Wait
) -> None:
    opened(browser, folder, wait)
    browser.session.kinds.take_up(named_kinds(["leaf", "seed"]))
    layer = browser.viewer.add_labels(squares(3).astype(np.uint16), name="mine")
    say_kinds(layer, [1, 3], "leaf")
    say_kinds(layer, [2], "seed")
    browser.following.click()
    wait(lambda: shows(browser, "b.tif"))
    browser.session.kinds.rename("seed", "grain")
    browser.former.click()
    wait(lambda: shows(browser, "a 1.tif") and len(names(browser)) == 2)
    shown = browser.viewer.layers[-1]
    said = [kind_of(shown, n, browser.session.kinds).name for n in (1, 2, 3)]
    assert said == ["leaf", "grain", "leaf"]
    change_kind(shown, 3, "grain")
    close(browser)
    kept = Project(folder)
    found = kept.objects("a 1.tif")
    assert found is not None
    assert found.classes is not None
    assert sorted(found.classes[np.unique(found.labels)[1:] - 1].tolist()) == [1, 2, 2]
    assert [kind.name for kind in found.kinds] == ["leaf", "grain"]
    kept.close()
