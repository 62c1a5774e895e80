"""Exact resumption: what the rest of a training depends on, kept in a file and taken up again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_discembed.config import NetworkConfig, TrainingConfig, read_training, validated
from napari_discembed.errors import CheckpointError, InputError
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.checkpoint import weights_hash
from napari_discembed.training.clock import Clock
from napari_discembed.training.history import History
from napari_discembed.training.migrate import migrated_tensors, migrated_values, old_hash
from napari_discembed.training.schedule import ValidationSchedule
from napari_discembed.training.selection import Selection, SelectionState
from napari_discembed.training.state import (
    STATE_FORMAT,
    SavedState,
    optimiser_tensors,
    read_state,
    restore_optimiser,
    write_state,
)
from napari_discembed.training.state_values import checked_values
from napari_discembed.training.step import OptimiserStep

FREE_TO_CHANGE = {"device", "precision", "checkpoint_every"}
"""Settings that a resumed training may have otherwise."""


@dataclass(slots=True)
class TrainingParts:
    """All that the rest of a training depends on, beside its identity.

    Attributes
    ----------
    step
        Network, optimiser and averaged weights.
    selection
        The best weights so far.
    validations
        When the next validation is.
    history
        What happened.
    clock
        Seconds so far.
    steps_done
        Steps so far.
    """

    step: OptimiserStep
    selection: Selection
    validations: ValidationSchedule
    history: History
    clock: Clock
    steps_done: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """What must be the same when a training goes on.

    Attributes
    ----------
    config
        How it learns.
    start
        The network that it starts from.
    data
        Hash of what is learnt from.
    judged_on
        Name of the score and hash of what it is measured on.
    """

    config: TrainingConfig
    start: EmbeddingNet
    data: str
    judged_on: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "config": self.config.model_dump(mode="json", exclude=FREE_TO_CHANGE),
            "network": self.start.config.model_dump(mode="json"),
            "data": self.data,
            "start": weights_hash(self.start.state_dict()),
            "judged_on": self.judged_on,
        }

    def difference(self, values: dict[str, Any], stored_format: int) -> str | None:
        """Return what was otherwise in a saved training, in words; None where nothing was."""
        same = {
            "settings": self._has_config(values["config"]),
            "network": self._has_network(values["network"]),
            "images or labels": values["data"] == self.data,
            "start weights": self._has_start(values["start"], stored_format),
            "validation images": values["judged_on"] == self.judged_on,
        }
        return next((words for words, is_same in same.items() if not is_same), None)

    def _has_config(self, values: dict[str, Any]) -> bool:
        kind = type(self.config)
        try:  # through the config, so that settings that came later have their defaults
            saved = validated(kind, kind.known_fields(read_training(values)))
        except InputError:
            return False
        return _comparable(saved) == _comparable(self.config)

    def _has_network(self, values: dict[str, Any]) -> bool:
        try:
            return validated(NetworkConfig, values) == self.start.config
        except InputError:
            return False

    def _has_start(self, known: str, stored_format: int) -> bool:
        if stored_format == STATE_FORMAT:
            return known == weights_hash(self.start.state_dict())
        # A new network of release 0.1 was drawn otherwise; without a share it plays no part.
        return self.config.base_weight == 0 or known == old_hash(self.start)


def _comparable(config: TrainingConfig) -> dict[str, Any]:
    """Return what decides the weights; a head of weight 1 need not be named."""
    values = config.model_dump(mode="json", exclude=FREE_TO_CHANGE)
    return values | {"head_weights": {n: w for n, w in config.head_weights.items() if w != 1}}


class _OtherTraining(Exception):  # noqa: N818 - becomes our error with the file's name
    """A state belongs to another training; says how that differs."""


class Checkpoint:
    """The file that keeps a training.

    Parameters
    ----------
    path
        Of the file.
    identity
        Of the training.
    parts
        Of the training; saved from and restored into.
    every
        Seconds between two saves.
    """

    def __init__(self, path: Path, identity: Identity, parts: TrainingParts, every: float) -> None:
        self.path, self.identity, self.parts, self.every = path, identity, parts, every
        self._known = identity.to_json()
        self._saved_at = time.monotonic()

    def save_if_due(self) -> None:
        """Save where the last save is long enough ago."""
        if time.monotonic() - self._saved_at >= self.every:
            self.save()

    def save(self) -> None:
        """Write all that the rest of the training depends on."""
        parts = self.parts
        average, best = parts.step.average, parts.selection.best_weights
        tensors = {f"net.{k}": v for k, v in parts.step.net.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in average.net.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in (best or {}).items()}
        tensors |= optimiser_tensors(parts.step.optimiser)
        values = {
            **self._known,
            "format": STATE_FORMAT,
            "step": parts.steps_done,
            "seconds": parts.clock(),
            "updates": average.updates,
            "validations_done": parts.validations.done,
            "selection": parts.selection.state.to_json(),
            "history": parts.history.to_json(),
        }
        write_state(self.path, SavedState(tensors, values))
        self._saved_at = time.monotonic()

    def restore(self) -> None:
        """Go back to where the training stopped.

        Raises
        ------
        CheckpointError
            If the file is that of another training, or damaged.
        """
        saved = read_state(self.path)
        try:
            self._restore(saved)
        except _OtherTraining as other:
            raise CheckpointError(f"{self.path}: {other}") from None
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            RuntimeError,
            OverflowError,
        ) as error:
            raise CheckpointError(
                f"{self.path}: the state of the training is incomplete. Delete it and train anew."
            ) from error

    def _restore(self, saved: SavedState) -> None:
        old, stored_format = saved.format < STATE_FORMAT, saved.format
        values = migrated_values(saved.values) if old else saved.values
        other = self.identity.difference(values, stored_format)
        if other is not None:
            raise _OtherTraining(
                f"the interrupted training had other {other}. Resume with the same ones, or delete "
                "the file and train anew."
            )
        known = checked_values(values)
        parts = self.parts
        tensors = migrated_tensors(saved, parts.step.net) if old else saved.tensors
        state = SavedState(tensors, values)
        parts.step.net.load_state_dict(state.part("net"))
        parts.step.average.net.load_state_dict(state.part("average"))
        parts.step.average.updates = known.updates
        restore_optimiser(parts.step.optimiser, state.part("optimiser"))
        parts.selection.best_weights = state.part("best") or None
        parts.selection.state = SelectionState(**known.selection.model_dump())
        parts.validations.done = known.validations_done
        parts.history.restore(known.history.model_dump())
        parts.steps_done, parts.clock.before = known.step, known.seconds
