"""What the process of live learning does: learn what is painted, and what comes to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.finetuning import Painted, finetune_live
from napari_discembed.models import Model, load_model, save_model
from napari_discembed.progress import Finish, Job, Progress
from napari_discembed.session.live import LiveLabels, taken_over
from napari_discembed.session.previewing import Previewer
from napari_discembed.session.training_process import (
    class_frames,
    labelled_frames,
    learnt_dimensions,
    taught_kinds,
)
from napari_discembed.session.trainings import Training

WAIT = 0.1
"""Seconds between two looks for what is painted, before there is enough."""
OUTCOME = "It finds what the last preview showed; no object was held back to judge it."


def learn(folder: str) -> Job[str]:
    """Learn what is painted in a folder, and what is left there, until the end is asked for.

    Before enough is painted it waits, ready to begin.

    Its progress is as of :func:`~napari_discembed.session.training_process.train`. Nothing of it
    is kept on disk before its end: a live training that was killed cannot go on.

    Returns
    -------
    A job of the path of the model.
    """
    training = Training(Path(folder))
    request, live = training.request, _Live(training)
    model = yield from finetune_live(
        (yield from live.first()),
        live.newer,
        model=live.start,
        config=request.train,
        diameter=request.diameter,
        kinds=live.kinds,
        name=request.name,
        preview=live.preview,
    )
    card = save_model(training.model_file, model)
    with contextlib.suppress(Finish):  # it is at its end
        yield Progress(1.0, f"{card.description} {OUTCOME}")
    return str(training.model_file)


class _Live:
    """What is painted by now, and the previews of it."""

    def __init__(self, training: Training) -> None:
        request = training.request
        self.start = None if request.start is None else load_model(request.start)
        self._folder = training.folder
        self._images, labels = training.pairs()
        self._previewer: Previewer | None = None
        self.kinds, classes = taught_kinds(training, labels, self.start)
        background = request.background_label
        self._first = LiveLabels(labels, request.complete, background, classes)

    def first(self) -> Job[Painted]:
        """Wait until enough is painted to begin with; a job of that."""
        found = taken_over(self._folder) or self._first  # more since this process was asked for
        while not found.is_enough:
            yield Progress(None, "Waiting for what you paint.")
            time.sleep(WAIT)
            found = taken_over(self._folder) or found
        return self._taken(found)

    def newer(self) -> Painted | None:
        """Return all that is painted by now, or None where that is as before."""
        found = taken_over(self._folder)
        if found is None or len(found.labels) != len(self._images):
            return None
        return self._taken(found)

    def _taken(self, found: LiveLabels) -> Painted:
        images, background = self._images, found.background_label
        ndim = learnt_dimensions(images, found.labels, self.start, background)
        pairs = labelled_frames(images, found.labels, ndim)
        self._previewer = Previewer(*pairs[0], background, like=self._previewer)
        shown, labels = [image for image, _ in pairs], [frame for _, frame in pairs]
        told = found.classes
        if told is None and self.kinds:  # one kind, of a start that knows several
            told = [(one > 0).astype(np.uint8) for one in found.labels]
        classes = None if told is None else class_frames(images, found.labels, told, ndim)
        return Painted(shown, labels, found.complete, background, classes)

    def preview(self, model: Model) -> Job[Mapping[str, Any]]:
        """Return the job of a preview."""
        assert self._previewer is not None  # noqa: S101 - made with what is painted first
        return self._previewer(model)
