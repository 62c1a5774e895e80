"""The training loop: it learns, shows itself, and ends in time."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Progress, run
from napari_discembed.training import clock, fit

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
