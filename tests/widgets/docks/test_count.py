"""The Count dock: objects, frames, layers, folders."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_discembed import pipeline
from napari_discembed.config import (
    TilingConfig,
)
from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes, Image, Provenance, Segmentation
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.layers import (
    BACKGROUND,
    COMPLETE,
    FRAMES,
    OBJECTS_OF,
    PAINTED,
    find_result,
    show_result,
)
from napari_discembed.widgets.panels import exporting, folder_count, reporting
from napari_discembed.widgets.panels.going import OUTLINE
from napari_discembed.widgets.panels.groups import GROUPS

from ..conftest import Wait, camera_of, embedding_of, open_dock, squares


@pytest.fixture
def counter(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> CountDock:
    return open_dock(CountDock, make_napari_viewer_proxy)


def test_objects_are_counted_measured_and_found_again(counter: CountDock, wait: Wait) -> None:
    layer = counter.viewer.add_labels(squares(3), scale=(0.5, 0.5), units=("um", "um"))
    counter.count()
    wait(lambda: counter.measured is not None)
    assert counter.summary.text().startswith("3 objects\nTotal area 108 ")
    assert list(layer.features["area"]) == [36, 36, 36]
    counter.finder.find([2])
    assert layer.selected_label == 3
    assert camera_of(counter).center[-2:] == pytest.approx((5.75, 29.75), abs=0.6)
    layer.selected_label = 2
    assert counter.table.selectionModel().selectedRows()[0].row() == 1


def test_objects_come_with_the_image_that_they_were_found_in(counter: CountDock) -> None:
    viewer = counter.viewer
    image = viewer.add_image(np.zeros((24, 72)), name="leaves")
    viewer.add_image(np.zeros((24, 72)), name="another")
    assert counter.image.layer() is None
    objects = viewer.add_labels(squares(3), metadata={OBJECTS_OF: str(image.unique_id)})
    counter.labels.choose(objects)
    assert counter.image.layer() is image


def test_a_time_lapse_is_counted_frame_by_frame(counter: CountDock, wait: Wait) -> None:
    frames = np.stack([squares(3), squares(3) * (squares(3) < 3)])
    counter.session.series = EmbeddingSeries([embedding_of(f) for f in frames], Axes("T"), (2,))
    layer = counter.viewer.add_labels(frames)
    counter.count()
    wait(lambda: counter.measured is not None)
    assert counter.measured is not None
    assert list(counter.measured.columns["frame"]) == [0, 0, 0, 1, 1]
    assert "5 objects in 2 frames, 2.5 each" in counter.summary.text()
    counter.finder.find([3])
    assert counter.viewer.dims.current_step[0] == 1
    assert layer.selected_label == 1
    counter.count_layers()
    assert list(counter.table.columns()["count"]) == [3, 2]


def test_every_layer_is_a_row_and_the_table_is_exported(
    counter: CountDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.viewer.add_labels(squares(3), name="a")
    counter.viewer.add_labels(squares(2), name="b")
    counter.count_layers()
    assert counter.summary.text() == "5 objects in 2 images."
    target = str(tmp_path / "counts")
    monkeypatch.setattr(exporting.QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    counter.export()
    with Path(f"{target}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(r["image"], r["count"], r["mean_size"]) for r in rows] == [
        ("a", "3", "144.0"), ("b", "2", "144.0"),
    ]  # fmt: skip


def test_a_folder_is_a_row_an_image_and_a_bad_file_has_its_reason(
    counter: CountDock, wait: Wait, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("one", "two"):
        tifffile.imwrite(folder / f"{name}.tif", squares(2).astype(np.uint8))
    (folder / "bad.tif").write_bytes(b"no picture")
    counter.session.model, counter.session.reading = tiny, LayerReading("", Axes("YX"))
    monkeypatch.setattr(folder_count, "tile_config", lambda: TilingConfig(device="cpu", size=32))
    tiles: list[TilingConfig | None] = []
    segment = pipeline.segment

    def spied(*args: Any, tile: TilingConfig | None = None, **more: Any) -> Any:
        tiles.append(tile)
        return segment(*args, tile=tile, **more)

    monkeypatch.setattr(pipeline, "segment", spied)
    counter.count_folder(str(folder))
    wait(lambda: counter.folder.worker is None)
    assert {tile.size for tile in tiles if tile} == {32}
    columns = counter.table.columns()
    assert list(columns["image"]) == ["bad.tif", "one.tif", "two.tif"]
    assert [bool(e) for e in columns["error"]] == [True, False, False]
    assert columns["count"][0] is None
    assert counter.measures.plot.values.tolist()[1:] == columns["count"].tolist()[1:]
    assert np.isnan(counter.measures.plot.values[0])
    assert counter.table.below.columns()["count"][0] == sum(columns["count"].tolist()[1:])
    shown = [n for i, n in enumerate(columns) if not counter.table.isColumnHidden(i)]
    assert shown[:3] == ["image", "count", "error"]
    assert "Not counted: 1.\nbad.tif: " in counter.summary.text()


def test_what_is_frames_and_what_a_volume_is_said_or_chosen(
    counter: CountDock, wait: Wait, told: list[str]
) -> None:
    labels = np.stack([squares(3)] * 4)
    counter.viewer.add_labels(labels, name="volume", metadata={FRAMES: ""})
    counter.session.series = EmbeddingSeries([embedding_of(squares(3))] * 4, Axes("Z"), (4,))
    assert counter.frames.currentData() == 0
    counter.count()
    wait(lambda: counter._worker is None)
    assert "Total volume 1728" in counter.summary.text()
    counter.frames.setCurrentIndex(1)
    counter.count()
    wait(lambda: counter._worker is None)
    assert "12 objects in 4 frames" in counter.summary.text()
    counter.session.series = None
    counter.viewer.add_labels(labels, name="film", axis_labels=("t", "y", "x"))
    counter.labels.choose(counter.viewer.layers["film"])
    assert counter.frames.currentData() == 1


def test_previews_scribbles_and_odd_numbers_are_no_objects(counter: CountDock, wait: Wait) -> None:
    labels = squares(3).astype(np.int64)
    labels[0], labels[1], labels[labels == 3] = 255, -1, 2**40
    image = counter.viewer.add_image(np.zeros(labels.shape), name="cells")
    layer = counter.viewer.add_labels(
        labels, name="mine", metadata={BACKGROUND: 255, COMPLETE: True}
    )
    show_result(counter.viewer, image, "objects", squares(3), type(layer))
    counter.count_layers()
    assert counter.table.columns()["count"].tolist() == [3]
    layer.features = pd.DataFrame({"index": [1, 2], "kind": ["a", "b"]})
    counter.labels.choose(layer)
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.table.columns()["label"].tolist() == [1, 2, 2**40]
    assert layer.features["kind"].tolist()[:2] == ["a", "b"]
    assert layer.features["pixels"].tolist() == [144, 144, 144]


def test_of_several_resolutions_the_finest_is_counted(counter: CountDock, wait: Wait) -> None:
    fine = squares(3, 48)
    counter.viewer.add_image([fine * 1.0, fine[::2, ::2] * 1.0], multiscale=True, name="cells")
    counter.viewer.add_labels([fine, fine[::2, ::2]], multiscale=True, name="mine")
    counter.image.choose(counter.viewer.layers["cells"])
    counter.count()
    wait(lambda: counter._worker is None)
    columns = counter.table.columns()
    assert columns["pixels"].tolist() == [36 * 36] * 3
    assert columns["intensity_mean_0"].tolist() == [1, 2, 3]


def test_a_row_of_another_frame_stays_chosen(counter: CountDock, wait: Wait) -> None:
    counter.viewer.add_labels(np.stack([squares(3)] * 3), name="film", metadata={FRAMES: "T"})
    counter.viewer.dims.set_current_step(0, 0)
    counter.count()
    wait(lambda: counter._worker is None)
    counter.table.choose(7)
    counter.finder.find([7])
    assert counter.viewer.dims.current_step[0] == 2
    assert counter.table.selectionModel().selectedRows()[0].row() == 7


def test_a_folder_is_read_as_the_image_was_and_can_be_stopped(
    counter: CountDock, wait: Wait, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for i in range(3):
        film = np.stack([np.zeros((4, 24, 72)), np.stack([squares(3)] * 4)]).astype(np.uint8)
        tifffile.imwrite(folder / f"{i}.tif", film, photometric="minisblack")
    session = counter.session
    session.model, session.diameter = tiny, 11.0
    session.reading = LayerReading("", Axes("CTYX"), 1)
    seen: list[tuple[str, float, float]] = []
    go_on = threading.Event()

    def segment(image: Image, *_args: Any, diameter: float, **_more: Any) -> Any:
        seen.append((image.axes, diameter, float(image.data.max())))
        yield Progress(0.0)
        if len(seen) == 2:
            go_on.wait(20)
        return Segmentation(
            np.asarray(image.data).astype(np.uint16),
            image.axes,
            provenance=Provenance(config={"diameter": diameter}),
        )

    monkeypatch.setattr(pipeline, "segment", segment)
    counter.count_folder(str(folder))
    wait(lambda: len(seen) == 2)
    assert not counter.folder.isHidden()
    wait(lambda: counter.folder.bar.format() == "1 of 3 images")
    assert counter.folder.bar.value() == 33
    counter.folder.stop.click()
    go_on.set()
    wait(lambda: counter.folder.worker is None)
    assert seen == [("TYX", 11.0, 3.0)] * 2
    columns = counter.table.columns()
    assert columns["image"].tolist()[:4] == [f"0.tif[{t}]" for t in range(4)]
    assert set(columns["count"].tolist()) == {3}
    assert counter.folder.isHidden()


def test_a_folder_whose_dock_is_closed_says_how_far_it_came(
    counter: CountDock,
    wait: Wait,
    tmp_path: Path,
    tiny: str,
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
) -> None:
    tifffile.imwrite(tmp_path / "one.tif", squares(2).astype(np.uint8))
    counter.session.model, counter.session.reading = tiny, LayerReading("", Axes("YX"))
    end = threading.Event()

    def segment(*_args: Any, **_more: Any) -> Any:
        yield Progress(0.5)
        end.wait(20)
        yield Progress(0.5)

    monkeypatch.setattr(pipeline, "segment", segment)
    counter.count_folder(str(tmp_path))
    wait(lambda: counter.folder.bar.value() == 50)
    end.set()
    counter.viewer.window.remove_dock_widget(counter)
    assert "0 of 1 image done" in told[-1]


def test_nothing_to_count_is_told(counter: CountDock, told: list[str]) -> None:
    for action in (counter.count, counter.count_layers, counter.count_folder, counter.export):
        action()
    assert len(told) == 4


def plants() -> np.ndarray:
    """Return two plants of two leaves that touch, and one of a single leaf."""
    labels = np.zeros((40, 60), np.uint8)
    labels[4:12, 4:10], labels[4:12, 10:16], labels[4:12, 44:50] = 1, 2, 3
    labels[26:34, 44:50], labels[26:34, 50:56] = 4, 5
    return labels


def choose_groups(counter: CountDock, way: str) -> None:
    counter.grouping.by.setCurrentIndex(counter.grouping.by.findData(way))


def boxes_of(counter: CountDock, layer: Any) -> Any:
    return find_result(counter.viewer, layer, GROUPS)


def test_each_plant_of_a_tray_is_counted_boxed_and_found_again(
    counter: CountDock, wait: Wait
) -> None:
    layer = counter.viewer.add_labels(plants(), scale=(0.5, 0.5))
    choose_groups(counter, "touching")
    counter.count()
    wait(lambda: counter._worker is None)
    assert "3 groups, 1.7 \u00b1 0.6 objects each" in counter.summary.text()
    assert counter.table.columns()["count"].tolist() == [2, 1, 2]
    assert layer.features["group"].tolist() == [1, 1, 2, 3, 3]
    boxes = boxes_of(counter, layer)
    assert boxes.text.values.tolist() == ["1: 2", "2: 1", "3: 2"]
    assert np.ptp(boxes.data[0], axis=0).tolist() == [8, 12]
    assert boxes.scale.tolist() == [0.5, 0.5]
    counter.finder.find([2])
    assert camera_of(counter).center[-2:] == pytest.approx((14.75, 24.75), abs=0.6)
    counter.shown.setCurrentIndex(1)
    assert counter.table.columns()["group"].tolist() == [1, 1, 2, 3, 3]
    counter.finder.find([4])
    assert layer.selected_label == 5


def test_a_grid_shows_its_cells_and_no_groups_take_the_boxes_away(
    counter: CountDock, wait: Wait
) -> None:
    layer = counter.viewer.add_labels(plants())
    choose_groups(counter, "touching")
    counter.count()
    wait(lambda: counter._worker is None)
    choose_groups(counter, "grid")
    counter.grouping.rows.setValue(2)
    counter.grouping.columns.setValue(2)
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.table.columns()["name"].tolist() == ["A1", "A2", "B1", "B2"]
    boxes = boxes_of(counter, layer)
    assert boxes.text.values.tolist() == ["A1: 2", "A2: 1", "B1: 0", "B2: 2"]
    assert [np.ptp(box, axis=0).tolist() for box in boxes.data] == [[20, 30]] * 4
    choose_groups(counter, "")
    counter.count()
    wait(lambda: counter._worker is None)
    assert boxes_of(counter, layer) is None
    assert counter.shown.isHidden()
    assert "group" not in counter.table.columns()


@pytest.mark.parametrize("frames", ["T", ""])
def test_groups_of_a_film_lie_in_their_frames_and_of_a_volume_in_all(
    frames: str, counter: CountDock, wait: Wait
) -> None:
    stack = np.stack([plants(), plants() * (plants() < 4)])
    layer = counter.viewer.add_labels(stack, name="stack", metadata={FRAMES: frames})
    choose_groups(counter, "touching")
    counter.count()
    wait(lambda: counter._worker is None)
    boxes = boxes_of(counter, layer)
    assert counter.table.columns()["count"].tolist() == ([2, 1, 2, 2, 1] if frames else [2, 1, 2])
    assert boxes.ndim == (3 if frames else 2)
    counter.finder.find([2])


def test_a_layer_without_objects_has_no_groups(counter: CountDock, wait: Wait) -> None:
    layer = counter.viewer.add_labels(np.zeros((20, 30), np.uint8))
    choose_groups(counter, "touching")
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.summary.text() == "0 objects"
    assert boxes_of(counter, layer) is None


def test_paint_to_learn_from_is_no_layer_of_objects(
    counter: CountDock, wait: Wait, told: list[str]
) -> None:
    painted = counter.viewer.add_labels(squares(2), name="paint", metadata={PAINTED: True})
    scribbled = counter.viewer.add_labels(squares(2), name="more", metadata={BACKGROUND: 255})
    assert counter.labels.count() == 0
    counter.count()
    counter.count_layers()
    assert len(told) == 2
    assert "no objects" in told[0]
    scribbled.metadata[COMPLETE] = True  # every object is painted
    painted.metadata[PAINTED] = False  # objects were committed there
    counter.count_layers()
    assert counter.table.columns()["image"].tolist() == ["paint", "more"]
    counter.labels.refresh()
    assert counter.labels.count() == 2


def test_planes_that_were_numbered_one_by_one_are_told(counter: CountDock, wait: Wait) -> None:
    planes = np.stack([squares(4), squares(4)[:, ::-1], squares(4)])
    layer = counter.viewer.add_labels(planes, name="stack")
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.summary.text().startswith("Careful: the planes")
    counter.frames.setCurrentIndex(1)
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.summary.text().startswith("12 objects in 3 frames")
    counter.count_layers()
    assert counter.table.columns()["count"].tolist() == [4, 4, 4]
    layer.data = np.stack([squares(4)] * 3)
    counter.frames.setCurrentIndex(0)
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.summary.text().startswith("4 objects\n")


def test_a_bar_marks_its_objects_and_they_are_outlined(counter: CountDock, wait: Wait) -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[2:6, 2:6], labels[2:6, 20:24], labels[10:30, 10:30] = 1, 2, 3
    layer = counter.viewer.add_labels(labels)
    counter.count()
    wait(lambda: counter._worker is None)
    plot = counter.measures.plot
    plot.rowsChosen.emit(plot.rows_at(17.0, 1.0))
    assert counter.table.chosen() == [0, 1]
    outline = find_result(counter.viewer, layer, OUTLINE)
    assert [box.min(axis=0).tolist() for box in outline.data] == [[0.5, 0.5], [0.5, 18.5]]
    assert [np.ptp(box, axis=0).tolist() for box in outline.data] == [[6, 6]] * 2
    plot.rowsChosen.emit(plot.rows_at(200.0, 1.0))
    assert counter.table.chosen() == []
    assert len(outline.data) == 0
    measures = counter.measures
    measures.up.setCurrentIndex(measures.up.findData("width"))
    measures.across.setCurrentIndex(measures.across.findData("length"))
    assert plot.rows_at(20.0, 20.0) == [2]
    plot.rowsChosen.emit([2])
    assert layer.selected_label == 3


def test_what_matters_comes_first_and_sums_stand_below(counter: CountDock, wait: Wait) -> None:
    picture = np.zeros((24, 48, 3), np.uint8)
    picture[..., 1] = 90
    counter.viewer.add_labels(squares(2), scale=(0.5, 0.5), units=("mm", "mm"))
    counter.viewer.add_image(picture, rgb=True, scale=(0.5, 0.5), units=("mm", "mm"))
    counter.image.choose(counter.viewer.layers[-1])
    counter.count()
    wait(lambda: counter._worker is None)
    table = counter.table

    def shown() -> list[str]:
        n = len(table.columns())
        header = [table.model().headerData(i, Qt.Orientation.Horizontal) for i in range(n)]
        return [words for i, words in enumerate(header) if not table.isColumnHidden(i)]

    first = ["object", "area (mm\u00b2)", "length (mm)", "width (mm)", "colour (\u00b0)"]
    assert shown() == first
    below = table.below.columns()
    assert [below[n].tolist() for n in ("label", "area", "length")] == [
        ["total", "mean"], [72, 36], [None, 6],
    ]  # fmt: skip
    assert below["hue"].tolist() == [None, pytest.approx(120)]
    counter.measures.more.setChecked(True)
    assert {"pixels", "perimeter (mm)", "mean intensity 2"} <= set(shown())


def test_a_plot_is_saved_as_a_picture_and_a_part_of_a_table_said(
    counter: CountDock, wait: Wait, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.folder.rowsFound.emit([{"image": f"{i}.png", "count": i} for i in range(3)])
    target = tmp_path / "plot"
    monkeypatch.setattr(exporting.QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    counter.export_plot()
    assert target.with_suffix(".png").stat().st_size > 1000
    counter.folder.partial = "the count is still running"
    counter.export()
    assert "done so far: the count is still running" in told[-1]


def test_a_report_is_written_of_layers_and_of_a_folder(
    counter: CountDock, wait: Wait, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "page.html"
    monkeypatch.setattr(reporting.QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    counter.export_report()
    assert "nothing to report" in told[-1]
    image = counter.viewer.add_image(squares(3) * 50.0, name="cells")
    layer = counter.viewer.add_labels(squares(3), name="mine")
    counter.image.choose(image)
    counter.count()
    wait(lambda: counter._worker is None)
    counter.export_report()
    wait(lambda: told[-1].startswith("Wrote"))
    text = target.read_text()
    assert "3 objects in 1 image" in text
    assert "data:image/jpeg" in text
    assert "not all of these objects" in text
    layer.metadata[OBJECTS_OF] = str(image.unique_id)
    counter.session.reading = LayerReading(str(image.unique_id), Axes("YX"))
    counter.session.model = "rosette"
    counter.export_report()
    wait(lambda: told[-1].startswith("Wrote") and "rosette" in target.read_text())
    counter.folder.rowsFound.emit([{"image": "a.png", "count": 7, "error": ""}])
    counter.export_report()
    wait(lambda: "a.png" in target.read_text())
    assert "7 objects in 1 image" in target.read_text()
