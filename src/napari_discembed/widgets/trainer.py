"""The training of a viewer: one at a time, in a process of its own, seen by all of its docks."""

from __future__ import annotations

import itertools
import shutil
import weakref
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from psygnal import Signal

from napari_discembed.catalogue import user_folder
from napari_discembed.config import FINE_TUNING, FinetuningConfig
from napari_discembed.errors import FileFormatError
from napari_discembed.files import atomic_path, safe_name, sweep_partials
from napari_discembed.progress import Progress
from napari_discembed.session.preview import Choice
from napari_discembed.session.remote import CANCEL, GO_ON, PAUSE, RemoteJob
from napari_discembed.session.state import Session
from napari_discembed.session.trainings import KEPT_START, Request, Training, new_training
from napari_discembed.widgets.contributions.preferences import device
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.sessions import session_of, unwrapped
from napari_discembed.widgets.tasks import Tasks

TARGET = "napari_discembed.session.training_process:train"
LIVE_TARGET = "napari_discembed.session.live_process:learn"
NAME = "corrected"
"""Of the models that learnt from corrections."""
_TRAINERS: weakref.WeakKeyDictionary[ViewerModel, Trainer] = weakref.WeakKeyDictionary()


class Trainer:
    """Runs trainings, and keeps their models; ends with the last dock of its session.

    No QObject, since it outlives the application's window.

    Attributes
    ----------
    began
        Emitted with the :class:`~napari_discembed.session.trainings.Training` that begins.
    progressed
        Emitted with its progress.
    ended
        Emitted at its end; `model_file` is None where it gave no model.
    decided
        Emitted when a person has chosen, as `choice` asks.
    choice
        The start, which was kept, and what was learnt, for a person to choose from; or None.
    model_file
        The last model.
    words, fraction, left
        What was told last of it, how far it is, and how long it still takes, in words.
    figures
        What it told of its steps so far, for a dock that is opened later.
    is_paused
        Whether it is held.
    outcome
        What came of the last one, in words.
    is_again
        Whether another one follows, as more was corrected meanwhile.
    is_live
        Whether the one under way, or the last one, goes on with what is painted meanwhile.
    """

    began = Signal(object)
    progressed = Signal(object)
    ended = Signal()
    decided = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tasks = Tasks()
        self.model_file: Path | None = None
        self.words, self.outcome = "", ""
        self.fraction, self.left = 0.0, ""
        self.is_again = self.is_paused = self.is_live = False
        self.figures: list[Mapping[str, float]] = []
        self._kept_start = self._of_corrections = self._has_learnt = False
        self.choice: Choice | None = None
        self._learnt = b""  # the file of what was learnt, where there is a choice
        self._training: Training | None = None
        self._remote: RemoteJob | None = None
        self._worker: Worker | None = None
        self.tasks.at_end.append(self._release)
        session.ended.connect(self.tasks.stop)

    @property
    def share(self) -> str:
        """How far it is, in words: ``40 %, 1 min left``."""
        share = f"{100 * self.fraction:.0f} %"
        return f"{share}, {self.left}" if self.left else share

    @property
    def is_busy(self) -> bool:
        """Whether a training is under way."""
        return self._worker is not None

    @staticmethod
    def config() -> FinetuningConfig:
        """Return how corrections are learnt."""
        return FINE_TUNING.model_copy(update={"device": device()})

    def learn(self) -> None:
        """Train the session's model on its examples; once more, where it is under way."""
        if self.is_busy:
            self.is_again = True
            if self.is_live:  # it would never end
                self.stop()
            return
        session, pairs = self.session, self.session.examples.training_pairs(self.session.kinds)
        request = Request(
            name=NAME,
            start=session.offered or session.model or None,
            train=self.config(),
            complete=pairs.complete,
            background_label=pairs.background or None,
            kinds=session.kinds.told,
            validation=len(pairs.judged),
        )
        images = pairs.images + [image for image, _ in pairs.judged]
        labels = pairs.labels + [objects for _, objects in pairs.judged]
        classes = pairs.classes
        if classes is not None:  # of the last ones the objects alone are judged
            classes = classes + [np.zeros(one.shape, np.uint8) for _, one in pairs.judged]
        try:
            training = new_training(request, images, labels, classes=classes)
        except OSError as error:
            show_warning(f"The training cannot be written down: {error}. Nothing was begun.")
            return
        self.begin(training, of_corrections=True)

    def begin(
        self, training: Training, *, of_corrections: bool = False, live: bool = False
    ) -> bool:
        """Begin, or go on with, a training; tell whether that could be.

        Of one of corrections no model is kept where its start was no worse. A live one takes what
        is handed over meanwhile, until it is stopped.
        """
        if self.is_busy:
            return False
        try:
            request = training.request
            taken = training.is_claimed()
            training.claim()
        except (FileFormatError, OSError):  # discarded elsewhere
            taken = True
        if taken:
            show_warning("This training is no longer there, or goes on in another window.")
            return False
        self.model_file, self._training = None, training
        self.words, self.fraction, self.left = "Starting ...", 0.0, ""
        self.figures, self.is_paused = [], False
        self.outcome = "Ended without a model."
        self._kept_start, self._of_corrections = False, of_corrections
        self._has_learnt = False
        self.choice, self._learnt, self.is_live = None, b"", live
        target = LIVE_TARGET if live else TARGET
        remote = self._remote = RemoteJob(target, str(training.folder), log=training.log)
        self._worker = self.tasks.run(
            Worker(remote.job, f"Learn {request.name}", remote.stop, self.stop),
            on_result=lambda path: self._trained(training, request.name, Path(path)),
            on_progress=self._advance,
            on_end=lambda: self._ended(training),
        )
        self.began.emit(training)
        return True

    def pause(self, on: bool) -> None:
        """Hold the training, or let it go on."""
        if self._remote is not None and self._worker is not None:
            self._remote.tell(PAUSE if on else GO_ON)
            self._worker.left.hold(on)
            self.is_paused = on

    def stop(self) -> None:
        """Ask for the end of the training; the best so far is kept."""
        if self.is_live and not self._has_learnt and self._worker is not None:
            self._worker.cancel()  # it still waits for what is painted
        elif self._remote is not None:
            self._remote.tell(CANCEL)

    @property
    def folder(self) -> Path | None:
        """Where the training under way takes what is handed over; None where none is."""
        return None if self._training is None else self._training.folder

    def _advance(self, progress: Progress) -> None:
        self.words = progress.message
        self.fraction = progress.fraction or self.fraction
        self.left = "" if self._worker is None else self._worker.left.words
        self.figures.append(progress.values)
        self._has_learnt = self._has_learnt or "loss" in progress.values
        far = " while you paint" if self.is_live else f": {self.share}"
        waits = self.is_live and not self._has_learnt
        self.session.note(learning="" if waits else f"Learning{far}.")
        self._kept_start = progress.values.get(KEPT_START, 0.0) > 0
        self.choice = progress.data.get("choice")
        self.progressed.emit(progress)

    def _trained(self, training: Training, name: str, path: Path) -> None:
        if self._kept_start and self._of_corrections:
            training.discard()
            self.choice = None
            self.outcome = "No gain from these corrections yet: the model stays as it was."
            return
        sweep_partials(user_folder())
        kept = _free_file(user_folder(), safe_name(name))
        try:
            if self.choice is not None:
                self._learnt = training.learnt_file.read_bytes()
            with atomic_path(kept) as partial:
                shutil.copyfile(path, partial)
        except OSError as error:
            self.choice = None
            show_warning(f"The model cannot be copied to {kept}: {error}. It is kept in {path}.")
            return
        training.discard()
        self.model_file = kept
        self.outcome = f"{self.words} The model is '{kept.stem}'."
        if self.choice is not None:
            self.outcome = f"'{kept.stem}' is as the start was, unless you choose otherwise."
        self.session.offer(str(kept))
        done = "The start was kept as" if self._kept_start else "Trained"
        asked = " Look at what was learnt in Fine-tune, and choose." if self.choice else ""
        show_info(f"{done} '{kept.stem}'.{asked}")

    def decide(self, *, learnt: bool) -> None:
        """Keep what was learnt, or the start, as a person chose; the new model is that."""
        kept = self.model_file
        if self.choice is None or kept is None:
            return
        try:
            if learnt:
                with atomic_path(kept) as partial:
                    partial.write_bytes(self._learnt)
        except OSError as error:
            show_warning(f"The model cannot be written to {kept}: {error}. The start is kept.")
            return
        self.choice, self._learnt = None, b""
        which = "What was learnt" if learnt else "The start"
        self.outcome = f"{which} was kept as '{kept.stem}'."
        if learnt:
            self.session.offer(str(kept))
        self.decided.emit()

    def _release(self) -> None:
        if self._training is not None:
            self._training.release()
        self._training = None

    def _ended(self, training: Training) -> None:
        self._release()
        if training.never_began():
            training.discard()
        self._worker = self._remote = None
        self.session.note(learning="")
        self.ended.emit()
        if self.is_again and not self.tasks.stopped:
            self.is_again = False
            self.learn()


def trainer_of(viewer: ViewerModel) -> Trainer:
    """Return the trainer of a viewer; a new one after its last dock was closed."""
    own = unwrapped(viewer)
    if own not in _TRAINERS or _TRAINERS[own].tasks.stopped:
        _TRAINERS[own] = Trainer(session_of(own))
    return _TRAINERS[own]


def tell_of_end(viewer: ViewerModel) -> None:
    """Say that a training ends, as the last dock is being closed."""
    trainer = _TRAINERS.get(unwrapped(viewer))
    if trainer is not None and trainer.is_busy:
        show_info(
            "Learning has stopped, as no dock is open any more. Open Fine-tune to go on with it."
        )


def _free_file(folder: Path, name: str) -> Path:
    """Return a file for a model that overwrites none: ``name``, or else ``name 2``, ..."""
    names = itertools.chain([name], (f"{name} {i}" for i in itertools.count(2)))
    files = (folder / f"{each}.safetensors" for each in names)
    return next(file for file in files if not file.exists())
