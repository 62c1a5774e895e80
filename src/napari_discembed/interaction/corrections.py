"""Corrections: what a person changed in the objects that were found, and what that says for sure.

Found and present objects are compared; how they were changed, by which tool or brush, makes no
difference, and what was undone is no correction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.imaging import equivalent_diameter, object_sizes
from napari_discembed.metrics.matching import Overlaps, overlaps
from napari_discembed.text import pluralize
from napari_discembed.types import IntArray

HALF = 0.5
RING = 0.1
"""Width of what is seen around an object, in diameters."""
NARROWEST_RING = 2.0


@dataclass(frozen=True, slots=True)
class Corrections:
    """How many corrections of each kind; those of several frames can be added.

    Attributes
    ----------
    merged, split
        Pairs of pieces that became one object, and cuts: three pieces made of one are two cuts.
    deleted, added
        Objects that went, and that are new.
    redrawn
        Objects whose outline alone changed.
    objects
        Present objects, of which there are so many corrections.
    """

    merged: int = 0
    split: int = 0
    deleted: int = 0
    added: int = 0
    redrawn: int = 0
    objects: int = 0

    @property
    def total(self) -> int:
        """All corrections."""
        return self.merged + self.split + self.deleted + self.added + self.redrawn

    def __add__(self, other: Corrections) -> Corrections:
        theirs = asdict(other)
        return Corrections(**{name: count + theirs[name] for name, count in asdict(self).items()})

    def __str__(self) -> str:
        """Say them: ``3 corrections in 20 objects (1 split, 2 added)``."""
        words = f"{pluralize(self.total, 'correction')} in {pluralize(self.objects, 'object')}"
        kinds = [f"{n} {kind}" for kind, n in asdict(self).items() if n and kind != "objects"]
        return f"{words} ({', '.join(kinds)})" if kinds else words


class Compared(NamedTuple):
    """Found objects beside those that are there now.

    Attributes
    ----------
    corrections
        How many.
    touched
        Numbers of the present objects that a correction made.
    """

    corrections: Corrections
    touched: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPixels:
    """Labels of which it is known what 0 means.

    Attributes
    ----------
    labels
        ``(*S)``: a number for each object.
    background
        The number of what is background for sure; 0 for none.
    complete
        Whether 0 is background; else it is unlabelled.
    """

    labels: IntArray = field(repr=False)
    background: int = 0
    complete: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether nothing can be learnt from it."""
        return not self.complete and not self.labels.any()


def compare(found: IntArray, now: IntArray, least_iou: float = 1.0) -> Compared:
    """Count the corrections that made the present objects of those found.

    Two objects belong together if they share more than half of either. Of a group of p found and
    q present ones, p - 1 were merged and q - 1 cut off; a group of one of each was redrawn if it
    changed.

    Parameters
    ----------
    found, now
        ``(*S)``: 0 for background, the objects above.
    least_iou
        Overlap (intersection over union) from which an outline is as it was.

    Raises
    ------
    InputError
        If the shapes differ.
    """
    table = overlaps(found, now)
    n_found, n_now = len(table.true_sizes), len(table.predicted_sizes)
    group = _groups(table)
    p = np.bincount(group[:n_found], minlength=group.max(initial=-1) + 1)
    q = np.bincount(group[n_found:], minlength=len(p))
    redrawn = (p == 1) & (q == 1)
    redrawn[group[:n_found]] &= table.best_for_true(table.iou) < least_iou
    both = (p > 0) & (q > 0)
    corrected = redrawn | (p != q) | (p > 1)
    counted = Corrections(
        merged=int((p - 1)[both].sum()),
        split=int((q - 1)[both].sum()),
        deleted=int(p[q == 0].sum()),
        added=int(q[p == 0].sum()),
        redrawn=int(redrawn.sum()),
        objects=n_now,
    )
    numbers = np.unique(now[now > 0]).astype(np.int64)
    return Compared(counted, numbers[corrected[group[n_found:]]])


