"""What a person is told to do next."""

from __future__ import annotations

import pytest

from napari_discembed.session.guidance import Situation, Step
from napari_discembed.session.state import Session


@pytest.mark.parametrize(
    ("situation", "step", "word"),
    [
        (Situation(), Step.FIND, "Open an image"),
        (Situation("leaves"), Step.FIND, "Find objects"),
        (Situation("leaves", painted=1), Step.PAINT, "3 more objects"),
        (Situation("leaves", painted=3), Step.PAINT, "1 more object,"),
        (Situation("leaves", painted=4), Step.PAINT, "background"),
        (Situation("leaves", painted=4, background=True), Step.PAINT, "press Learn"),
        (Situation("leaves", painted=4, background=True, learnt=True), Step.FIND, "has learnt"),
        (Situation("leaves", found=0), Step.PAINT, "Nothing was found"),
        (Situation("leaves", found=9), Step.FIND, "Commit"),
        (Situation("leaves", found=9, committed=True), Step.CORRECT, "least sure"),
        (Situation("leaves", found=9, committed=True, counted=True), Step.COUNT, "Export"),
    ],
)
def test_the_next_step_follows_from_what_was_done(
    situation: Situation, step: Step, word: str
) -> None:
    assert situation.advice.step is step
    assert word in situation.advice.words


def test_what_is_worked_on_is_said_in_a_line() -> None:
    assert Situation().words == ""
    assert Situation("leaves", "rosette").words == "leaves · rosette"
    assert Situation("leaves", "rosette", found=1).words == "leaves · rosette · 1 object"


def test_a_session_tells_of_what_is_new_alone() -> None:
    session, told = Session(), list[Situation]()
    session.situation_changed.connect(told.append)
    session.note(image="leaves", painted=2)
    session.note(painted=2)
    session.note(painted=3)
    assert told == [Situation("leaves", painted=2), Situation("leaves", painted=3)]


def test_of_another_image_nothing_is_done_yet_but_the_learning_goes_on() -> None:
    session = Session()
    session.turn_situation("leaves", "rosette")
    session.note(found=3, learning="Learning ...")
    session.turn_situation("leaves", "nuclei")
    assert session.situation == Situation("leaves", "nuclei", found=3, learning="Learning ...")
    session.turn_situation("cells", "nuclei")
    assert session.situation == Situation("cells", "nuclei", learning="Learning ...")
    assert session.situation.running == "Learning ..."
