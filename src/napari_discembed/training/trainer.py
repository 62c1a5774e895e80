"""The moving parts of a training: network, average, optimiser, clock, and how they are kept."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from napari_discembed.config import TrainingConfig
from napari_discembed.datasets.patches import Batch, TrainingSet, sample_batch
from napari_discembed.devices import choose_device, choose_precision, is_out_of_memory
from napari_discembed.errors import CheckpointError, DiscembedError, OutOfMemoryError
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.checkpoint import weights_hash
from napari_discembed.progress import Progress
from napari_discembed.training.ema import Average, mean_of
from napari_discembed.training.history import History
from napari_discembed.training.schedule import Budget, budget, learning_rate_factor
from napari_discembed.training.state import (
    SavedState,
    optimiser_tensors,
    restore_optimiser,
    write_state,
)

Validate = Callable[[EmbeddingNet], Mapping[str, float]]

LARGEST_GRADIENT = 10.0
MOST_BAD_STEPS = 20
VALIDATION_SHARE = 0.3
"""Most of the time that validations may take, where the time is the budget."""
VALIDATE_EVERY = 60.0
"""Seconds between validations of a training that someone will stop."""
LATE = 0.75
"""The part of a training from which on what was learnt alone is scored too."""
FAR_BETTER = 0.1
"""How much more it must score than its mean with the start. Of kinds of nuclei that the start knows
something of, it scored up to 0.06 more and was worse elsewhere; of bacteria 0.2 more, and was
better."""
KNOWN = 0.2
"""What a start scores at least that knows something of the objects: of nuclei 0.3 to 0.9, of
bacteria 0 to 0.1."""


def patch_side(config: TrainingConfig, ndim: int, stride: int) -> int:
    """Return the side of a patch: of about `patch_size` squared pixels, in 2-D and 3-D."""
    side = float(config.patch_size) ** (2 / ndim)
    # Two pixels at the coarsest scale: of one alone, nothing could be normalised.
    return max(2, math.ceil(side / stride)) * stride


@dataclass(slots=True)
class Clock:
    """Seconds of training, those before a resumption included."""

    before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.before + time.monotonic() - self.started

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time of a block."""
        self.before = self()
        try:
            yield
        finally:
            self.started = time.monotonic()


