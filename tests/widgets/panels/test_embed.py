"""Embed an image: what is read, where results lie, and what may go wrong."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from napari_discembed.errors import OutOfMemoryError
from napari_discembed.progress import Portion, Progress
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.panels import embed as embed_panel

from ..conftest import Wait, give, photograph, squares


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
    channels = dock.embed.image.channel_box
    channels.setCurrentIndex(channels.findData(1))
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
        assert dock.frame_shown() == (frame,)
    dock.viewer.dims.set_current_step(0, 1)
    assert dock.frame_shown() == (2,)
    wait(lambda: not dock.tasks.workers)


def test_results_move_with_their_image(dock: SegmentDock, wait: Wait) -> None:
    layer = give(dock, squares(3), wait)
    layer.scale = (0.5, 0.5)
    layer.rotate = 20
    preview = dock.objects.preview()
    assert preview is not None
    assert list(preview.scale) == [0.5, 0.5]
    np.testing.assert_allclose(preview.data_to_world((3, 40)), layer.data_to_world((3, 40)))


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


@pytest.fixture
def endless(dock: SegmentDock, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> SegmentDock:
    """Return a dock that embeds without end."""

    def job(*_args: Any, **_known: Any) -> Any:
        while True:
            yield Progress(0.5, "working")
            time.sleep(0.01)  # else what is told piles up on a busy machine

    monkeypatch.setattr(embed_panel, "embed_series", job)
    dock.viewer.add_image(photograph(squares()))
    dock.embed.embed()
    wait(lambda: dock.embed.bar.value() == 50)
    return dock


def test_planes_that_are_done_are_told_in_the_dock_and_in_the_strip(
    dock: SegmentDock, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()

    def job(*_args: Any, **_known: Any) -> Any:
        yield Progress(None, "Loading the model")
        yield Progress(0.3, "embedding", portion=Portion(12, 40, "plane"))
        end.wait(20)
        yield Progress(0.3, "embedding")

    monkeypatch.setattr(embed_panel, "embed_series", job)
    dock.viewer.add_image(photograph(squares()))
    dock.embed.embed()
    wait(lambda: dock.embed.bar.value() == 30)
    assert dock.embed.bar.format() == "12 of 40 planes"
    assert dock.strip.next.text() == "Finding objects: 12 of 40 planes"
    dock.embed.cancel.click()
    end.set()
    wait(lambda: dock.embed.button.isEnabled())


def test_cancelling_gives_the_dock_back(endless: SegmentDock, wait: Wait) -> None:
    endless.embed.cancel.click()
    wait(lambda: endless.embed.button.isEnabled())
    assert endless.session.series is None


def test_closing_the_viewer_while_it_embeds_ends_the_thread(endless: SegmentDock) -> None:
    endless.viewer.window.remove_dock_widget(endless)
    assert endless.tasks.stopped
    assert not [w for w in endless.tasks.workers if not w.wait(0)]
