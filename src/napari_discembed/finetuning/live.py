"""Live fine-tuning: a network that learns what a person paints while it is painted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from napari_discembed.config import FINE_TUNING, FROM_SCRATCH, FinetuningConfig
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.errors import DiscembedError
from napari_discembed.finetuning.kinds import (
    Begin,
    balanced,
    config_for_kinds,
    prepared_for,
    with_kinds,
)
from napari_discembed.finetuning.sizes import fitting_diameter
from napari_discembed.finetuning.starts import PreparedStart, best_start, inflated
from napari_discembed.finetuning.taught import Taught
from napari_discembed.models import Model
from napari_discembed.progress import Finish, Job, finish_when, uninterrupted
from napari_discembed.training import fit_live, label_targets, training_set, typical_diameter
from napari_discembed.types import Image, IntArray, Kind

OTHER_SIZE = 1.5
"""How many times larger or smaller objects must become for live learning to start anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """What a person has painted up to a moment.

    Attributes
    ----------
    images
        That something is painted in.
    labels
        ``(*S)`` an image: a number for each object; 0 is unlabelled.
    complete
        Whether 0 means background.
    background_label
        The number that a scribble of background was painted with.
    classes
        ``(*S)`` an image: the class, from 1, of each object; None for one class.
    """

    images: Sequence[Image]
    labels: Sequence[IntArray]
    complete: bool = False
    background_label: int | None = None
    classes: Sequence[IntArray] | None = None

    def targets(self) -> list[IntArray]:
        """Return object, background and unlabelled pixels told apart."""
        return label_targets(
            self.images,
            self.labels,
            complete=self.complete,
            background_label=self.background_label,
        )


def finetune_live(
    painted: Painted,
    newer: Callable[[], Painted | None],
    *,
    model: Model | None = None,
    config: FinetuningConfig | None = None,
    diameter: float | None = None,
    kinds: Sequence[Kind] = (),
    name: str = "fine-tuned",
    preview: Callable[[Model], Job[Mapping[str, Any]]] | None = None,
) -> Job[Model]:
    """Fine-tune a network on objects that a person goes on painting.

    Every object is taught, none held back to judge by: no start is kept in place of what was
    learnt. The typical size and the mix of channels are those of the beginning; where objects
    become :data:`OTHER_SIZE` times larger or smaller, or volumes of planes, all starts anew from
    `model`. What cannot be learnt from, as labels without an object, is passed over.

    Parameters
    ----------
    painted
        To begin with.
    newer
        Asked between two steps: all that is painted by now, or None where that is as before.
    model
        To start from; None for from scratch.
    config
        How to learn, and for how long after each change.
    diameter
        Typical object diameter in image pixels; None as for :func:`finetune`.
    kinds
        What the classes are called, which stay the same throughout.
    name
        Of the new model.
    preview
        Job of what to show of the model; its result is in the progress's `data`.

    Returns
    -------
    A job of the model as it is when :class:`~napari_discembed.progress.Finish` asks for the end;
    until then it goes on.

    Raises
    ------
    InputError, TrainingDataError
        If nothing can be learnt from what is painted to begin with.
    """
    config = config or (FROM_SCRATCH if model is None else FINE_TUNING)
    begin = with_kinds(model, None, painted.images, painted.classes, kinds)
    config = config_for_kinds(config, len(begin.kinds), new=begin.is_new)
    while True:
        size, ended = diameter, False
        if size is None:
            sizing = fitting_diameter(
                _knowing(begin, painted), painted.images, painted.targets(), config
            )
            size, ended = yield from uninterrupted(sizing)
        round_ = _Round(painted, newer, begin, config, size, is_given=diameter is not None)
        prepared = round_.prepared
        training = fit_live(
            prepared.net,
            prepared.data,
            round_.config,
            round_.data,
            preview=None if preview is None else prepared.start.shown_by(preview),
        )
        result = yield from finish_when(training, partial(bool, ended))
        if round_.anew is None:
            break
        painted = round_.anew
    result = balanced(result, round_.latest, round_.config)
    last = round_.painted
    start, how = prepared.start, round_.config
    taught = Taught(last.images, last.targets(), start, how, kinds=begin.kinds)
    return (yield from taught.model(name, result))


def _knowing(begin: Begin, painted: Painted) -> Model | None:
    """Return the model to start from where it may know objects as these."""
    model = begin.model
    if model is None or begin.is_new or model.config.ndim != len(painted.images[0].shape):
        return None
    return model


class _Round:
    """Live learning from one start.

    Attributes
    ----------
    painted
        What is learnt now.
    anew
        With what another round is to begin; None where there is to be none.
    """

    def __init__(
        self,
        painted: Painted,
        newer: Callable[[], Painted | None],
        begin: Begin,
        config: FinetuningConfig,
        diameter: float,
        *,
        is_given: bool,
    ) -> None:
        self.painted, self._newer, self._is_given = painted, newer, is_given
        self.anew: Painted | None = None
        self._ndim = len(painted.images[0].shape) if painted.images else 0
        model = begin.model
        if model is not None and model.config.ndim == 2 and self._ndim == 3:
            # It knows nothing of Z yet: there is nothing to forget.
            model = inflated(model, config.seed)
            config = config.model_copy(update={"base_weight": 0.0})
        self.config = config
        targets = painted.targets()
        self._size = typical_diameter(targets)
        prepared = best_start(
            model, diameter, begin.network, painted.images, targets, painted.classes, config
        )
        self.prepared: PreparedStart = prepared_for(begin, prepared, config)
        self.latest = self.prepared.data

    def data(self) -> TrainingSet | None:
        """Return what is new as the network sees it, or None; ask for the end to start anew."""
        found = self._newer()
        if found is None:
            return None
        start = self.prepared.start
        try:
            targets = found.targets()
            size = typical_diameter(targets)
            other = len(found.images[0].shape) != self._ndim
            if other or (not self._is_given and _differ(size, self._size)):
                self.anew = found
                raise Finish
            data = training_set(
                found.images,
                targets,
                self.prepared.net.config,
                start.diameter,
                found.classes,
                channel_weights=start.channel_weights,
            )
        except DiscembedError:
            return None
        self.painted, self.latest = found, data
        return data


def _differ(one: float, other: float) -> bool:
    return max(one, other) > OTHER_SIZE * min(one, other)
