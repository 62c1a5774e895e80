"""What the process of a training does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed import finetuning
from napari_discembed.config import FinetuningConfig
from napari_discembed.errors import TrainingDataError
from napari_discembed.models import load_model
from napari_discembed.progress import Progress, run
from napari_discembed.session.training_process import (
    is_labelled_through_planes,
    labelled_frames,
    train,
)
from napari_discembed.session.trainings import Request, Training, interrupted, new_training
from napari_discembed.types import Axes, Image


def test_a_training_on_disk_gives_a_model_and_previews_it(ask: Callable[[], Training]) -> None:
    training, seen = ask(), []
    path = run(train(str(training.folder)), seen.append)
    assert load_model(path).name == "mine"
    preview = next(p.data["preview"] for p in seen if p.data)
    assert preview.labels.shape == (64, 64)
    assert preview.points.shape[1] == preview.means.shape[1] == 2
    assert len(preview.means) == 3
    assert not training.can_resume()


def test_where_the_start_is_kept_both_results_are_left_to_choose_from(
    tmp_path: Path, quick: FinetuningConfig
) -> None:
    labels = np.zeros((48, 72), np.uint8)
    for i in range(6):
        y, x = divmod(i, 3)
        labels[6 + 24 * y : 18 + 24 * y, 6 + 24 * x : 18 + 24 * x] = i + 1
    harmful = quick.model_copy(update={"learning_rate": 1.0, "ema_decay": 0.0})
    request = Request(name="mine", start="generalist", train=harmful, complete=True)
    image = Image(((labels > 0) * 200).astype(np.uint8))
    training, seen = new_training(request, [image], [labels], tmp_path), []
    path = run(train(str(training.folder)), seen.append)
    choice = seen[-1].data["choice"]
    assert (choice.start.count, choice.held_back) == (6, 1)
    assert choice.start.score > choice.learnt.score
    assert load_model(path).card.training["kept_start"]
    assert not load_model(str(training.learnt_file)).card.training["kept_start"]


def test_an_interrupted_training_is_found_and_goes_on(
    tmp_path: Path, ask: Callable[[], Training]
) -> None:
    training = ask()
    job = train(str(training.folder))
    steps = (progress for progress in job if progress.values)
    first: Progress = next(steps)
    next(steps)
    job.close()
    assert first.values["loss"] > 0
    assert [t.folder for t in interrupted(tmp_path)] == [training.folder]
    seen: list[str] = []
    run(train(str(training.folder)), lambda p: seen.append(p.message))
    assert seen[0].startswith("step 2,")
    assert interrupted(tmp_path) == []
    training.discard()
    assert not training.folder.exists()


def test_scribbled_background_is_no_object_to_check_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    painted: tuple[Image, np.ndarray],
    quick: FinetuningConfig,
) -> None:
    image, labels = painted
    seen: list[np.ndarray] = []

    def finetune(
        *_pairs: object, validation: tuple[list[Image], list[np.ndarray]], **_: object
    ) -> None:
        seen.extend(validation[1])
        raise TrainingDataError("enough")

    monkeypatch.setattr(finetuning, "finetune", finetune)
    request = Request(name="mine", train=quick, background_label=255, validation=1)
    training = new_training(request, [image] * 2, [labels] * 2, tmp_path)
    with pytest.raises(TrainingDataError, match="enough"):
        run(train(str(training.folder)))
    assert set(np.unique(seen[0])) == {0, 1, 2, 3}


def test_a_training_that_cannot_teach_says_so(
    tmp_path: Path, painted: tuple[Image, np.ndarray], quick: FinetuningConfig
) -> None:
    image, labels = painted
    request = Request(name="mine", train=quick)
    training = new_training(request, [image], [labels * 0], tmp_path)
    with pytest.raises(TrainingDataError):
        run(train(str(training.folder)))


def test_of_a_stack_the_painted_planes_are_taught(
    tmp_path: Path, painted: tuple[Image, np.ndarray], quick: FinetuningConfig
) -> None:
    image, labels = painted
    series = Image(np.stack([image.data] * 3), "TYX")
    paint = np.stack([labels, labels * 0, labels])
    lessons = labelled_frames([series], [paint], 2)
    assert [i.axes for i, _ in lessons] == ["YX", "YX"]
    assert all((p == labels).all() for _, p in lessons)
    assert len(labelled_frames([series], [paint * 0], 2)) == 1
    request = Request(name="mine", train=quick, background_label=255)
    run(train(str(new_training(request, [series], [paint], tmp_path).folder)))


@pytest.mark.parametrize(
    ("axes", "through"), [("ZYX", True), ("TYX", False), ("TZYX", False), ("ZCYX", True)]
)
def test_an_object_painted_through_planes_makes_a_volume(
    axes: str, through: bool, painted: tuple[Image, np.ndarray]
) -> None:
    _, labels = painted
    shape = {"C": 2, "T": 2, "Z": 2, "Y": labels.shape[0], "X": labels.shape[1]}
    image = Image(np.zeros([shape[a] for a in axes]), axes)
    two = np.stack([labels, labels])
    both = two if axes != "TZYX" else np.stack([np.stack([labels, labels * 0])] * 2)
    assert is_labelled_through_planes(image, both) == through
    assert not is_labelled_through_planes(image, np.stack([both[0], both[1] * 0]))
    background = np.where(both > 0, 9, 0)
    assert not is_labelled_through_planes(image, background, 9)


def test_a_start_for_planes_learns_volumes_painted_through_them(
    tmp_path: Path, painted: tuple[Image, np.ndarray], quick: FinetuningConfig
) -> None:
    image, labels = painted
    series = Image(np.stack([image.data] * 8), "ZYX")
    for paint, ndim in ((np.stack([labels] * 8), 3), (np.stack([labels] + [labels * 0] * 7), 2)):
        request = Request(name="mine", start="generalist", train=quick, background_label=255)
        training = new_training(request, [series], [paint], tmp_path)
        model = load_model(run(train(str(training.folder))))
        assert model.config.ndim == ndim


def test_stacks_are_taken_apart_along_the_axes_that_they_have() -> None:
    # Time is the last axis, and there are channels: the labels have neither order nor channels.
    pixels = np.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3)
    image, labels = Image(pixels, Axes("CYXT")), np.zeros((4, 5, 3), int)
    labels[1, 1, 0], labels[2, 2, 2] = 1, 2
    (first, of_first), (last, of_last) = labelled_frames([image], [labels], 2)
    assert (first.axes, last.axes) == ("CYX", "CYX")
    assert (first.data == pixels[..., 0]).all()
    assert (last.data == pixels[..., 2]).all()
    assert (of_first == labels[..., 0]).all()
    assert (of_last == labels[..., 2]).all()


def test_labels_that_do_not_fit_their_series_are_left_for_the_training_to_tell() -> None:
    image = Image(np.zeros((3, 8, 8)), Axes("TYX"))
    for wrong in (np.ones((8, 8), int), np.ones((2, 8, 8), int)):
        [(same, labels)] = labelled_frames([image], [wrong], 2)
        assert same is image
        assert labels is wrong


def test_a_training_told_to_end_as_it_ends_still_gives_its_model(
    ask: Callable[[], Training],
) -> None:
    training, seen = ask(), []
    work = train(str(training.folder))
    path = run(work, seen.append, finish=lambda: seen[-1].fraction == 1)
    assert load_model(path).name == "mine"


def test_a_training_stops_within_a_preview_and_within_its_last_part(
    ask: Callable[[], Training],
) -> None:
    training = ask()
    messages: list[str] = []
    for wanted in ("step 1,", "step 4,", "bandwidth"):
        job = train(str(training.folder))
        for progress in job:
            messages.append(progress.message)
            if progress.message.startswith(wanted):
                break
        job.close()
        assert training.can_resume() or wanted == "step 1,"  # nothing learnt yet
        assert not training.model_file.exists()
