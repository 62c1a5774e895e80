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
from napari_discembed.datasets.patches import Batch, sample_batch
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.models import EmbeddingNet, check_step
from napari_discembed.progress import Finish, Job, Progress, relay, scaled, uninterrupted
from napari_discembed.training.clock import Clock
from napari_discembed.training.history import History
from napari_discembed.training.resume import Checkpoint, Identity, TrainingParts
from napari_discembed.training.sampling import batches, clip_frames, patch_side
from napari_discembed.training.schedule import (
    ValidationSchedule,
    budget,
    learning_rate_factor,
)
from napari_discembed.training.selection import LATE, Selection, Validate
from napari_discembed.training.step import OptimiserStep, objective_of

Preview = Callable[[EmbeddingNet], Job[Mapping[str, Any]]]
"""Job of what to show of a network in training."""

PREVIEW_EVERY, PREVIEW_SHARE = 2.0, 0.15
"""Seconds between two previews of a network in training, and the most of the time they may take."""

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
        Why it ended: ``"finished"``, ``"stopped"`` (by someone) or ``"no further gain"``.
    best
        The scores of the best validation; empty without validation.
    kept_start
        Whether that was the network that training started from.
    learnt
        Where it was: what was learnt all the same, as it was scored last.
    """

    net: EmbeddingNet
    history: History
    reason: str
    best: Mapping[str, float]
    kept_start: bool = False
    learnt: FitResult | None = None


def fit(
    net: EmbeddingNet,
    data: TrainingSet,
    config: TrainingConfig,
    *,
    validate: Validate | None = None,
    score: str = "ap50",
    judged_on: str = "",
    doubt: float = 0.0,
    keep_start: bool = False,
    state: Path | None = None,
    resume: bool = False,
    preview: Preview | None = None,
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
    validate
        Job that scores the averaged network, or its mean with the start, `validations` times and
        at the end.
    score
        The name of the score, larger being better, by which the best is chosen.
    judged_on
        A hash of what `validate` scores on, by which a resumed training knows it.
    doubt
        How uncertain the score is, as :class:`Selection` takes it.
    keep_start
        Score the start too, and return it where nothing scores better.
    state
        File that keeps the training every `checkpoint_every` seconds.
    resume
        Go on from `state` where it exists. With a number of steps as budget, on a CPU, the
        weights come out as if there had been no interruption: each step's patches depend on
        the seed and the step's number alone.
    preview
        Job of what to show, given the same now and then; its result is in the progress's `data`.

    Returns
    -------
    A job of the result; it yields at each step, and within validations and previews. The clock
    stands still while it waits to be asked for more, so that whoever drives it can pause it. On
    :class:`~napari_discembed.progress.Finish` it ends with the best so far; a validation that is
    under way then is the last.

    Raises
    ------
    CheckpointError
        If the state belongs to another training.
    OutOfMemoryError
        If a step does not fit into memory, or by far cannot.
    DiscembedError
        If the loss stays infinite or not a number.
    """
    side = patch_side(config, net.config.ndim, net.stride)
    if (warning := check_step(net, config.batch_size, side, config.device)) is not None:
        yield Progress(0.0, warning)
    loop = Loop(net, data, config, validate, score, doubt, preview)
    parts, selection = loop.parts, loop.parts.selection
    checkpoint = None
    if state is not None:
        identity = Identity(config, selection.start, data.fingerprint(), f"{score} {judged_on}")
        checkpoint = Checkpoint(state, identity, parts, config.checkpoint_every)
        if resume and state.exists():
            checkpoint.restore()
    job = loop.run(checkpoint, score_start=keep_start)
    reason = yield from parts.clock.stopped_at_yields(job)
    kept = keep_start and selection.kept_start
    average, learnt = parts.step.average.net, None
    if kept and parts.steps_done:
        net, scores = selection.last_net(average)
        learnt = FitResult(net, parts.history, reason, scores)
    best = selection.best_net(average)
    return FitResult(best, parts.history, reason, selection.state.best_scores, kept, learnt)


def loss_of(net: EmbeddingNet, data: TrainingSet, config: TrainingConfig) -> float:
    """Return the loss of a network, as it segments, on a few patches as they are."""
    batch = sample_batch(
        data,
        np.random.default_rng(config.seed),
        patch_size=patch_side(config, net.config.ndim, net.stride),
        batch_size=FEW_PATCHES,
        augmentation=AugmentationConfig(enabled=False),
    )
    objective = objective_of(net, config, weak_background=not data.has_background)
    with torch.inference_mode():
        outputs = copy.deepcopy(net).eval()(batch.images, batch.origins)
        total, _ = objective(outputs, batch.labels, batch.classes)
    return float(total)


