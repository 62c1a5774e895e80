"""The training loop."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from napari_discembed.config import AugmentationConfig, TrainingConfig
from napari_discembed.datasets.patches import TrainingSet, sample_batch
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job, Progress
from napari_discembed.training.history import History
from napari_discembed.training.state import read_state
from napari_discembed.training.trainer import Trainer, Validate, patch_side

Watch = Callable[[EmbeddingNet], Mapping[str, Any]]

WATCH_EVERY, WATCH_SHARE = 2.0, 0.15
"""Seconds between two looks at a network in training, and the most of the time they may take."""

FEW_PATCHES = 8


@dataclass(frozen=True, slots=True)
class FitResult:
    """A trained network.

    Attributes
    ----------
    net
        In evaluation mode, on the CPU: the best candidate by validation, else the last one.
    history
        Of this training, with the part before a resumption.
    reason
        Why it ended: ``"finished"``, ``"cancelled"`` or ``"no further gain"``.
    best
        The scores of the best validation; empty without validation.
    kept_start
        Whether that was the network that training started from.
    """

    net: EmbeddingNet
    history: History
    reason: str
    best: Mapping[str, float]
    kept_start: bool = False


def fit(
    net: EmbeddingNet,
    data: TrainingSet,
    config: TrainingConfig,
    *,
    objective: Objective,
    validate: Validate | None = None,
    score: str = "ap50",
    judged_on: str = "",
    keep_start: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    state: Path | None = None,
    resume: bool = False,
    watch: Watch | None = None,
) -> Job[FitResult]:
    """Train a network.

    Parameters
    ----------
    net
        To start from; stays as it is.
    data
        What to learn.
    config
        How, and how long.
    objective
        The loss.
    validate
        Scores the averaged network, or its mean with the start, `validations` times and at the
        end.
    score
        The name of the score, larger being better, by which the best is chosen.
    judged_on
        A hash of what `validate` looks at, by which a resumed training knows it.
    keep_start
        Score the start too, and return it where nothing scores better.
    cancelled
        Asked before each step; once True the job ends with the best so far.
    state
        File that keeps the training every `checkpoint_every` seconds.
    resume
        Go on from `state` where it exists. With a number of steps as budget, on a CPU, the
        weights come out as if there had been no interruption: each step's patches depend on
        the seed and the step's number alone.
    watch
        Given the same now and then; what it returns goes into the progress's `data`.

    Returns
    -------
    A job of the result; it yields at each step. The clock stands still while it waits to be
    asked for the next, so that whoever drives it can pause it.

    Raises
    ------
    CheckpointError
        If the state belongs to another training.
    OutOfMemoryError
        If a step does not fit into memory.
    DiscembedError
        If the loss stays infinite or not a number.
    """
    run = Trainer(net, data, config, objective, validate, score, judged_on, state)
    watching = None if watch is None else _Watching(watch)
    if resume and state is not None and state.exists():
        run.restore(read_state(state))
    if keep_start:
        run.score_start()
    with run.patches() as batch_of:
        while not run.is_spent():
            if cancelled():
                run.reason = "cancelled"
                break
            progress = run.step(batch_of)
            if watching is not None:
                progress = watching(progress, run.candidate)
            with run.clock.stopped():
                yield progress
            if run.is_validation_due():
                enough = run.validate_and_stop()
                yield Progress(progress.fraction, "validated", run.history.validations[-1])
                if enough:
                    run.reason = "no further gain"
                    break
            run.save_if_due()
    run.finish()
    kept = keep_start and bool(run.best_scores) and run.best_step == 0
    return FitResult(run.best_net(), run.history, run.reason, run.best_scores, kept)


def loss_of(
    net: EmbeddingNet, data: TrainingSet, config: TrainingConfig, objective: Objective
) -> float:
    """Return the loss of a network, as it segments, on a few patches as they are."""
    batch = sample_batch(
        data,
        np.random.default_rng(config.seed),
        patch_size=patch_side(config, net.config.ndim, net.stride),
        batch_size=FEW_PATCHES,
        augment=AugmentationConfig(enabled=False),
    )
    with torch.inference_mode():
        output = copy.deepcopy(net).eval()(batch.images, batch.origins)
        total, _ = objective(output, batch.labels, batch.classes)
    return float(total)


@dataclass(slots=True)
class _Watching:
    """Preview at the network every few seconds, yet spend no more than a share of the time on it."""

    watch: Watch
    due: float = 0.0

    def __call__(self, progress: Progress, net: Callable[[], EmbeddingNet]) -> Progress:
        started = time.monotonic()
        if started < self.due:
            return progress
        seen = replace(progress, data=self.watch(net()))
        ended = time.monotonic()
        self.due = ended + max(WATCH_EVERY, (ended - started) / WATCH_SHARE)
        return seen
