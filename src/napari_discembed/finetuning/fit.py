"""Fine-tuning, from start to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_discembed.config import (
    FINE_TUNING,
    FROM_SCRATCH,
    FinetuningConfig,
    NetworkConfig,
    TilingConfig,
)
from napari_discembed.finetuning.frames import Frames, LabelsLike, parents_in, plain_labels
from napari_discembed.finetuning.judging import scoring_on, split_off
from napari_discembed.finetuning.kinds import (
    balanced,
    checked_classes,
    config_for_kinds,
    prepared_for,
    with_kinds,
)
from napari_discembed.finetuning.sizes import fitting_diameter
from napari_discembed.finetuning.starts import best_start, inflated
from napari_discembed.finetuning.taught import Taught
from napari_discembed.finetuning.validation import checked_validation
from napari_discembed.imaging.reading import as_image
from napari_discembed.models import Model, load_model
from napari_discembed.pipeline import ImageLike
from napari_discembed.progress import Job, finish_when, uninterrupted
from napari_discembed.training import fit, label_targets
from napari_discembed.types import IntArray, Kind


def finetune(
    images: ImageLike | Sequence[ImageLike],
    labels: LabelsLike | Sequence[LabelsLike],
    *,
    model: Model | str | None = None,
    network: NetworkConfig | None = None,
    config: FinetuningConfig | None = None,
    complete: bool = False,
    background_label: int | None = None,
    diameter: float | None = None,
    classes: Sequence[IntArray] | None = None,
    kinds: Sequence[Kind] = (),
    validation: tuple[Sequence[ImageLike], Sequence[LabelsLike]] | None = None,
    name: str = "fine-tuned",
    state: Path | None = None,
    resume: bool = False,
    preview: Callable[[Model], Job[Mapping[str, Any]]] | None = None,
) -> Job[Model]:
    """Fine-tune a network on the objects that a person labelled.

    Parameters
    ----------
    images
        One or several; one with a time axis is a movie.
    labels
        ``(*S)`` an image: a number for each labelled object; 0 is unlabelled. ``(T, *S)`` a movie,
        an object having one number throughout; a frame without objects is unlabelled. Tracks say
        who divides into whom besides.
    model
        To start from; None for from scratch. One for planes may start one for volumes.
    network
        What to build where there is no model to start from.
    config
        How to learn; :data:`~napari_discembed.config.FINE_TUNING` or, without a model to start
        from, :data:`~napari_discembed.config.FROM_SCRATCH` where None.
    complete
        Whether 0 in the labels means background.
    background_label
        The number that a scribble of background was painted with.
    diameter
        Typical object diameter in image pixels; None to measure the labelled objects, or to take
        what the model sees itself where that fits them better.
    classes
        For several foreground classes: ``(*S)`` an image, the class, from 1, of each object's
        pixels. A model that does not know one of them learns it; it is kept in any case.
    kinds
        What the classes are called; those of a model that are called so go on from there.
    validation
        Images and complete labels to choose the best weights by.
    name
        Of the new model.
    state
        File that keeps the training, so that it can go on after a crash.
    resume
        Go on from `state`.
    preview
        Job of what to show of the model in training, made now and then; its result is in the
        progress's `data`.

    Returns
    -------
    A job of the model; where the start was kept, its `learnt` is what was learnt. On
    :class:`~napari_discembed.progress.Finish` the training ends with the best so far.

    Raises
    ------
    InputError, TrainingDataError
        If images and labels do not fit, or nothing can be learnt from them; before any training.
    """
    pictures = [as_image(image) for image in _listed(images)]
    listed = _listed(labels)
    movies = label_targets(
        pictures,
        [plain_labels(one) for one in listed],
        complete=complete,
        background_label=background_label,
    )
    unseen = None if validation is None else checked_validation(*validation, like=pictures[0])
    told = checked_classes(classes, pictures, movies)
    parents = [parents_in(one, background_label) for one in listed]
    frames = Frames.of(pictures, movies, told, parents)
    pictures, targets, told = frames.images, frames.targets, frames.classes
    model = load_model(model) if isinstance(model, str) else model
    config = config or (FROM_SCRATCH if model is None else FINE_TUNING)
    begin = with_kinds(model, network, pictures, told, kinds)
    model, network = begin.model, begin.network
    several = 0 if told is None else max(int(k.max(initial=0)) for k in told)
    config = config_for_kinds(config, several, new=begin.is_new)
    can_keep_start = model is not None and not begin.is_new  # which cannot tell a new kind
    if model is not None and model.config.ndim == 2 and len(pictures[0].shape) == 3:
        # It knows nothing of Z yet: there is nothing to forget, to keep, or to judge a gain by.
        model, can_keep_start = inflated(model, config.seed), False
        config = config.model_copy(update={"base_weight": 0.0})
    ended = False
    if diameter is None:
        sizing = fitting_diameter(model if can_keep_start else None, pictures, targets, config)
        diameter, ended = yield from uninterrupted(sizing)
    share = config.holdout if can_keep_start and unseen is None else 0
    split = split_off(pictures, targets, told, share, config.seed, has_movies=bool(frames.movies))
    shown = split.images, split.targets, split.classes
    prepared = best_start(model, diameter, network, *shown, config, frames.movies)
    prepared = prepared_for(begin, prepared, config)
    start, tile = prepared.start, TilingConfig(device=config.device)
    scoring = scoring_on(split, unseen, start, tile)
    training = fit(
        prepared.net,
        prepared.data,
        config,
        validate=scoring.validate,
        score=scoring.score,
        judged_on=scoring.judged_on,
        doubt=scoring.doubt,
        keep_start=can_keep_start and scoring.validate is not None,
        state=state,
        resume=resume,
        preview=None if preview is None else start.shown_by(preview),
    )
    result = yield from finish_when(training, lambda: ended)
    result = balanced(result, prepared.data, config)
    taught = Taught(pictures, targets, start, config, split.held_back, begin.kinds)
    learnt = None
    if result.learnt is not None:
        learnt = yield from taught.model(name, result.learnt)
    return replace((yield from taught.model(name, result)), learnt=learnt)


def _listed(one_or_several: Any) -> list[Any]:  # noqa: ANN401 - an image, an array, or several
    several = isinstance(one_or_several, list | tuple)
    return list(one_or_several) if several else [one_or_several]
