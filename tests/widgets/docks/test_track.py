"""The Track dock: link, correct, check, look and export, in a real viewer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask.array
import napari.layers
import numpy as np
import pytest
from qtpy.QtWidgets import QAbstractButton, QComboBox

import napari_discembed
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kept import Kept
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes, Image, Segmentation
from napari_discembed.widgets.docks.track import TrackDock
from napari_discembed.widgets.layers import FRAMES, OBJECTS_OF
from napari_discembed.widgets.panels import track_exporting, track_opening

from ..conftest import Wait, camera_of, embedding_of, open_dock

SHAPE = (5, 30, 60)


def movie() -> np.ndarray:
    """Return two squares that move, numbered anew in each frame; the second divides in frame 3."""
    labels = np.zeros(SHAPE, np.uint8)
    for t in range(5):
        one, other = (1, 2) if t % 2 else (2, 1)
        labels[t, 4:12, 4 + t : 12 + t] = one
        labels[t, 16:26, 34:46] = other
        if t > 2:
            labels[t, 16:26, 39:41] = 0
            labels[t, 16:26, 41:46] = 3
    return labels


@pytest.fixture
def tracker(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> TrackDock:
    """Return a Track dock with objects that were never linked."""
    dock: TrackDock = open_dock(TrackDock, make_napari_viewer_proxy)
    dock.viewer.add_labels(movie(), name="cells")
    return dock


@pytest.fixture
def linked(tracker: TrackDock, wait: Wait) -> TrackDock:
    """Return the dock with the objects linked."""
    return link(tracker, wait)


def link(dock: TrackDock, wait: Wait) -> TrackDock:
    dock.movie.start()
    wait(lambda: not dock.movie.is_busy)
    return dock


def rows(dock: TrackDock) -> list[tuple[int, int, int, int]]:
    assert dock.tracked.lineages is not None
    return list(dock.tracked.lineages.table.rows())


def at(dock: TrackDock, frame: int, y: int, x: int) -> int:
    assert dock.layer is not None
    return int(dock.layer.data[frame, y, x])


def click(dock: TrackDock, frame: int, y: int, x: int) -> None:
    """Go to a frame, press and release there."""
    dock.viewer.dims.set_current_step(0, frame)
    event = SimpleNamespace(position=(frame, y, x), type="mouse_press", button=1)
    steps = dock.tools._clicked(dock.layer, event)  # type: ignore[arg-type]
    next(steps, None)
    event.type = "mouse_release"
    next(steps, None)


LINKED = [(1, 0, 4, 0), (2, 0, 2, 0), (3, 3, 4, 2), (4, 3, 4, 2)]


def test_objects_are_linked_and_shown_in_equal_colours(linked: TrackDock, wait: Wait) -> None:
    assert sorted(r[1:3] for r in rows(linked)) == sorted(r[1:3] for r in LINKED)
    assert "4 tracks in 5 frames: 0 births, 1 division, 0 losses" in linked.movie.words.text()
    layer = linked.layer
    assert layer is not None
    assert layer.name == "cells tracks"
    assert not linked.viewer.layers["cells"].visible
    wait(lambda: "cells tracks | tails" in linked.viewer.layers)
    tails = linked.viewer.layers["cells tracks | tails"]
    assert len(tails.graph) == 2
    for number, colour in zip(tails.data[:, 0], tails.track_colors, strict=True):
        np.testing.assert_allclose(colour, layer.get_color(int(number)), atol=1e-6)
    layer.new_colormap()
    for number, colour in zip(tails.data[:, 0], tails.track_colors, strict=True):
        np.testing.assert_allclose(colour, layer.get_color(int(number)), atol=1e-6)


def controls_without_help(dock: TrackDock) -> list[str]:
    """Return what a person can press or choose, and nothing says what it does."""
    inner = dock.column.parentWidget()
    found = [*inner.findChildren(QAbstractButton), *inner.findChildren(QComboBox)]
    return [str(w) for w in found if w.isVisibleTo(inner) and not w.toolTip()]


def test_other_settings_link_anew(linked: TrackDock, wait: Wait) -> None:
    assert controls_without_help(linked) == []
    layer = linked.layer
    linked.movie.form.editor("divisions").setChecked(False)
    wait(lambda: not linked.movie._soon.isActive() and not linked.movie.is_busy)
    assert not any(parent for *_, parent in rows(linked))
    assert linked.layer is layer
    box = linked.movie.form.method
    box.setCurrentIndex(box.findData("overlap"))
    assert "reach" not in linked.movie.form.shown()
    assert not linked.movie.form.config().divisions
    wait(lambda: not linked.movie._soon.isActive() and not linked.movie.is_busy)


MOTHER, LEFT, RIGHT, OTHER = (20, 36), (20, 36), (20, 43), (8, 9)
CORRECTIONS = [
    ("Cut", [(2, *OTHER)], {(1, *OTHER), (2, *OTHER)}),
    ("Swap", [(1, *OTHER), (1, *MOTHER)], {(0, *OTHER), (1, *OTHER)}),
    ("Merge", [(2, *OTHER), (2, *MOTHER)], {(1, *MOTHER), (2, *MOTHER)}),
    ("Split", [(1, *MOTHER)], {(0, *MOTHER), (1, *MOTHER)}),
    ("Division", [(1, *MOTHER), (1, *MOTHER)], set()),
]


def test_each_correction_is_one_step_of_undo_of_labels_and_tracks(linked: TrackDock) -> None:
    assert linked.layer is not None
    labels, before = linked.layer.data.copy(), rows(linked)
    for tool, clicks, other in CORRECTIONS:
        linked.tools.buttons[tool].click()
        for place in clicks:
            click(linked, *place)
        assert rows(linked) != before, tool
        assert len({at(linked, *place) for place in other}) == len(other), tool
        assert ((linked.layer.data > 0) == (labels > 0)).all()
        assert "1 correction." in linked.movie.words.text()
        after = linked.layer.data.copy(), rows(linked)
        linked.layer.undo()
        assert (linked.layer.data == labels).all(), tool
        assert rows(linked) == before, tool
        linked.layer.redo()
        assert (linked.layer.data == after[0]).all(), tool
        assert rows(linked) == after[1], tool
        linked.layer.undo()


def test_what_was_cut_is_linked_and_the_first_click_outlined(linked: TrackDock, wait: Wait) -> None:
    linked.tools.buttons["Cut"].click()
    click(linked, 2, *OTHER)
    linked.tools.buttons["Link"].click()
    assert not linked.tools.buttons["Cut"].isChecked()
    click(linked, 1, 0, 0)
    assert linked.tools.hint.text().startswith("There is no object here.")
    click(linked, 1, *OTHER)
    outline = linked.viewer.layers["cells tracks | picked"]
    assert outline.visible
    assert outline.data[0][0, 0] == 1
    linked.tools.picked.escape.activated.emit()
    assert not outline.visible
    click(linked, 3, *OTHER)
    click(linked, 1, *OTHER)
    assert not outline.visible
    assert at(linked, 4, *OTHER) == at(linked, 0, *OTHER)
    assert linked.tracked.n_corrections == 2
    assert linked.layer is not None
    linked.layer.undo()
    linked.layer.undo()
    assert linked.tracked.n_corrections == 0
    wait(lambda: not linked._tails_soon.isActive())
    assert len(linked.viewer.layers["cells tracks | tails"].data) == 12


def test_a_division_is_marked_by_three_clicks(linked: TrackDock, told: list[str]) -> None:
    linked.tools.buttons["Link"].click()
    click(linked, 0, *OTHER)
    click(linked, 0, *MOTHER)
    assert "Expected a track that has ended" in told[-1]
    linked.tools.buttons["Division"].click()
    for place in ((1, *MOTHER), (1, *MOTHER)):
        click(linked, *place)
    assert not any(parent for *_, parent in rows(linked))
    for place in ((2, *MOTHER), (3, *LEFT), (4, *RIGHT)):
        click(linked, *place)
    mother = at(linked, 0, *MOTHER)
    assert sorted(parent for *_, parent in rows(linked)) == [0, 0, mother, mother]


def test_the_least_sure_link_comes_first(linked: TrackDock) -> None:
    checking = linked.checking
    checking.accept()
    assert "Press 'Next link" in checking.words.text()
    n = len(checking.links())
    checking.next.click()
    assert f"Link 1 of {n}: track" in checking.words.text()
    assert linked.viewer.dims.current_step[0] == 3  # where it divides
    assert camera_of(linked).center[-2:] == pytest.approx((20.5, 39.5), abs=2)
    assert len(linked.viewer.layers["cells tracks | check"].data) == 2
    first = linked.tracked.selected
    checking.next.click()
    checking.before.click()
    assert linked.tracked.selected == first
    checking.right.click()
    assert len(checking.links()) == n - 1
    for _ in range(n):
        checking.right.click()
    assert checking.words.text() == "No link is in doubt."


def test_the_lineage_goes_to_an_object(linked: TrackDock, wait: Wait) -> None:
    number = at(linked, 4, *RIGHT)
    linked.plots.tree.chosen.emit(number, 4)
    assert linked.tracked.selected == number
    assert linked.viewer.dims.current_step[0] == 4
    assert camera_of(linked).center[-2:] == pytest.approx((20.5, 43), abs=1)
    wait(lambda: linked.plots.tree._now.value() == 4)
    linked.plots.time.frameChosen.emit(1)
    assert linked.viewer.dims.current_step[0] == 1
    wait(lambda: linked.plots.time._now.value() == 1)


def test_counts_sizes_and_intensities_of_what_is_clicked_are_plotted(
    linked: TrackDock, wait: Wait
) -> None:
    linked.viewer.add_image(np.full(SHAPE, 7, np.uint8), name="movie")
    plots, box = linked.plots, linked.plots.what
    assert plots.time.values() == ([0, 1, 2, 3, 4], [2, 2, 2, 3, 3])
    box.setCurrentIndex(box.findData("divisions"))
    assert plots.time.values()[1] == [0, 0, 0, 1, 0]
    click(linked, 3, *LEFT)
    assert linked.tracked.selected == at(linked, 3, *LEFT)
    assert f", from {at(linked, 0, *MOTHER)}." in plots.words.text()
    box.setCurrentIndex(4)
    assert plots.time.values() == ([3, 4], [50, 50])
    box.setCurrentIndex(5)
    wait(lambda: plots.time.values() == ([3, 4], [7, 7]))
    click(linked, 3, 0, 0)
    assert linked.tracked.selected == 0


def test_what_is_painted_by_hand_is_looked_at(linked: TrackDock, wait: Wait) -> None:
    assert linked.layer is not None
    linked.viewer.dims.set_current_step(0, 1)
    linked.layer.data_setitem((np.array([1, 1]), np.array([0, 0]), np.array([58, 59])), 9)
    wait(lambda: (9, 1, 1, 0) in rows(linked))
    assert linked.tracked.n_corrections == 1
    linked.layer.undo()
    wait(lambda: (9, 1, 1, 0) not in rows(linked))


def test_corrections_do_not_go_unasked(linked: TrackDock, wait: Wait, told: list[str]) -> None:
    linked.tools.buttons["Cut"].click()
    click(linked, 2, *OTHER)
    linked.movie.form.editor("gap").slider.setValue(1)
    wait(lambda: "1 correction would go" in linked.movie.words.text())
    assert not linked.movie.is_busy
    linked.movie.start()
    assert "1 correction would go" in told[-1]
    link(linked, wait)
    assert linked.tracked.n_corrections == 0
    assert linked.layer is not None
    before = linked.layer.data.copy()
    linked.layer.undo()  # there is nothing to undo in other labels
    assert (linked.layer.data == before).all()


def test_labels_that_are_no_movie_are_told(tracker: TrackDock, told: list[str], wait: Wait) -> None:
    odd: list[tuple[np.ndarray, dict[str, Any], str]] = [
        (movie()[0], {}, "expected labels with time as the first axis"),
        (movie()[:1], {}, "expected two frames or more"),
        (movie(), {"metadata": {FRAMES: "Z"}}, "expected labels with time as the first axis"),
    ]
    for labels, about, words in odd:
        layer = tracker.viewer.add_labels(labels, name="odd", **about)
        tracker.movie.labels.choose(layer)
        tracker.movie.start()
        assert told[-1].startswith("odd")
        assert words in told[-1]
        assert not tracker.movie.is_busy
    for export in (tracker.export.tables, tracker.export.challenge, tracker.export.geff):
        export()
    assert told[-3:] == ["There are no tracks to export yet. Link some first."] * 3
    empty = tracker.viewer.add_labels(np.zeros(SHAPE, np.uint8), name="empty")
    tracker.movie.labels.choose(empty)
    link(tracker, wait)
    assert "0 tracks in 5 frames" in tracker.movie.words.text()
    tracker.checking.next.click()
    assert tracker.checking.words.text() == "No link is in doubt."


def test_labels_that_are_computed_are_linked_too(tracker: TrackDock, wait: Wait) -> None:
    lazy = dask.array.from_array(movie(), chunks=(1, 30, 60))
    tracker.movie.labels.choose(tracker.viewer.add_labels(lazy, name="lazy"))
    link(tracker, wait)
    assert len(rows(tracker)) == 4
    tracker.tools.buttons["Cut"].click()
    click(tracker, 2, *OTHER)
    assert len(rows(tracker)) == 5


def test_labels_removed_while_they_are_linked_are_told(
    tracker: TrackDock, told: list[str], wait: Wait
) -> None:
    tracker.movie.start()
    tracker.viewer.layers.remove("cells")
    assert told == ["cells was removed: what was under way has stopped."]
    wait(lambda: not tracker.tasks.workers)
    assert tracker.layer is None


def test_tracks_whose_layer_was_removed_are_forgotten(linked: TrackDock) -> None:
    linked.viewer.layers.remove("cells tracks")
    assert linked.tracked.lineages is None
    assert not linked.plots.isVisibleTo(linked)
    linked.checking.next.click()
    assert linked.checking.words.text() == "Link objects first."


def test_a_movie_and_a_model_are_enough(
    make_napari_viewer_proxy: Any, tiny: str, told: list[str], wait: Wait
) -> None:
    dock = open_dock(TrackDock, make_napari_viewer_proxy)
    dock.movie.start()
    assert told[-1].startswith("Expected a Labels layer, or a movie and a model")
    dock.viewer.add_image(np.zeros((32, 32), np.uint8), name="still")
    dock.movie.model.choose(tiny)
    dock.movie.start()
    assert told[-1] == (
        "still: expected a movie, with time among its axes, got YX. Choose other axes, or open "
        "all frames as one stack."
    )
    assert controls_without_help(dock) == []
    dock.viewer.add_image(np.zeros((5, 32, 32), np.uint8), name="movie")
    dock.movie.image.layers.choose(dock.viewer.layers["movie"])
    assert dock.movie.image.axes() == "TYX"  # elsewhere planes are a volume
    dock.movie.diameter.setValue(16)
    dock.movie.start()
    wait(lambda: dock.layer is not None and not dock.movie.is_busy)
    labels = dock.viewer.layers["movie labels"]
    assert labels.metadata[FRAMES] == "T"
    assert labels.data.shape == (5, 32, 32)
    assert dock.layer.name == "movie labels tracks"


def test_candidates_are_offered_where_the_embedding_is_at_hand(
    tracker: TrackDock, wait: Wait
) -> None:
    box = tracker.movie.form.method
    assert box.findData("candidates") < 0
    image = tracker.viewer.add_image((movie() > 0).astype(np.uint8), name="movie")
    reading = LayerReading(str(image.unique_id), Axes("TYX"))
    series = EmbeddingSeries([embedding_of(f) for f in movie()], Axes("T"), (5,))
    found = tracker.viewer.add_labels(
        movie(), name="found", metadata={OBJECTS_OF: str(image.unique_id), FRAMES: "T"}
    )
    tracker.session.show(Kept(reading, Image(image.data, Axes("TYX")), "tiny", None, series))
    tracker.movie.labels.choose(found)
    box.setCurrentIndex(box.findData("candidates"))
    link(tracker, wait)
    assert tracker.tracked.lineages is not None
    assert tracker.tracked.lineages.counts()["objects"].tolist() == [2, 2, 2, 3, 3]
    tracker.movie.labels.choose(tracker.viewer.layers["cells"])
    assert box.currentData() == "lap"


def test_a_movie_and_a_model_are_linked_by_candidates_and_by_pairs(
    make_napari_viewer_proxy: Any, tiny: str, told: list[str], wait: Wait
) -> None:
    dock = open_dock(TrackDock, make_napari_viewer_proxy)
    box = dock.movie.form.method
    axes = ("t", "y", "x")
    film = dock.viewer.add_image(np.zeros((3, 32, 32), np.uint8), name="movie", axis_labels=axes)
    dock.movie.image.choose(film)
    dock.movie.model.choose(tiny)
    dock.movie.diameter.setValue(16)
    box.setCurrentIndex(box.findData("candidates"))
    dock.movie.start()
    wait(lambda: dock.layer is not None and not dock.movie.is_busy)
    labels = dock.viewer.layers["movie labels"]
    kept = dock.movie.embeddings.kept
    assert kept is not None
    assert kept.method == box.currentData() == "candidates"
    box.setCurrentIndex(box.findData("pairs"))
    wait(lambda: not dock.movie._soon.isActive() and not dock.movie.is_busy)
    assert dock.movie.embeddings.kept.method == "pairs"
    assert dock.movie.labels.layer() is labels
    dock.viewer.layers.remove(labels)
    assert dock.movie.embeddings.kept is None
    assert told == []


def test_tracks_are_exported(
    linked: TrackDock, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = track_exporting.QFileDialog
    monkeypatch.setattr(dialog, "getExistingDirectory", lambda *_: str(tmp_path))
    for name in ("cells_tracks.csv", "cells.geff"):
        monkeypatch.setattr(
            dialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), "")
        )
        (linked.export.geff if name.endswith("geff") else linked.export.tables)()
    linked.export.challenge()
    wait(lambda: not linked.tasks.workers)
    for name in ("tracks", "objects", "counts"):
        assert (tmp_path / f"cells_{name}.csv").exists()
    table = (tmp_path / "cells_RES" / "res_track.txt").read_text()
    assert len(table.splitlines()) == 4
    assert (tmp_path / "cells.geff").is_dir()


def choose_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let a person choose a folder where one is asked for to open."""
    dialog = track_opening.QFileDialog
    monkeypatch.setattr(dialog, "getExistingDirectory", lambda *_: str(folder))


