"""The training loop: it learns, shows itself, and ends in time."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job, Progress, run
from napari_discembed.training import clock, fit, loop

from .tiny import MODEL, config, data, job, same, scoring


def test_the_loss_falls() -> None:
    result = run(job(config(steps=60, learning_rate=1e-2)))
    losses = [step["loss"] for step in result.history.steps]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert (result.reason, len(losses)) == ("finished", 60)


def test_coordinates_are_taught_over_the_whole_image(monkeypatch: pytest.MonkeyPatch) -> None:
    # A patch of 16 pixels lies anywhere in the 40 of the image: so must the positions it is given.
    model = MODEL.with_short(coordinates="input", embedding_dim=4)
    settings, seen = config(steps=8), list[torch.Tensor]()
    passed = EmbeddingNet.passed

    def spied(
        net: EmbeddingNet, images: torch.Tensor, origin: torch.Tensor, *more: object
    ) -> object:
        seen.append(origin)
        return passed(net, images, origin, *more)

    monkeypatch.setattr(EmbeddingNet, "passed", spied)
    run(fit(EmbeddingNet(model), data(), settings))
    origins = torch.cat(seen)
    assert origins.shape == (16, 2)
    assert origins.min() < 4
    assert origins.max() > 16


def test_each_step_is_told_with_its_terms() -> None:
    seen: list[Progress] = []
    run(job(config(steps=2)), seen.append)
    assert [p.fraction for p in seen] == [0.5, 1.0]
    assert {"loss", "pull", "push", "foreground"} <= seen[0].values.keys()


def test_the_same_seed_gives_the_same_weights_and_the_start_stays_as_it_is() -> None:
    torch.manual_seed(0)
    net = EmbeddingNet(MODEL)
    before = [p.clone() for p in net.parameters()]
    c = config()
    a = run(fit(net, data(), c))
    assert all(torch.equal(p, q) for p, q in zip(before, net.parameters(), strict=True))
    assert same(a, run(job(c)))
    assert not same(a, run(job(config(seed=1))))


def test_a_training_asked_to_finish_returns_the_best_so_far() -> None:
    seen: list[Progress] = []
    work = job(config(steps=1000))
    result = run(work, seen.append, finish=lambda: len(seen) == 3)
    assert (result.reason, len(result.history.steps), len(seen)) == ("stopped", 3, 3)
    assert not result.net.training


def test_no_thread_is_left_when_a_training_is_closed() -> None:
    work = job(config())
    next(work)
    work.close()
    assert not [t for t in threading.enumerate() if "discembed" in t.name]


def test_a_training_without_an_end_is_judged_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    # A step takes 20 s; the mean with the start scores 0.5, what was learnt alone 0.9.
    settings = config(seconds=1e6, schedule="constant", base_weight=0.5)
    scores = iter([0.1] + [0.5, 0.9] * 4)
    seconds = 0.0

    def tick(progress: Progress) -> None:
        nonlocal seconds
        if progress.message.startswith("step"):
            seconds += 20.0

    monkeypatch.setattr(clock.Clock, "__call__", lambda _: seconds)
    validate = scoring(lambda _: {"ap50": next(scores)})
    work = job(settings, validate=validate, keep_start=True)
    result = run(work, tick, finish=lambda: seconds > 200)
    times = [record["seconds"] for record in result.history.validations]
    assert times == [0, 60, 120, 180, 220]
    assert result.best == {"ap50": 0.9}


def test_one_patch_no_larger_than_the_coarsest_scale_sees_is_enough() -> None:
    deep = MODEL.with_short(features=(4, 4, 4, 4, 4))
    settings = config(steps=1, batch_size=1)
    run(fit(EmbeddingNet(deep), data(), settings))


def test_a_time_budget_is_kept() -> None:
    started = time.monotonic()
    result = run(job(config(seconds=1.0)))
    assert time.monotonic() - started < 5
    assert len(result.history.steps) >= 1
    assert result.history.steps[-1]["learning_rate"] < 1e-3


def test_a_validation_shows_its_progress_and_its_scores() -> None:
    seen: list[Progress] = []
    settings = config(steps=2, validations=1)
    run(job(settings, validate=scoring(lambda _: {"ap50": 0.5}), keep_start=True), seen.append)
    messages = [p.message for p in seen]
    assert messages[:2] == ["validation: embedding"] * 2  # of the start
    assert [m.split(",")[0] for m in messages[2:4]] == ["step 1", "step 2"]
    assert messages[4:] == ["validation: embedding"] * 2
    assert [p.fraction for p in seen] == [0, 0, 0.5, 1, 1, 1]
    assert not any(p.values for p in seen if "embedding" in p.message)

    seen.clear()
    run(job(config(validations=2), validate=scoring(lambda _: {"ap50": 0.5})), seen.append)
    [middle] = [p for p in seen if p.message == "validated"]
    assert (middle.fraction, middle.values["ap50"], middle.values["step"]) == (0.5, 0.5, 3)


@pytest.mark.parametrize("at", [1, 2])
def test_a_validation_under_way_is_the_last_of_a_training_asked_to_finish(at: int) -> None:
    seen: list[Progress] = []

    def asked() -> bool:
        return [p.message for p in seen].count("validation: embedding") == at

    settings = config(steps=100, validations=50)
    work = job(settings, validate=scoring(lambda _: {"ap50": 0.5}))
    result = run(work, seen.append, finish=asked)
    assert result.reason == "stopped"
    assert result.best == {"ap50": 0.5}
    assert [record["step"] for record in result.history.validations] == [2]
    assert len(result.history.steps) == 2


def test_a_training_asked_to_finish_while_its_start_is_scored_keeps_the_start() -> None:
    work = job(config(), validate=scoring(lambda _: {"ap50": 0.5}), keep_start=True)
    result = run(work, finish=lambda: True)
    assert (result.reason, result.kept_start, result.history.steps) == ("stopped", True, [])


def test_a_training_asked_to_finish_between_validations_scores_what_it_has() -> None:
    seen: list[Progress] = []
    work = job(config(steps=100, validations=2), validate=scoring(lambda _: {"ap50": 0.5}))
    result = run(work, seen.append, finish=lambda: len(seen) == 3)
    assert [record["step"] for record in result.history.validations] == [3]
    assert result.best == {"ap50": 0.5}


def test_closing_a_training_within_a_validation_closes_that(tmp_path: Path) -> None:
    log: list[str] = []

    def validate(_: EmbeddingNet) -> Job[dict[str, float]]:
        try:
            yield Progress(0.5, "embedding")
            return {"ap50": 0.5}
        finally:
            log.append("closed")

    state = tmp_path / "t.state.safetensors"
    work = job(config(validations=2), validate=validate, state=state)
    next(p for p in work if p.message == "validation: embedding")
    work.close()
    assert log == ["closed"]
    assert not [t for t in threading.enumerate() if "discembed" in t.name]
    # What was interrupted was not scored: it goes on from the step before.
    resumed = run(job(config(validations=2), validate=validate, state=state, resume=True))
    assert [record["step"] for record in resumed.history.validations] == [3, 6]


def test_time_in_which_a_training_waits_is_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def validate(_: EmbeddingNet) -> Job[dict[str, float]]:
        nonlocal now
        now += 5  # it takes 5 s, and whoever drives it waits in the middle
        yield Progress(0.5)
        return {"ap50": 0.5}

    work = job(config(steps=2, validations=2), validate=validate, preview=shown)
    seen = []
    for progress in work:
        seen.append(progress)
        now += 1000
    seconds = [p.values["seconds"] for p in seen if "seconds" in p.values]
    assert seconds == [0, 5, 5]  # step, validation, step


def shown(net: EmbeddingNet) -> Job[dict[str, object]]:
    """A preview of two parts: the number of parameters."""
    yield Progress(0.5, "a part", {"part": 1})
    yield Progress(1.0, "a part", {"part": 2})
    return {"parameters": len(list(net.parameters()))}


def test_a_preview_is_a_part_of_its_step_and_comes_with_its_progress() -> None:
    seen: list[Progress] = []
    run(job(config(steps=2), preview=shown), seen.append)
    first, second, whole, later = seen
    assert first.message == second.message == whole.message
    assert (first.values, second.values, first.data) == ({}, {}, {})  # a step is shown once
    assert whole.data == {"parameters": len(list(EmbeddingNet(MODEL).parameters()))}
    assert (whole.values["step"], later.values["step"], later.data) == (1, 2, {})


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_training_asked_to_finish_within_a_preview_ends_at_once(at: int) -> None:
    seen: list[Progress] = []
    result = run(job(config(), preview=shown), seen.append, finish=lambda: len(seen) == at)
    assert (result.reason, len(result.history.steps), len(seen)) == ("stopped", 1, at)


def test_previews_come_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now, made = 0.0, []

    def preview(_: EmbeddingNet) -> Job[dict[str, object]]:
        nonlocal now
        now += 3  # at most 15 % of the time: the next one 20 s later
        made.append(now)
        return {}
        yield

    monkeypatch.setattr(clock.Clock, "__call__", lambda _: now)
    for _ in job(config(steps=60), preview=preview):
        now += 1
    assert made == [3, 26, 49]


def test_steps_that_take_long_are_told_before_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "check_step", lambda *_: "A step takes long.")
    steps = job(config(steps=1))
    assert next(steps).message == "A step takes long."
    assert run(steps).history.steps
