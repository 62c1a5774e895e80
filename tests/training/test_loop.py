"""Training: it learns, ends in time, and survives anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.datasets.patches import TrainingImage, TrainingSet
from napari_discembed.errors import CheckpointError, DiscembedError, InputError
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job, Progress, run
from napari_discembed.training import FitResult, Validate, clock, fit
from napari_discembed.training.ema import Average
from napari_discembed.training.history import MOST_RECORDS, History
from napari_discembed.training.schedule import Budget, budget, learning_rate_factor
from napari_discembed.training.state import read_state

MODEL = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=8)


def data() -> TrainingSet:
    labels = np.zeros((40, 40), np.int32)
    for i, (y, x) in enumerate([(4, 4), (4, 24), (24, 4), (24, 24)]):
        labels[y : y + 8, x : x + 8] = i + 1
    return TrainingSet([TrainingImage((labels > 0).astype(np.float32)[None], labels)])


def config(**changes: object) -> TrainingConfig:
    known = {"steps": 6, "patch_size": 16, "batch_size": 2, "checkpoint_every": 1e-6}
    if {"seconds", "epochs"} & changes.keys():
        del known["steps"]
    return TrainingConfig.model_validate({**known, **changes})


def job(settings: TrainingConfig, **options: object) -> Job[FitResult]:
    torch.manual_seed(0)
    net = EmbeddingNet(MODEL)
    return fit(net, data(), settings, **options)


def scoring(score: Callable[[EmbeddingNet], dict[str, float]]) -> Validate:
    """Return a validation of two parts that gives some scores."""

    def validate(net: EmbeddingNet) -> Job[dict[str, float]]:
        yield Progress(0.5, "embedding")
        yield Progress(1.0, "embedding")
        return score(net)

    return validate


def weights(result: FitResult) -> list[torch.Tensor]:
    return list(result.net.state_dict().values())


def same(a: FitResult, b: FitResult) -> bool:
    return all(torch.equal(x, y) for x, y in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_result_is_a_mean_with_the_start(share: float) -> None:
    torch.manual_seed(0)
    start = EmbeddingNet(MODEL).state_dict().values()
    learnt = weights(run(job(config())))
    mixed = weights(run(job(config(base_weight=share))))
    for old, new, seen in zip(start, learnt, mixed, strict=True):
        if old.is_floating_point():
            torch.testing.assert_close(seen, (1 - share) * new + share * old)


def test_the_loss_falls() -> None:
    result = run(job(config(steps=60, learning_rate=1e-2)))
    losses = [step["loss"] for step in result.history.steps]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert (result.reason, len(losses)) == ("finished", 60)


def test_coordinates_are_taught_over_the_whole_image(monkeypatch: pytest.MonkeyPatch) -> None:
    # A patch of 16 pixels lies anywhere in the 40 of the image: so must the positions it is given.
    model = MODEL.with_short(coordinates="input", embedding_dim=4)
    settings, seen = config(steps=8), list[torch.Tensor]()
    forward = EmbeddingNet.forward

    def spied(
        net: EmbeddingNet, images: torch.Tensor, origin: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        if origin is not None:
            seen.append(origin)
        return forward(net, images, origin)

    monkeypatch.setattr(EmbeddingNet, "forward", spied)
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


@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_an_interrupted_training_ends_as_if_nothing_had_happened(
    stop_after: int, tmp_path: Path
) -> None:
    state = tmp_path / "t.state.safetensors"
    whole = run(job(config()))
    first = job(config(), state=state)
    for _ in range(stop_after + 1):
        next(first)
    first.close()
    resumed = run(job(config(), state=state, resume=True))
    assert same(whole, resumed)
    assert [s["step"] for s in resumed.history.steps] == [1, 2, 3, 4, 5, 6]


KILLED = """
import sys; sys.path.insert(0, {folder!r})
import test_loop as t
from pathlib import Path
t.torch.set_num_threads({threads})
for p in t.job(t.config(steps=4000), state=Path({state!r})):
    print(p.message, flush=True)
