"""As learnt, or by one setting: the choice where candidates were judged."""

from __future__ import annotations

import numpy as np

from napari_discembed.config import DensityConfig, LearnedConfig
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, embedding_of, give, give_judged, squares, work_on


def press(dock: SegmentDock, choice: str) -> None:
    dock.objects.form.choice.buttons[choice].click()


def in_view(dock: SegmentDock) -> list[str]:
    """Return the settings that are not folded away."""
    form = dock.objects.form
    return [name for name in form.shown() if form._places[name] is form._rows]


def test_there_is_no_choice_where_nothing_was_judged(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    form = dock.objects.form
    assert form.choice.isHidden()
    assert form.method.findData("learned") == -1
    assert in_view(dock) == ["bandwidth", "foreground_threshold", "object_threshold"]


def test_judged_candidates_are_chosen_among_as_learnt_or_by_one_setting(
    dock: SegmentDock, wait: Wait
) -> None:
    one = DensityConfig(bandwidth=1.7)
    give_judged(dock, wait, config=LearnedConfig(), one_setting=one)
    objects, form = dock.objects, dock.objects.form
    assert not form.choice.isHidden()
    assert form.choice.value() == "learned"
    assert form.method.currentData() == "learned"
    assert in_view(dock) == ["bandwidth", "quality_threshold"]
    assert objects.curve.isHidden()
    assert objects.count.text() == "3 objects"
    form.editor("quality_threshold").setValue(0.6)
    wait(lambda: objects.count.text() == "2 objects" and objects.is_idle)
    press(dock, "one")
    assert dock.session.config == one
    assert in_view(dock) == ["bandwidth", "foreground_threshold", "object_threshold"]
    assert not objects.curve.isHidden()
    wait(lambda: objects.count.text() == "3 objects" and objects.is_idle)
    objects.set_bandwidth(2.2)
    press(dock, "learned")
    assert dock.session.config == LearnedConfig(quality_threshold=0.6)
    press(dock, "one")
    assert dock.session.config == DensityConfig(bandwidth=2.2)
    wait(lambda: objects.is_idle)


def test_the_slider_joins_what_was_learnt_to_be_two(dock: SegmentDock, wait: Wait) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    before = np.array(dock.objects.preview().data)  # type: ignore[union-attr]
    usual = dock.session.series[0].space.bandwidth  # type: ignore[index]
    dock.objects.set_bandwidth(16 * usual)
    wait(lambda: dock.objects.count.text() == "2 objects" and dock.objects.is_idle)
    after = np.asarray(dock.objects.preview().data)  # type: ignore[union-attr]
    third = squares(3) == 3
    assert (after[third] == before[third]).all()  # what has not changed keeps its colour


def test_what_both_read_alike_goes_along(dock: SegmentDock, wait: Wait) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.session.config = dock.session.config.changed(min_size=9, foreground_threshold=0.6)
    press(dock, "one")
    assert dock.session.config == DensityConfig(min_size=9)
    wait(lambda: dock.objects.is_idle)


def test_an_image_that_was_not_judged_is_grouped_by_one_setting(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    layer = give_judged(dock, wait, config=DensityConfig())
    press(dock, "learned")
    wait(lambda: dock.objects.is_idle)
    work_on(dock, layer, "YX")
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))], config=DensityConfig())
    wait(lambda: dock.objects.is_idle)
    assert dock.session.config.method == "density"
    assert dock.objects.form.choice.isHidden()
    assert dock.objects.form.method.currentData() == "density"
    assert told == []
