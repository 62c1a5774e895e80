"""The Segment dock in a real viewer: embed, drag, commit, wand; and what may go wrong."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.config import ClusteringConfig, clustering_config
from napari_discembed.errors import OutOfMemoryError
from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import Reading
from napari_discembed.types import Axes, Embedding
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import FRAMES
from napari_discembed.widgets.panels import embed as embed_panel
from napari_discembed.widgets.sessions import session_of

from .conftest import Wait, choose, embedding_of, give, photograph, squares, work_on


def test_an_image_is_embedded_and_its_objects_shown(dock: SegmentDock, wait: Wait) -> None:
    dock.viewer.add_image(photograph(squares()), name="cells", scale=(0.5, 0.5), units=("um", "um"))
    dock.embed.embed()
    assert not dock.embed.button.isEnabled()
    dock.embed.embed()  # pressed twice: nothing more
    wait(lambda: dock.session.series is not None)
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    preview = dock.objects.preview()
    assert preview is not None
    assert list(preview.scale) == [0.5, 0.5]
    assert str(preview.units[0]) == "micrometer"
    wait(lambda: dock.embed.button.isEnabled())


def test_a_channel_is_picked_and_the_labels_lie_on_the_pixels(
    dock: SegmentDock, wait: Wait
) -> None:
    picture = np.stack([np.zeros((24, 72), np.uint8), photograph(squares())])
    dock.viewer.add_image(picture, name="two", scale=(1, 3, 3), translate=(0, 5, 6))
    assert dock.embed.image.axes_box.currentData() == "CYX"
    dock.embed.image.channel_box.setCurrentIndex(2)
    dock.embed.embed()
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    assert dock.session.image is not None
    assert (dock.session.image.axes, dock.session.image.data.max()) == ("YX", 200)
    preview = dock.objects.preview()
    assert preview is not None
    assert (list(preview.scale), list(preview.translate)) == ([3, 3], [5, 6])
    tuner = FineTuneDock(dock.viewer)
    assert tuner.pairs.image.channel() == 1  # what one dock was told, the others know
    tuner.tasks.stop()


def test_a_z_stack_is_done_plane_by_plane(dock: SegmentDock, wait: Wait) -> None:
    dock.viewer.add_image(np.stack([photograph(squares())] * 5), name="series", scale=(4, 1, 1))
    dock.embed.embed()
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    assert dock.session.series is not None
    assert (dock.session.series.axes, dock.session.series.shape) == ("Z", (5,))
    preview = dock.objects.preview()
    assert preview is not None
    assert (preview.data.shape, list(preview.scale)) == ((5, 24, 72), [4, 1, 1])


def test_the_count_follows_the_bandwidth(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    assert dock.objects.count.text() == "3 objects"
    before = np.array(dock.objects.preview().data)  # type: ignore[union-attr]
    dock.objects.form.editor("bandwidth").setValue(5.9)
    wait(lambda: dock.objects.is_idle)
    dock.objects.set_bandwidth(1.0)
    wait(lambda: dock.objects.count.text() == "3 objects" and dock.objects.is_idle)
    # An object that did not change keeps its number, and so its colour.
    assert (np.asarray(dock.objects.preview().data) == before).all()  # type: ignore[union-attr]


def test_the_settings_begin_as_the_model_recommends(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    embeddings = dock.session.series  # type: ignore[union-attr]

    def embed_with(**config: float) -> ClusteringConfig:
        dock.session.series = EmbeddingSeries(embeddings, config=clustering_config(**config))
        return dock.session.config

    config = embed_with(bandwidth=1.7, seed_threshold=0.4)
    assert (config.bandwidth, config.seed_threshold) == (1.7, 0.4)
    assert dock.objects.form.value().bandwidth == 1.7
    dock.objects.set_bandwidth(2.5)
    assert embed_with(bandwidth=1.7, seed_threshold=0.4).bandwidth == 2.5  # the same model again
    assert embed_with(bandwidth=1.4).bandwidth == 1.4
    wait(lambda: dock.objects.is_idle)


def test_what_nobody_moved_is_measured_in_each_image_anew(dock: SegmentDock, wait: Wait) -> None:
    large = replace(embedding_of(squares(3)), diameter=60.0)
    give(dock, squares(3), wait)
    size = dock.objects.form.editor("min_size")
    assert (size.slider.value(), size.value()) == (2, None)
    dock.session.series = EmbeddingSeries([large])
    assert (size.slider.value(), size.value()) == (57, None)  # a fiftieth of a disc
    dock.objects.set_bandwidth(2.2)
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    assert (dock.session.config.min_size, dock.session.config.bandwidth) == (None, 2.2)
    size.slider.setValue(7)
    dock.session.series = EmbeddingSeries([large])
    assert (dock.session.config.min_size, dock.session.config.bandwidth) == (7, 2.2)


def test_a_click_in_the_curve_moves_the_slider(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    dock.objects.curve.bandwidthChosen.emit(2.5)
    assert dock.objects.form.value().bandwidth == 2.5
    assert dock.session.config.bandwidth == 2.5


def test_a_commit_is_one_step_of_undo_in_a_new_layer(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, squares(3), wait, scale=(2, 2))
    dock.commit()
    layer = dock.target.layer()
    assert layer.name == "cells labels"
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3]
    assert layer.data.dtype == np.uint16
    assert list(layer.scale) == [2, 2]
    assert told == ["3 objects in cells labels. Ctrl+Z takes it back."]
    layer.undo()
    assert not layer.data.any()


def test_only_where_empty_keeps_what_was_committed(dock: SegmentDock, wait: Wait) -> None:
    labels = squares(3)
    give(dock, labels, wait)
    mine = dock.viewer.add_labels(np.where(labels == 1, 40, 0).astype(np.uint8), name="mine")
    dock.target.choose(mine)
    dock.keep.setChecked(True)
    dock.commit()
    assert sorted(np.unique(mine.data)) == [0, 40, 41, 42]
    assert (mine.data == 40).sum() == (labels == 1).sum()


def test_only_where_empty_goes_frame_by_frame(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    frames = np.stack([squares(3)] * 3)
    give(dock, frames, wait)
    mine = dock.viewer.add_labels(frames * np.array([1, 1, 0])[:, None, None], name="mine")
    dock.target.choose(mine)
    dock.keep.setChecked(True)
    dock.commit()
    wait(lambda: bool(told))
    assert [len(np.unique(f)) - 1 for f in mine.data] == [3, 3, 3]
    assert told == ["9 objects in mine. Ctrl+Z takes it back."]


def test_corrections_by_hand_are_replaced_only_when_asked_twice(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, squares(3), wait)
    dock.commit()
    dock.commit()  # its own objects are no loss
    assert len(told) == 2
    layer = dock.target.layer()
    layer.data[layer.data == 2] = 1
    dock.commit()
    assert "corrected by hand" in told[2]
    assert layer.data.max() == 3
    assert 2 not in layer.data
    dock.commit()
    assert 2 in layer.data
    layer.undo()
    dock.commit()  # taken back, it is a person's work as before
    assert 2 not in layer.data


def test_the_objects_of_another_image_go_into_a_layer_of_their_own(
    dock: SegmentDock, wait: Wait
) -> None:
    first = give(dock, squares(3), wait)
    dock.commit()
    of_first = dock.target.layer()
    before = of_first.data.copy()
    second = give(dock, squares(3) * (squares(3) < 3), wait)
    assert dock.target.layer() is None
    dock.commit()
    assert dock.target.layer().data.max() == 2
    np.testing.assert_array_equal(of_first.data, before)
    work_on(dock, first, "YX")
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    assert dock.target.layer() is of_first
    assert second in dock.viewer.layers


def test_a_picture_that_is_come_back_to_has_its_layer(dock: SegmentDock, wait: Wait) -> None:
    first = give(dock, squares(3), wait)
    dock.commit()
    of_first = dock.target.layer()
    give(dock, squares(3), wait)  # looked at, not committed
    work_on(dock, first, "YX")
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    assert dock.target.layer() is of_first
    dock.viewer.window.remove_dock_widget(dock)
    again = SegmentDock(dock.viewer)
    dock.viewer.window.add_dock_widget(again)
    assert again.target.layer() is of_first


def test_a_layer_knows_what_was_committed_last(dock: SegmentDock, wait: Wait) -> None:
    layer = give(dock, np.stack([squares(3)] * 3), wait)
    work_on(dock, layer, "ZYX")
    volume = np.stack([squares(3)] * 3)
    values = np.stack([volume * 4.0, volume * 0.0]).astype(np.float32)
    whole = Embedding.of(values, (volume > 0)[None].astype(np.float32), diameter=12.0)
    for series, frames in (
        (EmbeddingSeries([whole]), ""),
        (EmbeddingSeries([embedding_of(squares(3))] * 3, Axes("Z"), (3,)), "Z"),
        (EmbeddingSeries([whole]), ""),
    ):
        dock.session.series = series
        wait(lambda: dock.objects.is_idle)
        dock.commit()
        wait(lambda: not dock._committing)
        assert dock.target.layer().metadata[FRAMES] == frames
    assert layer in dock.viewer.layers


def test_seeds_that_lie_elsewhere_seed_nothing(dock: SegmentDock, wait: Wait) -> None:
    give(dock, np.stack([squares(3)] * 3), wait)
    points = dock.viewer.add_points(np.array([[1, 12, 12], [1, -2, 36], [7, 12, 12]]), ndim=3)
    flat = dock.viewer.add_points(np.array([[12, 60]]), ndim=2)
    dock.objects.seeds.choose(points)
    assert {k: len(v) for k, v in dock.objects.seeds.points().items()} == {(1,): 1}
    dock.objects.seeds.choose(flat)
    assert sorted(dock.objects.seeds.points()) == [(0,), (1,), (2,)]


def test_time_moves_with_times_slider_where_channels_come_second(
    dock: SegmentDock, wait: Wait
) -> None:
    film = np.zeros((3, 2, 24, 48), np.uint8)
    dock.viewer.add_image(film, name="film", axis_labels=("t", "c", "y", "x"))
    dock.embed.image.channel_box.setCurrentIndex(2)
    dock.embed.embed()
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    assert dock.session.reading is not None
    assert dock.session.reading.axes == "CTYX"
    preview = dock.objects.preview()
    assert preview is not None
    assert preview.data.shape == (3, 24, 48)
    for frame in range(3):
        dock.viewer.dims.set_current_step(1, frame)
        assert dock.objects.index() == (frame,)
    dock.viewer.dims.set_current_step(0, 1)
    assert dock.objects.index() == (2,)
    wait(lambda: not dock.tasks.workers)


def test_results_move_with_their_image(dock: SegmentDock, wait: Wait) -> None:
    layer = give(dock, squares(3), wait)
    layer.scale = (0.5, 0.5)
    layer.rotate = 20
    preview = dock.objects.preview()
    assert preview is not None
    assert list(preview.scale) == [0.5, 0.5]
    np.testing.assert_allclose(preview.data_to_world((3, 40)), layer.data_to_world((3, 40)))


def test_a_layer_of_another_shape_is_refused_in_words(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, squares(3), wait)
    dock.target.choose(dock.viewer.add_labels(np.zeros((5, 5), np.uint8), name="small"))
    dock.commit()
    assert "Commit into a new layer" in told[0]


def test_a_time_lapse_is_grouped_where_it_is_looked_at_and_committed_whole(
    dock: SegmentDock, wait: Wait
) -> None:
    frames = np.stack([squares(3), squares(3) * (squares(3) < 3), squares(3)])
    give(dock, frames, wait)
    dock.viewer.dims.set_current_step(0, 0)
    wait(lambda: dock.objects.is_idle and dock.objects.count.text() == "3 objects")
    dock.viewer.dims.set_current_step(0, 1)
    wait(lambda: dock.objects.count.text() == "2 objects")
    dock.commit()
    wait(lambda: dock.target.layer() is not None and dock.target.layer().data.any())
    assert [len(np.unique(f)) - 1 for f in dock.target.layer().data] == [3, 2, 3]


def test_views_come_and_go_with_their_boxes(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    for box in dock.views.boxes.values():
        box.setChecked(True)
    wait(lambda: len(dock.viewer.layers) == 5)  # no seediness in this embedding
    names = {layer.name for layer in dock.viewer.layers}
    assert names == {
        f"cells{x}" for x in ("", " | objects", " | colours", " | channels", " | foreground")
    }
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    wait(lambda: dock.objects.is_idle)
    dock.views.boxes["channels"].setChecked(False)
    assert len(dock.viewer.layers) == 4


def test_the_method_seeded_asks_for_points(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    points = dock.viewer.add_points(np.array([[12, 12], [12, 36]]))
    choose(dock, "seeded")
    dock.objects.seeds.choose(points)
    wait(lambda: dock.objects.count.text() == "2 objects")


def test_seeds_are_heeded_as_they_come_and_go(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    frames = np.stack([squares(3)] * 3)
    give(dock, frames, wait)
    dock.viewer.dims.set_current_step(0, 0)
    choose(dock, "seeded")
    wait(lambda: dock.objects.count.text() == "0 objects")
    dock.commit()
    assert "point on each object" in told[0]
    points = dock.viewer.add_points(np.array([[0, 12, 12]]), ndim=3)
    dock.objects.seeds.choose(points)
    wait(lambda: dock.objects.count.text() == "1 object")
    points.add([[0, 12, 36], [2, 12, 60]])
    wait(lambda: dock.objects.count.text() == "2 objects")
    dock.viewer.dims.set_current_step(0, 1)
    wait(lambda: dock.objects.count.text() == "0 objects")
    dock.commit()
    wait(lambda: dock.target.layer() is not None and dock.target.layer().data.any())
    assert [len(np.unique(f)) - 1 for f in dock.target.layer().data] == [2, 0, 1]
    wait(lambda: not dock._committing)


def event(position: tuple[float, ...], kind: str = "mouse_press", *modifiers: str) -> Any:
    return SimpleNamespace(
        position=position, type=kind, modifiers=modifiers, button=1, delta=(0, 1), handled=False
    )


def test_the_wand_takes_adds_and_cuts(dock: SegmentDock, wait: Wait) -> None:
    labels = squares(3)
    give(dock, labels, wait)
    wand = dock.wand
    wand.setChecked(True)
    assert wand._hover in dock.viewer.mouse_move_callbacks

    def click(column: int, *modifiers: str) -> None:
        wand.mask = None
        wand._hover(None, event((12, column), "mouse_move"))
        wait(lambda: wand.mask is not None)
        press = event((12, column), "mouse_press", *modifiers)
        steps = wand._click(None, press)
        next(steps)
        press.type = "mouse_release"
        next(steps, None)

    click(12)
    layer = dock.target.layer()
    assert ((layer.data == 1) == (labels == 1)).all()
    click(36, "Shift")
    assert ((layer.data == 1) == ((labels == 1) | (labels == 2))).all()
    click(12, "Alt")
    assert ((layer.data == 1) == (labels == 2)).all()
    click(60)
    assert ((layer.data == 2) == (labels == 3)).all()
    assert dock.session.config.bandwidth is None
    wheel = event((12, 12), "mouse_wheel", "Alt")
    wand._wheel(None, wheel)
    assert wheel.handled
    assert dock.session.config.bandwidth == pytest.approx(1.1 * 1.25)
    wand.setChecked(False)
    assert wand._hover not in dock.viewer.mouse_move_callbacks
    assert not any(x.name == "cells | wand" for x in dock.viewer.layers)


def test_the_wand_takes_what_is_lit_where_it_is_shown_and_no_more(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, np.stack([squares(3)] * 2), wait)
    dock.viewer.dims.set_current_step(0, 0)
    wand = dock.wand
    wand.setChecked(True)
    taken: list[Any] = []
    wand.taken.connect(lambda *what: taken.append(what))

    def click(column: float, button: int = 1) -> None:
        press = event((dock.objects.index()[0], 12, column))
        press.button = button
        steps = wand._click(None, press)
        next(steps, None)
        press.type = "mouse_release"
        next(steps, None)

    wand._hover(None, event((0, 12, 12), "mouse_move"))
    wait(lambda: wand.mask is not None)
    click(12, button=2)
    click(300)
    dock.viewer.dims.set_current_step(0, 1)
    click(12)
    assert not taken
    wand._hover(None, event((1, 12, 12), "mouse_move"))
    wait(lambda: wand.mask is not None and wand._found_at[1] == (1,))
    full = dock.viewer.add_labels(np.full((2, 24, 72), 255, np.uint8), name="full")
    dock.target.choose(full)
    click(12)
    assert "no number left" in told[-1]
    wand._hover(None, event((1, 12, 300), "mouse_move"))
    assert wand.mask is None
    dock.viewer.window.remove_dock_widget(dock)
    assert not any(x.name == "cells | wand" for x in dock.viewer.layers)


def test_nothing_to_embed_or_to_commit_is_told(dock: SegmentDock, told: list[str]) -> None:
    dock.embed.embed()
    dock.commit()
    assert "Open an image" in told[0]
    assert "press Embed" in told[1]


def test_removing_the_image_while_it_is_embedded_leaves_nothing_behind(
    dock: SegmentDock, wait: Wait
) -> None:
    layer = dock.viewer.add_image(photograph(squares()), name="cells")
    dock.embed.embed()
    dock.viewer.layers.remove(layer)
    wait(lambda: not dock.tasks.workers)
    assert dock.session.series is None
    assert len(dock.viewer.layers) == 0
    assert dock.embed.button.isEnabled()


def test_changing_the_pixels_drops_the_embedding(dock: SegmentDock, wait: Wait) -> None:
    layer = give(dock, squares(3), wait)
    layer.data = photograph(squares(3))[::-1]
    assert dock.session.series is None
    assert dock.objects.count.text() == "-"
    assert not dock.objects.form.isEnabled()


def test_a_renamed_image_keeps_its_results(dock: SegmentDock, wait: Wait) -> None:
    layer = give(dock, squares(3), wait)
    layer.name = "other"
    dock.objects.set_bandwidth(1.1)
    wait(lambda: dock.objects.is_idle)
    assert len(dock.viewer.layers) == 2
    assert dock.embed.image.layers.itemText(0) == "other"


def test_a_dock_that_is_opened_again_goes_on(dock: SegmentDock, wait: Wait) -> None:
    dock.session.model, dock.session.diameter = str(dock.embed.model.model()), 33.0
    give(dock, squares(3), wait)
    dock.session.series = EmbeddingSeries(
        [embedding_of(squares(3))], config=clustering_config(bandwidth=1.5)
    )
    dock.objects.set_bandwidth(2.2)
    dock.viewer.window.remove_dock_widget(dock)
    again = SegmentDock(dock.viewer)
    dock.viewer.window.add_dock_widget(again)
    wait(lambda: again.objects.count.text() == "3 objects")
    assert again.objects.form.value().bandwidth == 2.2
    assert again.embed.model.model() == dock.session.model
    assert again.embed.diameter.value() == 33
    again.commit()
    assert again.target.layer().data.max() == 3


def test_an_error_is_told_once_and_the_dock_is_usable_again(
    dock: SegmentDock, wait: Wait, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_known: Any) -> Any:
        raise OutOfMemoryError("Not enough memory for a tile. Choose a smaller one.")
        yield

    monkeypatch.setattr(embed_panel, "embed_series", fail)
    dock.viewer.add_image(photograph(squares()))
    dock.embed.embed()
    wait(lambda: dock.embed.button.isEnabled() and bool(told))
    assert told == ["Not enough memory for a tile. Choose a smaller one."]


def endless(*_args: Any, **_known: Any) -> Any:
    while True:
        yield Progress(0.5, "working")


def test_cancelling_gives_the_dock_back(
    dock: SegmentDock, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed_panel, "embed_series", endless)
    dock.viewer.add_image(photograph(squares()))
    dock.embed.embed()
    wait(lambda: dock.embed.bar.value() == 50)
    dock.embed.cancel.click()
    wait(lambda: dock.embed.button.isEnabled())
    assert dock.session.series is None


def test_closing_the_viewer_while_it_embeds_ends_the_thread(
    dock: SegmentDock, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed_panel, "embed_series", endless)
    dock.viewer.add_image(photograph(squares()))
    dock.embed.embed()
    wait(lambda: dock.embed.bar.value() == 50)
    dock.viewer.window.remove_dock_widget(dock)
    assert dock.tasks.stopped
    assert not [w for w in dock.tasks.workers if not w.wait(0)]


def test_a_window_that_was_hidden_and_shown_works_on(dock: SegmentDock, wait: Wait) -> None:
    window = dock.window()
    window.show()
    window.hide()
    window.show()
    give(dock, squares(3), wait)
    assert not dock.tasks.stopped
    assert dock.objects.count.text() == "3 objects"
    dock.viewer.close()
    wait(lambda: dock.tasks.stopped)


def test_two_viewers_share_nothing(make_napari_viewer_proxy: Any) -> None:
    first, second = make_napari_viewer_proxy(), make_napari_viewer_proxy()
    assert session_of(first) is not session_of(second)
    assert session_of(first) is session_of(first)
