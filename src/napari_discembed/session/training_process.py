"""What the process of a training does: fine-tune as its folder says, showing previews."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_discembed import finetuning
from napari_discembed.models import Model, load_model, save_model
from napari_discembed.progress import Finish, Job, Progress, scaled, uninterrupted
from napari_discembed.session.preview import Choice, Result
from napari_discembed.session.previewing import Previewer
from napari_discembed.session.trainings import KEPT_START, Training
from napari_discembed.types import Image, IntArray, Kind


def train(folder: str) -> Job[str]:
    """Do the training in a folder, from where it stands; a job of the path of its model.

    The progress's `data` has a :class:`~napari_discembed.session.preview.Preview` now and then,
    under ``"preview"``; the last one's `values` say whether the start was kept. If so, and
    something was learnt, its `data` has a :class:`~napari_discembed.session.preview.Choice`, under
    ``"choice"``.
    """
    training = Training(Path(folder))
    request = training.request
    start = None if request.start is None else load_model(request.start)
    images, labels = training.pairs()
    n = len(images) - request.validation
    ndim = learnt_dimensions(images[:n], labels[:n], start, request.background_label)
    pairs = labelled_frames(images[:n], labels[:n], ndim)
    kinds, told = taught_kinds(training, labels, start)
    classes = None if told is None else class_frames(images[:n], labels[:n], told[:n], ndim)
    # There, all is labelled: a scribble of background is background as well.
    truths = [np.where(x == request.background_label, 0, x) for x in labels[n:]]
    unseen = labelled_frames(images[n:], truths, ndim)
    previewer = Previewer(*pairs[0], request.background_label)
    model = yield from finetuning.finetune(
        [image for image, _ in pairs],
        [frame for _, frame in pairs],
        model=start,
        config=request.train,
        complete=request.complete,
        background_label=request.background_label,
        diameter=request.diameter,
        classes=classes,
        kinds=kinds,
        validation=([i for i, _ in unseen], [t for _, t in unseen]) if unseen else None,
        name=request.name,
        state=training.state_file,
        resume=True,
        preview=previewer,
    )
    data = {}
    if model.learnt is not None:
        # What is asked for is the end, which is near.
        data["choice"], _ = yield from uninterrupted(_choice(model, model.learnt, previewer))
        save_model(training.learnt_file, model.learnt)
    card = save_model(training.model_file, model)
    with contextlib.suppress(Finish):  # it is at its end
        kept = {KEPT_START: float(bool(card.training.get(KEPT_START)))}
        yield Progress(1.0, card.description, kept, data)
    training.state_file.unlink(missing_ok=True)
    return str(training.model_file)


def taught_kinds(
    training: Training, labels: Sequence[IntArray], start: Model | None
) -> tuple[tuple[Kind, ...], list[IntArray] | None]:
    """Return what the classes of a training are called, and the class of each object.

    Where one kind is taught to a start that knows several, it forgets the others.
    """
    kinds, classes = training.request.kinds, training.classes()
    if classes is None and start is not None and start.config.classes > 1:
        return (Kind("object"),), [(one > 0).astype(np.uint8) for one in labels]
    return kinds, classes


def _choice(start: Model, learnt: Model, previewer: Previewer) -> Job[Choice]:
    """Show what both make of the first image."""
    of_start = yield from _result(start, previewer)
    of_learnt = yield from _result(learnt, previewer)
    return Choice(of_start, of_learnt, int(start.card.training["held_back"]))


def _result(model: Model, previewer: Previewer) -> Job[Result]:
    shown = yield from scaled(previewer(model), 1.0, 1.0, "both results")
    return Result(shown["preview"], next(iter(model.card.metrics.values())))


def learnt_dimensions(
    images: Sequence[Image],
    labels: Sequence[IntArray],
    start: Model | None,
    background_label: int | None,
) -> int:
    """Return the dimensions to learn in.

    A start for planes learns volumes where an object is labelled through several planes.

    Parameters
    ----------
    images, labels
        Pairs to learn from.
    start
        None for from scratch.
    background_label
        The number that a scribble of background was painted with.
    """
    if start is None:
        return 3 if images[0].axes.has_depth else 2
    pairs = zip(images, labels, strict=True)
    through = all(is_labelled_through_planes(i, x, background_label) for i, x in pairs)
    return 3 if through else start.config.ndim


def is_labelled_through_planes(
    image: Image, labels: IntArray, background_label: int | None = None
) -> bool:
    """Tell whether an object of a z-stack is labelled in more than one of its planes.

    Parameters
    ----------
    image
        Says the axes.
    labels
        Of the image's shape without channels.
    background_label
        The number that a scribble of background was painted with.
    """
    axes = image.axes.without_channels()
    if not axes.has_depth or labels.ndim != len(axes):
        return False
    for volume in Image(labels, axes).frames():
        seen: set[int] = set()
        for plane in volume.frames(ndim=2):
            numbers = set(np.unique(plane.data).tolist()) - {0, background_label}
            if numbers & seen:
                return True
            seen |= numbers
    return False


def labelled_frames(
    images: Sequence[Image], labels: Sequence[IntArray], ndim: int
) -> list[tuple[Image, IntArray]]:
    """Return the frames of images, and their labels, that a network learns from.

    Planes or time points on which nothing is labelled are left out, unless nothing is labelled at
    all, which the training then tells of.

    Parameters
    ----------
    images
        Of any axes.
    labels
        Each of its image's shape without channels; of another one, the image is left whole, and
        the training tells of it.
    ndim
        Dimensions of the network.
    """
    found: list[tuple[Image, IntArray]] = []
    for image, numbers in zip(images, labels, strict=True):
        chosen = _frames_learnt(image, numbers, ndim)
        if chosen is None:
            found.append((image, numbers))
            continue
        frames, of_labels = image.frames(ndim), _frames_of(image, numbers, ndim)
        found += [(frames[i], of_labels[i]) for i in chosen]
    return found


def class_frames(
    images: Sequence[Image], labels: Sequence[IntArray], classes: Sequence[IntArray], ndim: int
) -> list[IntArray]:
    """Return the classes of the frames that :func:`labelled_frames` returns.

    Parameters
    ----------
    images, labels, ndim
        As there.
    classes
        Each of its labels' shape.
    """
    found: list[IntArray] = []
    for image, numbers, told in zip(images, labels, classes, strict=True):
        chosen = _frames_learnt(image, numbers, ndim)
        of_classes = [told] if chosen is None else _frames_of(image, told, ndim)
        found += [of_classes[i] for i in chosen or [0]]
    return found


def _frames_of(image: Image, numbers: IntArray, ndim: int) -> list[IntArray]:
    return [frame.data for frame in Image(numbers, image.axes.without_channels()).frames(ndim)]


def _frames_learnt(image: Image, numbers: IntArray, ndim: int) -> list[int] | None:
    """Return the places of the frames that are learnt; None where the image is left whole."""
    frames, axes = image.frames(ndim), image.axes.without_channels()
    fits = numbers.ndim == len(axes) and axes.shape(numbers.shape, frames.axes) == frames.shape
    if frames.is_single or not fits:
        return None
    labelled = [one.any() for one in _frames_of(image, numbers, ndim)]
    return [i for i, has in enumerate(labelled) if has] or [0]