def _groups(table: Overlaps) -> NDArray[np.intp]:
    """Return ``(N + M,)``: the group of each found and each present object, from 0."""
    n_found, n_now = len(table.true_sizes), len(table.predicted_sizes)
    alike = (table.intersection > HALF * table.true_sizes[table.true]) | (
        table.intersection > HALF * table.predicted_sizes[table.predicted]
    )
    rows, columns = table.true[alike], table.predicted[alike] + n_found
    n = n_found + n_now
    graph = scipy.sparse.coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(n, n))
    return scipy.sparse.csgraph.connected_components(graph, directed=False)[1].astype(np.intp)


def known_pixels(
    found: IntArray, now: IntArray, accepted: Collection[int] = (), *, checked: bool = False
) -> LabelledPixels:
    """Return what a person said of an image, and nothing that the model alone claims.

    Of an image that was checked as a whole all is known. Else it is the objects that were
    corrected or accepted, and as background what was taken away from objects, and what lies
    directly around those that are known and belongs to none: there, a person looked.

    Parameters
    ----------
    found, now
        ``(*S)``: the objects as they were found, and as they are now.
    accepted
        Numbers of present objects of which a person said that they are right.
    checked
        Whether the whole image was checked.
    """
    if checked:
        return LabelledPixels(now, complete=True)
    touched = compare(found, now).touched
    kept = np.union1d(touched, np.array(sorted(accepted), dtype=np.int64))
    labels = np.where(np.isin(now, kept), now, 0).astype(np.int64)
    is_background = (now == 0) & ((found > 0) | _around(labels))
    if not is_background.any():
        return LabelledPixels(labels)
    background = int(labels.max(initial=0)) + 1
    return LabelledPixels(np.where(is_background, background, labels), background)


def _around(labels: IntArray) -> NDArray[np.bool_]:
    """Return ``(*S)``: what lies within a tenth of a typical diameter of an object."""
    sizes = object_sizes(labels)
    if not len(sizes):
        return np.zeros(labels.shape, dtype=bool)
    width = RING * equivalent_diameter(float(np.median(sizes)), labels.ndim)
    near: NDArray[np.bool_] = scipy.ndimage.distance_transform_edt(labels == 0) <= max(
        NARROWEST_RING, width
    )
    return near


def laid_over(upper: LabelledPixels, lower: LabelledPixels) -> LabelledPixels:
    """Return labels of one image with others below them; objects cut by the upper ones go.

    Parameters
    ----------
    upper
        Is kept as it is.
    lower
        Counts where the upper is unlabelled.
    """
    if upper.complete:
        return upper
    objects = np.where(lower.labels == lower.background, 0, lower.labels).astype(np.int64)
    cut = np.unique(objects[upper.labels > 0])
    free = (upper.labels == 0) & ~np.isin(objects, cut[cut > 0])
    is_background = (lower.labels == 0) if lower.complete else np.zeros(free.shape, bool)
    if lower.background:
        is_background |= lower.labels == lower.background
    top = int(upper.labels.max(initial=0))
    labels = np.where(free & (objects > 0), objects + top, upper.labels.astype(np.int64))
    background = upper.background
    if (free & is_background).any():
        background = background or int(labels.max(initial=0)) + 1
        labels = np.where(free & is_background, background, labels)
    return LabelledPixels(labels, background)


def with_one_meaning(several: Collection[LabelledPixels]) -> tuple[list[IntArray], bool, int]:
    """Bring labels to one number of background, and to one meaning of 0.

    Returns
    -------
    The labels, whether 0 means background in all of them, and the number of background or 0.
    """
    labels = [one.labels for one in several]
    backgrounds = {one.background for one in several}
    wholes = {one.complete for one in several}
    if len(backgrounds) == len(wholes) == 1:
        return labels, wholes == {True}, backgrounds.pop()
    number = 1 + max(int(array.max(initial=0)) for array in labels)
    alike: list[IntArray] = []
    for one in several:
        is_background = (one.labels == one.background) & (one.background > 0)
        if one.complete and False in wholes:
            is_background |= one.labels == 0
        alike.append(np.where(is_background, number, one.labels.astype(np.int64)))
    return alike, wholes == {True}, number
