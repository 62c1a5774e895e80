"""The Segment dock: commit, and go on after it was closed."""

from __future__ import annotations

import numpy as np

from napari_discembed.config import (
    clustering_config,
)
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Embedding
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import FRAMES

from ..conftest import Wait, embedding_of, give, squares, work_on


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


def test_nothing_to_embed_or_to_commit_is_told(dock: SegmentDock, told: list[str]) -> None:
    dock.embed.embed()
    dock.commit()
    assert "Open an image" in told[0]
    assert "press Find objects" in told[1]


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


def test_closing_while_all_frames_are_grouped_is_said(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, np.stack([squares(3)] * 3), wait)
    dock.commit()
    dock.viewer.window.remove_dock_widget(dock)
    assert told == ["Segment was closed before all was grouped: nothing was committed."]
