"""The section on real pictures of other makers: no labels, few labels, all labels.

``DATA`` holds ``cvppp/A1`` (plants of the leaf segmentation challenge) and ``tissue/gbm40``
(``images`` and ``labels`` of stained brain tumour). Neither may be passed on, and nothing that is
shipped learnt from them. No competitor is told the diameter of the pictures that it is tested on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from sections import FLOOR, Case, Entry, Pair, Pictures, Test, learnt, paint, peers, pixels
from stages import pairs_of

from napari_discembed.io.labels import read_labels

PAINTED = 10
WHOLE = (1, 5)
EVERY = 3
"""Few labels are tested on every so many of the pictures, and painted on the others."""
FOLDS = 4
MINUTE, FIVE_MINUTES, TWO_HOURS = 60.0, 300.0, 7200.0


@dataclass(frozen=True)
class RealSet:
    """A set of real pictures.

    Attributes
    ----------
    folder
        Below ``DATA``.
    start
        The shipped weights that know its objects.
    objects
        What they are called.
    """

    folder: Path
    start: str
    objects: str


SETS = (
    RealSet(Path("cvppp"), "rosette", "leaves"),
    RealSet(Path("tissue") / "gbm40", "nuclei", "nuclei"),
)


def real(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield the cases of each set; those of whole training take a fold for a seed."""
    del bases
    for of in SETS:
        pool = pool_of(data / of.folder, of.objects)
        alone = shipped(of.start) | shipped("generalist") | FLOOR
        yield Case(f"real/{of.objects}: no labels", 0, alone, partial(Pictures, [], pool, 0.0))
        for count, whole, usual in (
            (PAINTED, False, MINUTE),
            *((count, True, FIVE_MINUTES) for count in WHOLE),
        ):
            what = f"{count} whole" if whole else f"{count} painted {of.objects}"
            entries = learners(of.start, seconds or usual)
            for seed in range(seeds):
                pictures = partial(few_labels, pool, count, seed, whole=whole)
                yield Case(f"real/{of.objects}: {what}", seed, entries, pictures)
        entries = learners(of.start, seconds or TWO_HOURS)
        for fold in range(FOLDS):
            name = f"real/{of.objects}: three quarters of the pictures"
            yield Case(name, fold, entries, partial(folded, pool, fold))


def pool_of(folder: Path, kind: str) -> list[Test]:
    """Return the pictures of a folder with their labels."""
    return [
        (kind, pixels(pair.image), read_labels(pair.labels).astype(np.int32))
        for pair in pairs_of(folder, 1)
    ]


def shipped(name: str) -> dict[str, Entry]:
    """Return shipped weights as they are, without a diameter."""
    return {f"ours, shipped `{name}`": Entry("ours", 0, {"base": name})}


def learners(start: str, seconds: float) -> dict[str, Entry]:
    """Return who learns from labels, and the start as it is."""
    ours = {f"ours, from `{start}`": Entry("ours", seconds, {"base": start})}
    return shipped(start) | ours | peers(seconds) | FLOOR


def few_labels(pool: list[Test], count: int, seed: int, *, whole: bool) -> Pictures:
    """Return a picture with some painted objects, or some whole pictures, and what is tested."""
    rng = np.random.default_rng(seed)
    test, rest = pool[::EVERY], [one for i, one in enumerate(pool) if i % EVERY]
    chosen = rng.choice(len(rest), count if whole else 1, replace=False)
    train = [painted(rest[i], 0 if whole else count, rng) for i in chosen]
    return learnt(train, test)


def painted(one: Test, count: int, rng: np.random.Generator) -> Pair:
    """Return a picture with the states of so many painted objects, of all where it is 0."""
    _, image, labels = one
    return image, paint(labels, count, rng) if count else labels


def folded(pool: list[Test], fold: int) -> Pictures:
    """Return what a fold learns from, and the rest."""
    train = [(image, labels) for i, (_, image, labels) in enumerate(pool) if i % FOLDS != fold]
    return learnt(train, pool[fold::FOLDS])
