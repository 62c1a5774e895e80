"""Live learning: what is handed over is taken once, whole, and learnt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.models import load_model
from napari_discembed.progress import Progress, run
from napari_discembed.session.live import NEWER, LiveLabels, missing, taken_over
from napari_discembed.session.live_process import OUTCOME, learn
from napari_discembed.session.trainings import Training
from napari_discembed.training.live import UPDATES


def test_what_is_handed_over_is_taken_once_and_of_two_the_last(tmp_path: Path) -> None:
    one, two = (LiveLabels([np.full((2, 3), n, np.uint8)], n == 2, 7) for n in (1, 2))
    assert taken_over(tmp_path) is None
    one.hand_over(tmp_path)
    two.hand_over(tmp_path)
    found = taken_over(tmp_path)
    assert found is not None
    assert found.is_same(two)
    assert not found.is_same(one)
    assert taken_over(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_no_background_is_handed_over_as_none(tmp_path: Path) -> None:
    LiveLabels([np.ones((2, 2), int), np.ones((3, 3), int)], False, None).hand_over(tmp_path)
    found = taken_over(tmp_path)
    assert found is not None
    assert (found.background_label, len(found.labels)) == (None, 2)


def test_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / NEWER).write_bytes(b"PK nothing")
    assert taken_over(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("painted", "background", "word"),
    [(0, True, "2 objects"), (1, True, "2 objects"), (2, False, "background"), (2, True, "")],
)
def test_two_objects_and_background_are_enough(painted: int, background: bool, word: str) -> None:
    said = missing(painted, background=background)
    assert word in said
    assert bool(said) is bool(word)


@pytest.mark.parametrize(
    ("labels", "complete", "enough"),
    [
        ([[1, 2, 7]], False, True),
        ([[1], [2]], True, True),
        ([[1, 2, 0]], False, False),
        ([[1, 7, 0]], False, False),
    ],
)
def test_what_is_enough_is_known_of_labels(
    labels: list[list[int]], complete: bool, enough: bool
) -> None:
    arrays = [np.array([row]) for row in labels]
    assert LiveLabels(arrays, complete, 7).is_enough is enough


def test_it_waits_until_enough_is_painted(
    ask: Callable[[], Training], painted: tuple[object, np.ndarray]
) -> None:
    training, labels = ask(), painted[1]
    LiveLabels([np.where(labels == 1, labels, 0)], False, 255).hand_over(training.folder)
    job = learn(str(training.folder))
    waiting = [next(job) for _ in range(3)]
    assert not any(progress.values for progress in waiting)
    LiveLabels([labels], False, 255).hand_over(training.folder)
    assert next(progress for progress in job if progress.values).values["step"] == 1
    job.close()


def test_what_is_painted_meanwhile_is_learnt_and_previewed(
    ask: Callable[[], Training], painted: tuple[object, np.ndarray]
) -> None:
    training, seen = ask(), list[Progress]()
    more = painted[1].copy()
    more[40:54, 44:58] = 4

    def follow(progress: Progress) -> None:
        seen.append(progress)
        if progress.values.get("step") == 2:
            LiveLabels([more], False, 255).hand_over(training.folder)

    job = learn(str(training.folder))
    path = run(job, follow, finish=lambda: seen[-1].values.get("step") == 6)
    assert [p.values[UPDATES] for p in seen if p.values] == [0, 0, 1, 1, 1, 1]
    preview = next(p.data["preview"] for p in reversed(seen) if p.data)
    assert len(preview.means) == 4
    assert seen[-1].message.endswith(OUTCOME)
    card = load_model(path).card
    assert (card.training["objects"], card.training["held_back"]) == (4, 0)
    assert not card.training["kept_start"]
    assert not training.can_resume()
