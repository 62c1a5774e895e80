"""Live learning: new data between two steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Finish, Job, Progress, run
from napari_discembed.training import FitResult, fit_live
from napari_discembed.training.live import FIRST_PREVIEW, RESTING, UPDATES

from .tiny import MODEL, config, data


def unlabelled_background() -> TrainingSet:
    known = data().items[0]
    return TrainingSet([TrainingImage(known.image, np.where(known.labels > 0, known.labels, -1))])


def learning(answers: Iterator[TrainingSet | None], steps: int = 3) -> Job[FitResult]:
    """Learn what comes, steps each time; end once nothing more comes."""

    def newer() -> TrainingSet | None:
        for answer in answers:
            return answer
        raise Finish

    torch.manual_seed(0)
    return fit_live(EmbeddingNet(MODEL), data(), config(steps=steps), newer)


def test_new_data_are_learnt_by_the_same_network_and_all_ends_when_asked() -> None:
    seen: list[Progress] = []
    result = run(learning(iter([None, None, unlabelled_background(), None, None])), seen.append)
    assert [p.values["step"] for p in seen] == [1, 2, 3, 4]
    assert [p.values[UPDATES] for p in seen] == [0, 0, 1, 1]
    assert (result.reason, result.kept_start, result.net.training) == ("stopped", False, False)


def test_the_loss_follows_whether_background_is_labelled() -> None:
    seen: list[Progress] = []
    run(learning(iter([None, unlabelled_background(), None, data(), None])), seen.append)
    weak = [p.values["foreground"] for p in seen]
    assert all(np.isfinite(weak))
    assert len(weak) == 3


def test_a_training_rests_once_all_is_learnt_and_goes_on_with_what_comes() -> None:
    seen: list[Progress] = []
    answers: list[TrainingSet | None] = [None] * 4 + [data()] + [None] * 3
    run(learning(iter(answers), steps=2), seen.append)
    assert [p.values.get("step") for p in seen] == [1, 2, None, None, 3, 4, None]
    assert seen[2].fraction == 1.0


def test_the_first_preview_of_new_data_comes_a_few_steps_later() -> None:
    answers: list[TrainingSet | None] = [None] * 6 + [data()] + [None] * 6

    def preview(_net: EmbeddingNet) -> Job[dict[str, int]]:
        yield Progress(0.5, "embedding")
        return {"preview": 1}

    def newer() -> TrainingSet | None:
        if not answers:
            raise Finish
        return answers.pop(0)

    torch.manual_seed(0)
    seen: list[Progress] = []
    work = fit_live(EmbeddingNet(MODEL), data(), config(steps=99), newer, preview=preview)
    run(work, seen.append)
    shown = [p.values["step"] for p in seen if p.data]
    assert shown == [FIRST_PREVIEW, 6 + FIRST_PREVIEW]


def test_the_same_seed_and_data_give_the_same_weights() -> None:
    a, b = (run(learning(iter([None, data(), None]))) for _ in range(2))
    states = zip(a.net.state_dict().values(), b.net.state_dict().values(), strict=True)
    assert all(torch.equal(x, y) for x, y in states)


def test_the_last_weights_are_shown_before_the_training_rests() -> None:
    answers: list[TrainingSet | None] = [None] * 4

    def preview(_net: EmbeddingNet) -> Job[dict[str, int]]:
        yield Progress(0.5, "embedding")
        return {"preview": 1}

    def newer() -> TrainingSet | None:
        if not answers:
            raise Finish
        return answers.pop(0)

    torch.manual_seed(0)
    seen: list[Progress] = []
    run(fit_live(EmbeddingNet(MODEL), data(), config(steps=1), newer, preview=preview), seen.append)
    shown = [i for i, p in enumerate(seen) if p.data]
    assert len(shown) == 1
    assert [p.message for p in seen[shown[0] :]] == [RESTING] * 3
