"""What went wrong: which objects were merged, split or missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from napari_discembed.metrics.matching import overlaps
from napari_discembed.types import IntArray

HALF = 0.5


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Numbers of objects; those of several images can be added.

    Attributes
    ----------
    right
        True objects that are met with an IoU above one half, so that no object is in two pairs.
    merged
        Other true objects of which the larger part lies in a predicted one, together with the
        larger part of another true one.
    split
        Other true objects of which the larger part is found, but in several predicted ones.
    missed
        Other true objects of which at most one half is found.
    shape
        The other true objects: each is found in one that is too large.
    pieces, invented
        Predicted objects that meet none and lie in true ones for their larger part; or do not.
    """

    right: int = 0
    merged: int = 0
    split: int = 0
    missed: int = 0
    shape: int = 0
    pieces: int = 0
    invented: int = 0

    def __add__(self, other: Mistakes) -> Mistakes:
        theirs = asdict(other)
        return Mistakes(**{name: count + theirs[name] for name, count in asdict(self).items()})


def mistakes(true: IntArray, predicted: IntArray) -> Mistakes:
    """Say what became of each object.

    Parameters
    ----------
    true, predicted
        ``(*S)``: 0 for background, a number for each object.

    Raises
    ------
    InputError
        If the shapes differ.
    """
    table = overlaps(true, predicted)
    right = table.best_for_true(table.iou) > HALF
    meets = table.best_for_predicted(table.iou) > HALF

    share = table.intersection / table.true_sizes[table.true]
    holds = share > HALF
    held = np.bincount(table.predicted[holds], minlength=len(meets))
    together = np.bincount(table.true, share, minlength=len(right)) > HALF
    whole = table.best_for_true(share) > HALF
    shared = table.best_for_true(np.where(holds, held[table.predicted], 0)) > 1

    covered = np.bincount(table.predicted, table.intersection, minlength=len(meets))
    inside = covered > HALF * table.predicted_sizes
    counts = {
        "right": right,
        "merged": ~right & shared,
        "split": ~right & together & ~whole,
        "missed": ~right & ~together,
        "shape": ~right & whole & ~shared,
        "pieces": ~meets & inside,
        "invented": ~meets & ~inside,
    }
    return Mistakes(**{name: int(which.sum()) for name, which in counts.items()})
