"""The state of a training on disk, from which it goes on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.optim import Optimizer

from napari_discembed.errors import CheckpointError
from napari_discembed.models.checkpoint import HASH, content_hash
from napari_discembed.models.tensors import write_tensors

STATE_FORMAT = 2
"""Version of the file; release 0.1 wrote 1, and did not say so."""

_KEY = "discembed_training"


@dataclass(frozen=True, slots=True)
class SavedState:
    """Tensors and plain values of an interrupted training.

    Attributes
    ----------
    tensors
        By name.
    values
        Plain JSON values.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with ``prefix.``, without it."""
        start = prefix + "."
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}

    @property
    def format(self) -> int:
        """Version of the file that it was read from."""
        return int(self.values.get("format", 1))


def write_state(path: Path, state: SavedState) -> None:
    """Write a state, whole or not at all; the one before stays until then."""
    tensors = {k: v.detach().cpu().clone().contiguous() for k, v in state.tensors.items()}
    text = json.dumps(state.values)
    write_tensors(path, tensors, {_KEY: text, HASH: content_hash(text, tensors)})


def read_state(path: Path) -> SavedState:
    """Read a state.

    Raises
    ------
    CheckpointError
        If the file is no state of a training, damaged, or of a newer release.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
            state = SavedState(tensors, dict(json.loads(about[_KEY])))
            newer = state.format > STATE_FORMAT
    except (
        SafetensorError,
        KeyError,
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise CheckpointError(
            f"{path}: not the state of an interrupted training. Delete it and train anew."
        ) from error
    # A training would go on from a changed bit to other weights, without a word.
    if HASH in about and about[HASH] != content_hash(about[_KEY], tensors):
        raise CheckpointError(
            f"{path}: damaged, as its content does not match its hash. Delete it and train anew."
        )
    if newer:
        raise CheckpointError(
            f"{path}: expected the state of a training of format 1 to {STATE_FORMAT}, got "
            f"{state.format}. Update napari-discembed."
        )
    return state


def optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    """Return an optimiser's moments as named tensors."""
    return {
        f"optimiser.{i}.{name}": torch.as_tensor(value)
        for i, moments in optimiser.state_dict()["state"].items()
        for name, value in moments.items()
    }


def restore_optimiser(optimiser: Optimizer, moments: Mapping[str, Tensor]) -> None:
    """Give an optimiser back what :func:`optimiser_tensors` took, without its prefix."""
    by_parameter: dict[int, dict[str, Tensor]] = {}
    for name, tensor in moments.items():
        number, key = name.split(".", 1)
        by_parameter.setdefault(int(number), {})[key] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": by_parameter})