class Loop:
    """Steps, validations and previews until the training ends."""

    def __init__(
        self,
        net: EmbeddingNet,
        data: TrainingSet,
        config: TrainingConfig,
        validate: Validate | None,
        score: str,
        doubt: float,
        preview: Preview | None,
    ) -> None:
        self.data, self.config, self.validate, self.preview = data, config, validate, preview
        self.side = patch_side(config, net.config.ndim, net.stride)
        self.frames = clip_frames(config, data, is_recurrent=net.is_recurrent)
        clips = max(1, config.batch_size // self.frames)
        drawn = clips * self.frames * self.side**net.config.ndim
        self.limit = budget(config, data.n_pixels, drawn)
        step = OptimiserStep(net, config, weak_background=not data.has_background)
        start, history = copy.deepcopy(step.average.net), History()
        self.parts = TrainingParts(
            step,
            Selection(start, config, history, score, doubt),
            ValidationSchedule(config, self.limit),
            history,
            Clock(),
        )
        self.step_seconds = 0.0
        self.next_preview = 0.0

    def run(self, checkpoint: Checkpoint | None, *, score_start: bool) -> Job[str]:
        """Train to the end; a job of the reason why it ended."""
        reason = yield from self._learn(checkpoint, score_start=score_start)
        validations = self.parts.history.validations
        if not validations or validations[-1]["step"] != self.parts.steps_done:
            yield from self._validated(last=True)
        if checkpoint is not None:
            checkpoint.save()
        return reason

    def _learn(self, checkpoint: Checkpoint | None, *, score_start: bool) -> Job[str]:
        """Take steps as long as budget, patience and whoever drives this allow."""
        parts = self.parts
        try:
            # An interrupted training has scored its start.
            if score_start and not parts.history.validations and (yield from self._validated()):
                return "stopped"
            done, frames = parts.steps_done, self.frames
            with batches(self.data, self.config, self.side, done, frames) as batch_of:
                while not self._is_spent():
                    progress = self._step(batch_of)
                    yield (yield from self._with_preview(progress))
                    if self._is_validation_due():
                        if (yield from self._validated()):
                            return "stopped"
                        yield Progress(self._fraction, "validated", parts.history.validations[-1])
                        if parts.selection.is_out_of_patience:
                            return "no further gain"
                    if checkpoint is not None:
                        checkpoint.save_if_due()
        except Finish:
            return "stopped"
        return "finished"

    @property
    def _fraction(self) -> float:
        """Share of the budget used."""
        return self.limit.fraction(self.parts.steps_done, self.parts.clock())

    def _is_spent(self) -> bool:
        """Tell whether another step would overrun the budget."""
        parts = self.parts
        return self.limit.is_spent(parts.steps_done, parts.clock(), self.step_seconds)

    def _step(self, batch_of: Callable[[int], Batch]) -> Progress:
        """Learn from one batch."""
        parts, started = self.parts, time.monotonic()
        factor = learning_rate_factor(self.config, parts.steps_done, self._fraction)
        rate = self.config.learning_rate * factor
        values = parts.step(batch_of(parts.steps_done), parts.steps_done, rate)
        parts.steps_done += 1
        taken = time.monotonic() - started
        before = self.step_seconds
        self.step_seconds = taken if not before else 0.8 * before + 0.2 * taken
        record = {"step": parts.steps_done, "seconds": round(parts.clock(), 3), **values}
        parts.history.add({**record, "learning_rate": rate})
        message = f"step {parts.steps_done}, loss {values['loss']:.3f}"
        return Progress(self._fraction, message, record)

    def _with_preview(self, progress: Progress) -> Job[Progress]:
        """Add a preview to a step's progress, if one is due; they take a share of the time."""
        clock, parts = self.parts.clock, self.parts
        started = clock()
        if self.preview is None or started < self.next_preview:
            return progress

        def emit(_: Progress) -> Job[None]:
            yield Progress(progress.fraction, progress.message)

        net = parts.selection.candidate(parts.step.average.net)
        data = yield from relay(self.preview(net), emit)
        ended = clock()
        self.next_preview = ended + max(PREVIEW_EVERY, (ended - started) / PREVIEW_SHARE)
        return replace(progress, data=data)

    def _is_validation_due(self) -> bool:
        parts = self.parts
        if self.validate is None:
            return False
        records = parts.history.validations
        last = records[-1]["seconds"] if records else 0.0
        due = parts.validations.is_due(parts.steps_done, parts.clock(), last)
        return due and not self._is_spent()

    def _validated(self, *, last: bool = False) -> Job[bool]:
        """Score the candidate; a job of whether someone asked for the end meanwhile."""
        parts, validate = self.parts, self.validate
        if validate is None:
            return False
        started, fraction = parts.clock(), self._fraction
        scoring = parts.selection.scored(parts.step.average.net, validate, self._is_late)
        job = scaled(scoring, fraction, fraction, "validation")
        (net, scores), asked = yield from uninterrupted(job)
        elapsed = parts.clock()
        parts.validations.count(parts.steps_done, elapsed, elapsed - started)
        record = {"step": float(parts.steps_done), "seconds": round(elapsed, 3)}
        parts.selection.take(net, scores, record, last=last)
        return asked

    def _is_late(self) -> bool:
        """Tell whether a training has so far come that its weights alone may be taken."""
        late = self.parts.validations.is_endless or self._fraction >= LATE
        return self.parts.steps_done > 0 and late