"""


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    code = KILLED.format(
        folder=str(Path(__file__).parent), state=str(state), threads=torch.get_num_threads()
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(7):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert state.exists()
    steps = 4000

    reached = int(read_state(state).values["step"])

    def until(step: int, path: Path, *, resume: bool) -> dict[str, torch.Tensor]:
        """Return the weights at a step of the long training."""
        work = job(config(steps=steps), state=path, resume=resume)
        for _ in work:
            if path.exists() and (saved := read_state(path)).values["step"] == step:
                work.close()
                return saved.part("net")
        raise AssertionError

    whole = until(reached + 8, tmp_path / "other.state.safetensors", resume=False)
    resumed = until(reached + 8, state, resume=True)
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)


def test_a_state_of_other_settings_or_data_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    run(job(config(), state=state))
    with pytest.raises(CheckpointError, match="other settings"):
        run(job(config(batch_size=3), state=state, resume=True))
    c, other = config(), EmbeddingNet(MODEL)
    resumed = fit(other, data(), c, state=state, resume=True)
    with pytest.raises(CheckpointError, match="other start"):
        run(resumed)
    with pytest.raises(CheckpointError, match="other validation"):
        run(job(config(), state=state, resume=True, judged_on="others"))
    state.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="not the state"):
        run(job(config(), state=state, resume=True))


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


def test_the_best_by_validation_is_returned_and_patience_ends_it() -> None:
    scores = iter([0.1, 0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    kept: list[dict[str, torch.Tensor]] = []

    def validate(net: EmbeddingNet) -> dict[str, float]:
        kept.append({k: v.clone() for k, v in net.state_dict().items()})
        return {"ap50": next(scores)}

    settings = config(steps=100, validations=20, patience=2)
    result = run(job(settings, validate=scoring(validate)))
    assert result.reason == "no further gain"
    assert result.best == {"ap50": 0.9}
    assert len(result.history.validations) == 4
    assert all(torch.equal(kept[1][k], v) for k, v in result.net.state_dict().items())


def test_a_gain_that_is_not_yet_believed_does_not_try_patience() -> None:
    scores = iter([0.3, 0.9, 0.9, 0.9])
    settings = config(steps=3, validations=3, patience=1)
    result = run(job(settings, validate=scoring(lambda _: {"ap50": next(scores)}), keep_start=True))
    assert (result.kept_start, result.reason) == (False, "finished")


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


@pytest.mark.parametrize(
    ("scores", "validations", "kept", "best"),
    [
        ([0.5, 0.9, 0.4, 0.4], 3, True, 0.5),  # one high score in a row of low ones is luck
        ([0.5, 0.6, 0.7, 0.4], 3, False, 0.7),
        ([0.5, 0.6], 1, False, 0.6),  # there is but one to go by
        ([0.5, 0.4], 1, True, 0.5),
    ],
)
def test_a_start_is_given_up_only_for_a_gain_that_lasts(
    scores: list[float], validations: int, kept: bool, best: float
) -> None:
    left = iter(scores)
    settings = config(steps=30, validations=validations)
    result = run(job(settings, validate=scoring(lambda _: {"ap50": next(left)}), keep_start=True))
    assert (result.kept_start, result.best) == (kept, {"ap50": best})
    assert not list(left)


@pytest.mark.parametrize(
    ("alone", "learnt_alone"),
    [([0.7, 0.7, 0.7], True), ([0.55, 0.55, 0.55], False), ([0.7, 0.5, 0.7], False)],
)
def test_what_was_learnt_alone_is_taken_where_it_is_far_better_twice(
    alone: list[float], learnt_alone: bool
) -> None:
    # Ten validations: of those after three quarters, the mean with the start scores 0.5.
    settings = config(steps=20, validations=10, base_weight=0.5)
    scores = iter([0.1] * 7 + [score for one in alone for score in (0.5, one)])
    seen: list[dict[str, torch.Tensor]] = []

    def validate(net: EmbeddingNet) -> dict[str, float]:
        seen.append({k: v.clone() for k, v in net.state_dict().items()})
        return {"ap50": next(scores)}

    result = run(job(settings, validate=scoring(validate)))
    assert not list(scores)
    assert result.best == {"ap50": 0.7 if learnt_alone else 0.5}
    taken = seen[10] if learnt_alone else seen[7]  # the first that scores so, as told above
    assert all(torch.equal(taken[k], v) for k, v in result.net.state_dict().items())


@pytest.mark.parametrize(("start", "learnt_alone"), [(0.1, True), (0.4, False)])
def test_what_was_learnt_alone_is_taken_only_where_the_start_knows_nothing(
    start: float, learnt_alone: bool
) -> None:
    settings = config(steps=20, validations=10, base_weight=0.5)

    def validate(net: EmbeddingNet) -> dict[str, float]:
        return {"ap50": next(scores)}

    late = [0.5, 0.7] if learnt_alone else [0.5]
    scores = iter([start] * 8 + late * 3)
    result = run(job(settings, validate=scoring(validate), keep_start=True))
    assert not list(scores)
    assert result.best == {"ap50": 0.7 if learnt_alone else 0.5}


def test_of_a_long_training_every_other_record_is_kept() -> None:
    history = History()
    for step in range(1, 2 * MOST_RECORDS):
        history.add({"step": step})
    kept = [record["step"] for record in history.steps]
    assert len(kept) <= MOST_RECORDS
    assert (kept[-1], min(np.diff(kept))) == (2 * MOST_RECORDS - 1, 1)
    assert max(np.diff(kept)) <= 4


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


def test_consistency_learns_from_unlabelled_pixels() -> None:
    c = config(consistency=1.0, steps=2)
    items = data().items
    sparse = np.where(items[0].labels == 1, 1, -1).astype(np.int32)
    torch.manual_seed(0)
    result = run(
        fit(
            EmbeddingNet(MODEL), TrainingSet([TrainingImage(items[0].image, sparse)]), c
        )
    )  # fmt: skip
    assert "consistency" in result.history.steps[-1]


def test_a_loss_that_is_no_number_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = TrainingImage(np.full((1, 40, 40), np.nan, np.float32), data().items[0].labels)
    c = config(steps=100)
    with pytest.raises(DiscembedError, match="not a finite number"):
        run(fit(EmbeddingNet(MODEL), TrainingSet([bad]), c))


def test_budgets() -> None:
    assert budget(TrainingConfig(epochs=2, batch_size=4), n_pixels=800, patch_pixels=100) == Budget(
        4, None
    )
    with pytest.raises(InputError, match="steps, epochs and seconds"):
        budget(TrainingConfig(), 1, 1)
    assert Budget(None, 10.0).is_spent(5, 9.5, 0.6)
    assert not Budget(None, 10.0).is_spent(0, 99, 1)


def test_the_learning_rate_rises_and_falls_to_zero() -> None:
    rates = [learning_rate_factor(TrainingConfig(), 0, f) for f in (0, 0.05, 0.5, 1)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(1)
    assert 0 < rates[2] < 1
    assert rates[3] == pytest.approx(0)


def test_the_average_forgets_its_start_early() -> None:
    net = EmbeddingNet(MODEL)
    average = Average(net, decay=0.999)
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(1.0)
    for _ in range(100):
        average.update(net)
    assert all((p - 1).abs().max() < 1e-3 for p in average.net.parameters())
