"""What is shown belongs to the image and the model that are chosen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.config import clustering_config
from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kept import Kept, LayerReading
from napari_discembed.types import Axes, Image
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.panels import embed as embed_panel
from napari_discembed.widgets.sessions import session_of

from ..conftest import Wait, embedding_of, open_dock, photograph, squares


def embedded(
    dock: SegmentDock, wait: Wait, name: str, count: int, model: str = ""
) -> napari.layers.Image:
    """Show the objects of an image, as if it had just been embedded."""
    picture = photograph(squares(3) * (squares(3) <= count))
    there = [layer for layer in dock.viewer.layers if layer.name == name]
    layer = there[0] if there else dock.viewer.add_image(picture, name=name)
    dock.embed.image.choose(layer)
    series = EmbeddingSeries(
        [embedding_of(squares(3) * (squares(3) <= count))], config=clustering_config()
    )
    reading = LayerReading(str(layer.unique_id), Axes("YX"))
    model = model or str(dock.embed.model.model())
    dock.session.show(Kept(reading, Image(picture, name=name), model, None, series))
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    return layer


def test_an_image_that_is_not_embedded_shows_nothing_of_the_former_one(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    first = embedded(dock, wait, "first", 3)
    assert dock.objects.count.text() == "3 objects"
    assert dock.embed.words.isHidden()
    preview = dock.objects.preview()
    second = dock.viewer.add_image(photograph(squares()), name="second")
    dock.embed.image.layers.choose(second)
    assert dock.objects.count.text() == "-"
    assert dock.objects.preview() is None
    for part in (dock.objects.form, dock.objects.curve, dock.objects.seeds):
        assert part.isHidden()
    assert dock.strip.what.text() == "second · tiny (yours)"
    assert "Press Find objects" in dock.strip.next.text()
    assert not dock.objects.curve._stable.isVisible()
    assert preview is not None
    assert (preview.visible, first.visible, second.visible) == (False, False, True)
    dock.commit()
    assert "press Find objects" in told[0]


def test_finished_images_come_back_as_they_were_left(dock: SegmentDock, wait: Wait) -> None:
    first = embedded(dock, wait, "first", 3)
    dock.objects.set_bandwidth(2.2)
    wait(lambda: dock.objects.is_idle)
    dock.commit()
    of_first = dock.target.layer()
    embedded(dock, wait, "second", 2)
    assert dock.target.layer() is None
    assert dock.objects.count.text() == "2 objects"
    assert not of_first.visible
    dock.objects.set_bandwidth(1.1)
    dock.embed.image.layers.choose(first)
    wait(lambda: dock.objects.count.text() == "3 objects" and dock.objects.is_idle)
    assert dock.objects.form.value().bandwidth == 2.2
    assert dock.target.layer() is of_first
    assert (first.visible, of_first.visible) == (True, True)
    preview = dock.objects.preview()
    assert preview is not None
    assert not preview.visible  # its objects were committed
    assert dock.viewer.layers["second"].visible is False


def test_channels_that_are_mixed_stay_when_another_one_is_chosen(
    dock: SegmentDock, wait: Wait
) -> None:
    first = embedded(dock, wait, "first", 3)
    first.blending = "additive"
    second = dock.viewer.add_image(photograph(squares()), name="second", blending="additive")
    dock.embed.image.layers.choose(second)
    assert first.visible


def test_settings_belong_to_a_model_and_its_objects_come_back(
    dock: SegmentDock, wait: Wait, tiny: str
) -> None:
    embedded(dock, wait, "first", 3)
    dock.objects.set_bandwidth(2.2)
    dock.embed.model.choose("generalist")
    assert dock.session.series is None
    assert dock.strip.what.text() == "first · generalist"
    assert "Press Find objects" in dock.strip.next.text()
    preview = dock.objects.preview()
    assert preview is not None
    assert not preview.visible
    embedded(dock, wait, "first", 2)
    assert dock.objects.form.value().bandwidth is None
    dock.embed.model.choose(tiny)
    wait(lambda: dock.objects.count.text() == "3 objects")
    assert preview.visible
    assert dock.objects.form.value().bandwidth == 2.2


def test_a_model_that_is_offered_takes_nothing_away_and_says_whose_objects_are_shown(
    dock: SegmentDock, wait: Wait
) -> None:
    embedded(dock, wait, "first", 3)
    dock.session.offer("generalist")
    assert dock.embed.model.model() == "generalist"
    assert dock.objects.count.text() == "3 objects"
    assert "found by tiny (yours)" in dock.embed.words.text()
    assert "anew by generalist" in dock.embed.words.text()


def test_another_diameter_is_said_to_need_another_look(dock: SegmentDock, wait: Wait) -> None:
    embedded(dock, wait, "first", 3)
    dock.embed.diameter.setValue(40)
    assert "Press Find objects" in dock.embed.words.text()
    dock.embed.diameter.setValue(0)
    assert dock.embed.words.text() == ""


def test_what_arrives_for_an_image_that_was_left_waits_for_it(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    first = dock.viewer.add_image(photograph(squares()), name="first")
    second = dock.viewer.add_image(photograph(squares()), name="second")
    dock.embed.image.layers.choose(first)
    dock.embed.embed()
    dock.embed.image.layers.choose(second)
    wait(lambda: dock.embed._worker is None)
    assert dock.session.series is None
    assert told == ["first is ready: choose it to see its objects."]
    dock.embed.image.layers.choose(first)
    assert dock.session.series is not None
    first.data = photograph(squares())[::-1]
    assert dock.session.series is None
    assert dock.session.kept.layers() == set()


def test_changed_pixels_of_an_image_that_is_not_shown_are_noticed(
    dock: SegmentDock, wait: Wait
) -> None:
    first = embedded(dock, wait, "first", 3)
    embedded(dock, wait, "second", 2)
    first.data = photograph(squares())[::-1]
    assert dock.session.kept.find(LayerReading(str(first.unique_id), Axes("YX")), "") is None
    assert dock.session.kept.layers() == {str(dock.viewer.layers["second"].unique_id)}
    assert dock.objects.count.text() == "2 objects"


def test_corrections_take_the_embedding_of_their_own_image(dock: SegmentDock, wait: Wait) -> None:
    first = embedded(dock, wait, "first", 3)
    dock.commit()
    labels = dock.target.layer()
    of_first = dock.session.series
    embedded(dock, wait, "second", 2)
    corrector = CorrectDock(dock.viewer)
    corrector.labels.choose(labels)
    assert corrector.checking.judging.embedded(labels)[0] is of_first
    dock.viewer.layers.remove(first)
    assert corrector.checking.judging.embedded(labels)[0] is None
    corrector.tasks.stop()


def test_closing_while_it_embeds_is_said_and_it_begins_again(
    dock: SegmentDock, wait: Wait, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_args: Any, **_known: Any) -> Any:
        while True:
            yield Progress(0.5, "working")
            time.sleep(0.01)  # else what is told piles up on a busy machine

    monkeypatch.setattr(embed_panel, "embed_series", endless)
    dock.viewer.add_image(photograph(squares()), name="other")
    layer = dock.viewer.add_image(photograph(squares()), name="cells")
    dock.embed.image.layers.choose(layer)
    dock.embed.embed()
    wait(lambda: dock.embed.bar.value() == 50)
    dock.viewer.window.remove_dock_widget(dock)
    assert "closed before it had found the objects" in told[0]
    again = SegmentDock(dock.viewer)
    dock.viewer.window.add_dock_widget(again)
    assert again.embed.image.layer() is layer
    assert again.embed._worker is not None
    again.embed.cancel.click()
    wait(lambda: again.embed._worker is None)
    assert "Press Find objects" in again.strip.next.text()


def test_a_dock_that_is_opened_later_begins_with_what_was_made_and_chosen_last(
    make_napari_viewer_proxy: Any, tiny: str, home: Path
) -> None:
    viewer = make_napari_viewer_proxy()
    first = viewer.add_image(np.zeros((32, 32), np.uint8), name="first")
    viewer.add_image(np.zeros((32, 32), np.uint8), name="second")
    session_of(viewer).chosen = str(first.unique_id)
    dock = SegmentDock(viewer)
    viewer.window.add_dock_widget(dock)
    assert dock.embed.image.layer().name == "first"
    assert dock.embed.model.model() == tiny
    other = open_dock(SegmentDock, make_napari_viewer_proxy)
    assert other.embed.model.model() == tiny  # another day, the model made last


def test_the_green_part_of_the_curve_holds_what_the_model_suggests(
    dock: SegmentDock, wait: Wait
) -> None:
    layer = embedded(dock, wait, "first", 3)
    objects = squares(3)
    # Two steps of 1.2 merge all from 1.2 on: most of the curve is level at one object.
    series = EmbeddingSeries(
        [embedding_of(objects, gap=1.2)], config=clustering_config(bandwidth=0.9)
    )
    picture = Image(photograph(objects), name="first")
    reading = LayerReading(str(layer.unique_id), Axes("YX"))
    dock.session.show(Kept(reading, picture, "other", None, series))
    wait(lambda: dock.objects.is_idle and dock.objects.curve._stable.getRegion()[1] < 2)
    low, high = dock.objects.curve._stable.getRegion()
    assert low <= 0.9 <= high
    assert dock.objects.curve._now.value() == 0.9