class Trainer:
    """The moving parts of a training."""

    def __init__(
        self,
        net: EmbeddingNet,
        data: TrainingSet,
        config: TrainingConfig,
        objective: Objective,
        validate: Validate | None,
        score: str,
        judged_on: str,
        state: Path | None,
    ) -> None:
        self.config, self.data, self.objective = config, data, objective
        self.validate, self.score, self.judged_on = validate, score, judged_on
        self.state = state
        self.device = choose_device(config.device)
        self.dtype = choose_precision(config.precision, self.device, training=True)
        self.net = copy.deepcopy(net).to(self.device).train()
        self.average = Average(self.net, config.ema_decay)
        self.start = copy.deepcopy(self.average.net)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.side = patch_side(config, net.config.ndim, net.stride)
        self.budget: Budget = budget(config, data.n_pixels, self.side**net.config.ndim)
        # Someone will stop it: each validation may be the last.
        self.endless = config.schedule == "constant" and self.budget.seconds is not None
        self.history = History()
        self.clock = Clock()
        self.steps_done = 0
        self.step_seconds = 0.0
        self.bad_steps = 0
        self.validation_seconds = 0.0
        self.validations_done = 0
        self.without_gain = 0
        self.far_better = False
        self.saved_at = time.monotonic()
        self.best_scores: dict[str, float] = {}
        self.best_step = 0
        self.best_weights: dict[str, Tensor] | None = None
        self.reason = "finished"

    def is_spent(self) -> bool:
        """Tell whether another step would overrun the budget."""
        return self.budget.is_spent(self.steps_done, self.clock(), self.step_seconds)

    @contextmanager
    def patches(self) -> Iterator[Callable[[int], Batch]]:
        """Give the batch of a step, while the next one is drawn beside the present step."""
        with ThreadPoolExecutor(1, thread_name_prefix="discembed-patches") as beside:
            coming = {self.steps_done: beside.submit(self._draw, self.steps_done)}

            def batch_of(step: int) -> Batch:
                batch = coming.pop(step).result()
                coming[step + 1] = beside.submit(self._draw, step + 1)
                return batch

            try:
                yield batch_of
            finally:
                beside.shutdown(wait=True, cancel_futures=True)

    def _draw(self, step: int) -> Batch:
        return sample_batch(
            self.data,
            np.random.default_rng((self.config.seed, step)),
            patch_size=self.side,
            batch_size=self.config.batch_size,
            augment=self.config.augmentation,
        )

    def step(self, batch_of: Callable[[int], Batch]) -> Progress:
        """Learn from one batch."""
        started = time.monotonic()
        fraction = self.budget.fraction(self.steps_done, self.clock())
        factor = learning_rate_factor(self.config, self.steps_done, fraction)
        rate = self.config.learning_rate * factor
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = batch_of(self.steps_done)
        try:
            values = self._learn(batch)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemoryError(
                f"A training step of {self.config.batch_size} patches of side {self.side} does "
                f"not fit into the memory of {self.device}. Choose a smaller batch_size or "
                "patch_size."
            ) from None
        self.steps_done += 1
        taken = time.monotonic() - started
        self.step_seconds = (
            taken if not self.step_seconds else 0.8 * self.step_seconds + 0.2 * taken
        )
        record = {"step": self.steps_done, "seconds": round(self.clock(), 3), **values}
        self.history.add({**record, "learning_rate": rate})
        fraction = self.budget.fraction(self.steps_done, self.clock())
        return Progress(fraction, f"step {self.steps_done}, loss {values['loss']:.3f}", record)

    def _learn(self, batch: Batch) -> dict[str, float]:
        images, labels = batch.images.to(self.device), batch.labels.to(self.device)
        origins = batch.origins.to(self.device)
        classes = None if batch.classes is None else batch.classes.to(self.device)
        generator = torch.Generator().manual_seed(
            (self.config.seed * 1_000_003 + self.steps_done) % 2**63
        )
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype, enabled=half):
            output = self.net(images, origins)
            teacher = None
            if self.config.consistency:
                with torch.no_grad():
                    teacher = self.average.net(images, origins)
        loss, terms = self.objective(output, labels, classes, teacher=teacher, generator=generator)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        length = torch.nn.utils.clip_grad_norm_(self.net.parameters(), LARGEST_GRADIENT)
        if bool(torch.isfinite(length)) and bool(torch.isfinite(loss)):
            self.optimiser.step()
            self.average.update(self.net)
            self.bad_steps = 0
        else:
            self._count_bad_step()
        return {"loss": loss.item(), **{name: term.item() for name, term in terms.items()}}

    def _count_bad_step(self) -> None:
        self.bad_steps += 1
        if self.bad_steps >= MOST_BAD_STEPS:
            raise DiscembedError(
                f"The loss was not a finite number for {MOST_BAD_STEPS} steps in a row. Choose a "
                "smaller learning_rate, or start from other weights."
            )

    def is_validation_due(self) -> bool:
        """Tell whether it is time to score the network, and whether the budget allows it."""
        if self.validate is None:
            return False
        elapsed = self.clock()
        fraction = self.budget.fraction(self.steps_done, elapsed)
        due = fraction * self.config.validations >= self.validations_done + 1
        if self.endless:
            last = self.history.validations[-1]["seconds"] if self.history.validations else 0.0
            due = due or elapsed - last >= VALIDATE_EVERY
        affordable = (
            self.budget.steps is not None
            or self.validation_seconds <= VALIDATION_SHARE * max(elapsed, 1e-9)
        )
        return due and affordable and not self.is_spent()

    def candidate(self) -> EmbeddingNet:
        """Return the averaged network, or its mean with the start (Wortsman 2022, WiSE-FT).

        What was learnt from one image alone, as how bright an object is, is forgotten less.
        """
        share = self.config.base_weight
        return mean_of(self.average.net, self.start, share) if share else self.average.net

    def _scored(self, validate: Validate) -> tuple[EmbeddingNet, dict[str, float]]:
        """Return the candidate and its scores, or late what was learnt alone if far better.

        For objects that the start knows nothing of; of others, what is learnt alone fits the
        painted image ever better and all others ever worse. Twice in a row, since a few objects
        may show it once by luck.
        """
        candidate, alone = self.candidate(), self.average.net
        scores = dict(validate(candidate))
        fraction = self.budget.fraction(self.steps_done, self.clock())
        late = self.steps_done > 0 and (self.endless or fraction >= LATE)
        known = self._start_score()
        if candidate is alone or not late or (known is not None and known >= KNOWN):
            return candidate, scores
        of_alone = dict(validate(alone))
        before = self.far_better
        self.far_better = of_alone[self.score] > scores[self.score] + FAR_BETTER
        return (alone, of_alone) if before and self.far_better else (candidate, scores)

    def _start_score(self) -> float | None:
        """Return what the start scored; None where it was not asked."""
        first = next(iter(self.history.validations), None)
        return first[self.score] if first is not None and first["step"] == 0 else None

    def validate_and_stop(self, *, last: bool = False) -> bool:
        """Score the candidate; tell whether patience has run out."""
        if self.validate is None:
            return False
        started = time.monotonic()
        candidate, scores = self._scored(self.validate)
        self.validation_seconds += time.monotonic() - started
        fraction = self.budget.fraction(self.steps_done, self.clock())
        self.validations_done = int(fraction * self.config.validations)
        record = {"step": float(self.steps_done), "seconds": round(self.clock(), 3)}
        self.history.validations.append({**record, **scores})
        if self._is_gain(scores[self.score], last=last):
            self.best_scores, self.without_gain = scores, 0
            self.best_step = self.steps_done
            self.best_weights = copy.deepcopy(candidate.state_dict())
        elif scores[self.score] <= self.best_scores[self.score]:
            self.without_gain += 1
        return bool(self.config.patience) and self.without_gain >= self.config.patience

    def _is_gain(self, score: float, *, last: bool) -> bool:
        """Tell whether a score is the best, and no luck.

        Of ten scores on a few objects one is high by chance: a start is given up only for a gain
        that the validation before showed too, or where there is but one.
        """
        if not self.best_scores:
            return True
        best = self.best_scores[self.score]
        *before, _ = self.history.validations
        if self.best_step > 0 or self._start_score() is None:
            return score > best
        alone = last and len(before) == 1
        return score > best and (alone or (len(before) > 1 and before[-1][self.score] > best))

    def score_start(self) -> None:
        """Score the network before its first step, unless that was done before an interruption."""
        if self.validate is not None and not self.history.validations:
            self.validate_and_stop()

    def finish(self) -> None:
        """Score the last weights and keep the state."""
        last = self.history.validations[-1]["step"] if self.history.validations else -1
        if self.validate is not None and last != self.steps_done:
            self.validate_and_stop(last=True)
        if self.state is not None:
            self.save()

    def best_net(self) -> EmbeddingNet:
        """Return the best candidate by validation, or the last one."""
        best = copy.deepcopy(self.average.net)
        best.load_state_dict(self.best_weights or self.candidate().state_dict())
        result: EmbeddingNet = best.cpu().eval().requires_grad_(True)
        return result

    def save_if_due(self) -> None:
        """Keep the state every so many seconds."""
        if self.state is None or time.monotonic() - self.saved_at < self.config.checkpoint_every:
            return
        self.save()

    def save(self) -> None:
        """Write all that the rest of the training depends on."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.net.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in (self.best_weights or {}).items()}
        tensors |= optimiser_tensors(self.optimiser)
        values = {
            **self._identity,
            "step": self.steps_done,
            "seconds": self.clock(),
            "updates": self.average.updates,
            "validations_done": self.validations_done,
            "without_gain": self.without_gain,
            "far_better": self.far_better,
            "best_scores": self.best_scores,
            "best_step": self.best_step,
            "history": self.history.to_json(),
        }
        if self.state is not None:
            write_state(self.state, SavedState(tensors, values))
        self.saved_at = time.monotonic()

    @cached_property
    def _identity(self) -> dict[str, object]:
        """What must be the same when a training goes on."""
        ignored = {"device", "precision", "checkpoint_every"}
        return {
            "config": self.config.model_dump(mode="json", exclude=ignored),
            "model": self.net.config.model_dump(mode="json"),
            "data": self.data.fingerprint(),
            "start": weights_hash(self.start.state_dict()),
            "judged_on": f"{self.score} {self.judged_on}",
        }

    def restore(self, saved: SavedState) -> None:
        """Go back to where a training stopped.

        Raises
        ------
        CheckpointError
            If it was another training.
        """
        names = {
            "config": "settings",
            "model": "network",
            "data": "images or labels",
            "start": "start weights",
            "judged_on": "validation images",
        }
        for key, value in self._identity.items():
            if saved.values.get(key) != value:
                raise CheckpointError(
                    f"{self.state}: the interrupted training had other {names[key]}. Resume with "
                    "the same ones, or delete the file and train anew."
                )
        self.net.load_state_dict(saved.part("net"))
        self.average.net.load_state_dict(saved.part("average"))
        self.best_weights = saved.part("best") or None
        restore_optimiser(self.optimiser, saved.part("optimiser"))
        values = saved.values
        self.steps_done, self.clock.before = values["step"], values["seconds"]
        self.average.updates = values["updates"]
        self.validations_done = values["validations_done"]
        self.without_gain, self.best_scores = values["without_gain"], values["best_scores"]
        self.best_step = values["best_step"]
        self.far_better = values.get("far_better", False)  # not in states of older versions
        self.history = History.from_json(values["history"])
