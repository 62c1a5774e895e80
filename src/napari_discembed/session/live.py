"""Live learning: what is painted by now is handed to the training that runs, by a file."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.config import FinetuningConfig
from napari_discembed.files import atomic_path
from napari_discembed.types import IntArray

NEWER, TAKEN = "newer.npz", "taken.npz"
FEWEST = 2
"""Painted objects with which live learning begins."""
SECONDS = 60.0
"""For which it learns what is painted; then it waits for more."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveLabels:
    """All that is painted in the images of a training by now.

    Attributes
    ----------
    labels
        ``(*S)`` an image.
    complete
        Whether 0 means background.
    background_label
        The number of the scribble of background.
    classes
        ``(*S)`` an image: the class, from 1, of each object; None for one class.
    """

    labels: Sequence[IntArray]
    complete: bool
    background_label: int | None
    classes: Sequence[IntArray] | None = None

    def is_same(self, other: LiveLabels) -> bool:
        """Tell whether another one says the same."""
        if (self.complete, self.background_label) != (other.complete, other.background_label):
            return False
        return _are_same(self.labels, other.labels) and _are_same(
            self.classes or (), other.classes or ()
        )

    @property
    def is_enough(self) -> bool:
        """Whether there are enough objects, and background, to begin with."""
        background = self.background_label
        numbers = [set(np.unique(one).tolist()) - {0} for one in self.labels]
        objects = sum(len(some - {background}) for some in numbers)
        known = self.complete or any(background in some for some in numbers)
        return not missing(objects, background=known)

    def hand_over(self, folder: Path) -> None:
        """Leave these for the training in a folder; those that it has not yet taken go."""
        with atomic_path(folder / NEWER) as partial:
            background = -1 if self.background_label is None else self.background_label
            arrays: dict[str, Any] = {"complete": self.complete, "background": background}
            arrays |= {f"labels_{i}": np.asarray(one) for i, one in enumerate(self.labels)}
            arrays |= {f"classes_{i}": np.asarray(one) for i, one in enumerate(self.classes or ())}
            np.savez(partial, **arrays)


def _are_same(some: Sequence[IntArray], others: Sequence[IntArray]) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def taken_over(folder: Path) -> LiveLabels | None:
    """Return what was left in a folder since, once; None where nothing was."""
    taken = folder / TAKEN
    try:
        (folder / NEWER).replace(taken)  # what is left meanwhile has a place of its own
    except OSError:  # nothing is there, or it is being written
        return None
    try:
        with np.load(taken, allow_pickle=False) as found:
            labels, classes = (_arrays(found, what) for what in ("labels", "classes"))
            background = int(found["background"])
            complete = bool(found["complete"])
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile):
        return None  # all that is painted comes again with the next stroke
    finally:
        with contextlib.suppress(OSError):
            taken.unlink(missing_ok=True)
    number = None if background < 0 else background
    return LiveLabels(labels, complete, number, classes or None)


def _arrays(found: Mapping[str, IntArray], what: str) -> list[IntArray]:
    """Return the arrays of a file that are called ``what_0``, ..."""
    count = sum(name.startswith(f"{what}_") for name in found)
    return [found[f"{what}_{i}"] for i in range(count)]


def missing(painted: int, *, background: bool) -> str:
    """Return what is to be painted before live learning begins; empty where it is enough.

    Parameters
    ----------
    painted
        How many objects are.
    background
        Whether background is, too, or every object is painted.
    """
    if painted < FEWEST:
        return f"Paint {FEWEST} objects and some background: then it learns while you paint."
    if not background:
        return "Scribble over some background, too: then it learns while you paint."
    return ""


def live_config(config: FinetuningConfig) -> FinetuningConfig:
    """Return how to learn live, a while after each stroke, where `config` is of learning once."""
    whole = {"steps": None, "epochs": None, "seconds": SECONDS, "schedule": "constant"}
    return config.model_copy(update=whole)
