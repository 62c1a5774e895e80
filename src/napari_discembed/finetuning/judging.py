"""What is held back from a fine-tuning to judge it by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_discembed.config import TilingConfig
from napari_discembed.finetuning.starts import Start
from napari_discembed.finetuning.validation import (
    HOLDOUT_SCORE,
    fingerprint,
    on_holdout,
    on_images,
)
from napari_discembed.training import HoldoutObject, Validate, images_to_hold_back, split_holdout
from napari_discembed.types import Image, IntArray

DOUBT_OF_ONE = 0.1
"""How uncertain a score on one object is; on more, it is less by the root of their number.
The figures behind it are in benchmarks/LOG.md, 88."""


WHOLE_SCORE = "mean_ap"
"""By which whole images that were held back judge: on twenty objects AP50 is a matter of two, and
is often the same before and after; the mean over overlaps hears of each outline
(benchmarks/LOG.md, 127)."""


class Split(NamedTuple):
    """What is taught, and what is held back to judge by.

    Attributes
    ----------
    images, targets, classes
        That are taught.
    objects
        Held back one by one, in images that are taught.
    whole
        Images held back, and their labels.
    """

    images: list[Image]
    targets: list[IntArray]
    classes: list[IntArray] | None
    objects: list[HoldoutObject]
    whole: tuple[list[Image], list[IntArray]]

    @property
    def held_back(self) -> int:
        """How many objects are."""
        return len(self.objects) + sum(len(np.unique(t[t > 0])) for t in self.whole[1])


def split_off(
    images: Sequence[Image],
    targets: Sequence[IntArray],
    classes: Sequence[IntArray] | None,
    share: float,
    seed: int,
    *,
    has_movies: bool = False,
) -> Split:
    """Hold a share back: whole images where every object of enough of them is labelled.

    Parameters
    ----------
    images, targets, classes
        As :func:`~napari_discembed.training.training_set` takes them.
    share
        In [0, 1).
    seed
        Decides which.
    has_movies
        Whether some are frames of movies: then none is held back whole, as those beside show the
        same objects.
    """
    back = set[int]() if has_movies else set(images_to_hold_back(targets, share, seed))
    kept = [i for i in range(len(images)) if i not in back]
    whole = [images[i] for i in sorted(back)], [targets[i] for i in sorted(back)]
    taught, objects = split_holdout([targets[i] for i in kept], 0 if back else share, seed)
    told = None if classes is None else [classes[i] for i in kept]
    return Split([images[i] for i in kept], taught, told, objects, whole)


class Scoring(NamedTuple):
    """How weights are chosen.

    Attributes
    ----------
    validate
        The job that scores them; None where there is nothing to score them on.
    score
        Name of the score.
    judged_on
        A hash of the images that it is of.
    doubt
        How uncertain it is.
    """

    validate: Validate | None
    score: str = "ap50"
    judged_on: str = ""
    doubt: float = 0.0


def scoring_on(
    split: Split,
    unseen: tuple[list[Image], list[IntArray]] | None,
    start: Start,
    tile: TilingConfig,
) -> Scoring:
    """Score on validation images where there are, else on the holdout, if there is one.

    Parameters
    ----------
    split
        The holdout.
    unseen
        Validation images and their labels.
    start, tile
        As for :func:`~napari_discembed.finetuning.validation.on_images`.
    """
    if unseen is not None:
        return Scoring(on_images(*unseen, start, tile), judged_on=fingerprint(*unseen))
    if not split.held_back:
        return Scoring(None)
    doubt = DOUBT_OF_ONE / split.held_back**0.5
    if split.objects:
        validate = on_holdout(split.images, split.objects, start, tile)
        return Scoring(validate, HOLDOUT_SCORE, doubt=doubt)
    validate = on_images(*split.whole, start, tile, WHOLE_SCORE)
    return Scoring(validate, WHOLE_SCORE, fingerprint(*split.whole), doubt)