def test_tracks_that_were_saved_are_corrected_on(
    tracker: TrackDock, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    napari_discembed.link(movie()).save(tmp_path / "01_RES")
    choose_folder(monkeypatch, tmp_path / "01_RES")
    tracker.viewer.add_image(np.zeros(SHAPE), name="movie", scale=(1, 0.5, 0.5))
    tracker.opening.challenge()
    wait(lambda: tracker.layer is not None)
    assert tracker.layer is not None
    assert tracker.layer.name == "01_RES"
    assert tuple(tracker.layer.scale) == (1, 0.5, 0.5)  # upon its movie
    assert sorted(r[1:3] for r in rows(tracker)) == sorted(r[1:3] for r in LINKED)
    tracker.tools.buttons["Cut"].click()
    click(tracker, 2, 3, 4)
    assert len(rows(tracker)) == 5
    tracker.viewer.layers.remove(tracker.layer)
    assert tracker.tracked.lineages is None


def test_the_file_says_how_large_a_pixel_is_where_no_movie_is_open(
    tracker: TrackDock, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sized = Segmentation(movie(), "TYX", pixel_size=(0.5, 0.5), unit="micrometer")
    napari_discembed.link(sized).save(tmp_path / "01_RES")
    choose_folder(monkeypatch, tmp_path / "01_RES")
    tracker.opening.challenge()
    wait(lambda: tracker.layer is not None)
    assert tracker.layer is not None
    told_by_file = napari_discembed.read_ctc(tmp_path / "01_RES").segmentation.pixel_size
    assert tuple(tracker.layer.scale) == (1, *told_by_file)


def test_tracks_of_a_file_are_not_linked_anew(
    linked: TrackDock, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    napari_discembed.link(movie()).save(tmp_path / "01_RES")
    choose_folder(monkeypatch, tmp_path / "01_RES")
    linked.viewer.add_image(np.zeros((*SHAPE, 4)), name="channels last", rgb=False)
    before = linked.layer
    linked.opening.challenge()
    wait(lambda: linked.layer is not before)
    opened = linked.layer
    linked.movie.form.valueChanged.emit(linked.movie.form.config())  # as a slider that is moved
    assert not linked.movie._soon.isActive()
    assert linked.layer is opened
    link(linked, wait)  # unless it is asked for
    assert linked.layer is before


def test_tracks_of_another_program_are_of_the_labels_that_are_chosen(
    tracker: TrackDock,
    wait: Wait,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
) -> None:
    pytest.importorskip("geff")
    napari_discembed.link(movie()).save(tmp_path / "theirs.geff")
    choose_folder(monkeypatch, tmp_path / "theirs.geff")
    more = movie()
    more[0, 25:, 50:] = 9
    tracker.viewer.layers["cells"].data = more
    tracker.opening.geff()
    wait(lambda: tracker.layer is not None)
    assert tracker.layer is not None
    assert tracker.layer.name == "cells tracks"
    assert len(rows(tracker)) == 5
    assert told[-1] == "theirs.geff: 1 object of 13 have no node, and are alone."
    assert tracker.tracked.lineages is not None
    assert len(tracker.tracked.lineages.links) == 10  # with how sure each is


def test_corrections_are_not_lost_to_a_file_unasked(
    linked: TrackDock, wait: Wait, monkeypatch: pytest.MonkeyPatch, told: list[str], tmp_path: Path
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        track_opening.QFileDialog, "getExistingDirectory", lambda *a: asked.append(a) or ""
    )
    linked.tools.buttons["Cut"].click()
    click(linked, 2, 6, 8)
    linked.opening.challenge()
    assert told[-1].startswith("1 correction would go.")
    assert not asked
    linked.opening.challenge()
    assert len(asked) == 1
    (tmp_path / "empty").mkdir()
    choose_folder(monkeypatch, tmp_path / "empty")
    linked.opening.challenge()
    linked.opening.challenge()
    wait(lambda: not linked.tasks.workers)
    assert "expected tracks in the layout of the Cell Tracking Challenge" in told[-1]
    linked.movie.labels.choose(None)
    linked.opening.trackmate()
    linked.opening.trackmate()
    assert told[-1].startswith("Expected labels for the tracks to be of")


def test_volumes_are_followed_as_wholes(tracker: TrackDock, wait: Wait) -> None:
    volume = np.repeat(movie()[:, None], 3, axis=1)
    layer = tracker.viewer.add_labels(volume, name="volume", metadata={FRAMES: "T"})
    tracker.movie.labels.choose(layer)
    link(tracker, wait)
    assert len(rows(tracker)) == 4
    tracker.tools.buttons["Cut"].click()
    tracker.tools.click(2, (1, *OTHER))
    assert tracker.layer is not None
    assert len(np.unique(tracker.layer.data[2])) == 3
    assert tracker.layer.data[2, 0, 8, 9] == tracker.layer.data[4, 2, 8, 9]
    assert isinstance(tracker.layer, napari.layers.Labels)
