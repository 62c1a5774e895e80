"""What belongs to one viewer: the session, the work under way, the autosave."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from napari_discembed.config import ClusteringConfig
from napari_discembed.errors import DiscembedError
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.state import Session
from napari_discembed.widgets.jobs import Latest, Runner, Worker
from napari_discembed.widgets.layers import place_as_text, result_of

AUTOSAVE_MS = 60_000
LOGGER = logging.getLogger(__name__)

_DESKS: weakref.WeakKeyDictionary[ViewerModel, ViewerContext] = weakref.WeakKeyDictionary()


class ViewerContext:
    """One viewer's session.

    Attributes
    ----------
    session
        What the docks share.
    autosave
        Of the annotation in progress.
    model, diameter
        Name or file of the model that embedded last, and the diameter that was typed.
    source, axes, channel
        The image layer that the session's image is of, and how it is read.
    recommended, offered
        The config that the last model recommends, and as numbers for the last image.
    restored
        The config of before a crash, for the next embedding.
    """

    def __init__(self) -> None:
        self.session = Session()
        self.autosave = Autosave()
        self.model = ""
        self.diameter: float | None = None
        self.source: napari.layers.Image | None = None
        self.axes = ""
        self.channel: int | None = None
        self.recommended: ClusteringConfig | None = None
        self.offered: ClusteringConfig | None = None
        self.restored: ClusteringConfig | None = None
        self.docks: set[int] = set()


def context_of(viewer: ViewerModel) -> ViewerContext:
    """Return the context of a viewer; two viewers share nothing."""
    own = unwrapped(viewer)
    if own not in _DESKS:
        _DESKS[own] = ViewerContext()
    return _DESKS[own]


def unwrapped(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer behind the proxy that plugins are given.

    The proxy hands out a new proxy of a layer each time it is asked, so that one cannot tell
    whether two layers are the same one.
    """
    return getattr(viewer, "__wrapped__", viewer)


class Tasks:
    """The threads of one dock: they end with it."""

    def __init__(self) -> None:
        self.runner = Runner("work")
        self.workers: set[Worker] = set()
        self.answerers: list[Latest] = []
        self.at_end: list[Callable[[], None]] = []
        self.at_close: list[Callable[[], None]] = []  # of the dock alone: the viewer goes on
        self.stopped = False

    def stop(self, *_args: object) -> None:
        """Cancel everything and wait for its end."""
        if self.stopped:
            return
        self.stopped = True
        for worker in list(self.workers):
            worker.cancel()
        for answerer in self.answerers:
            answerer.stop()
        self.runner.stop()
        for action in self.at_end:
            action()


class Dock(QWidget):
    """Base of the docks: a column that scrolls, the viewer's context, work that ends with the dock.

    Parameters
    ----------
    napari_viewer
        The viewer; napari knows by this name that it is to be given.
    """

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer = unwrapped(napari_viewer)
        self.context = context_of(viewer)
        self.session = self.context.session
        self.tasks = Tasks()
        self.context.docks.add(id(self))
        inner = QWidget()
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(8, 8, 8, 8)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        inner.setMinimumWidth(260)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self._window: QObject | None = None
        tasks = self.tasks
        # A function, not a method: PySide holds methods weakly, and drops this one too early.
        self.destroyed.connect(lambda _dock=None: tasks.stop())
        self.tasks.at_end.append(_autosaving(self, viewer))
        self.tasks.at_end.append(self._let_window_go)

    def run(
        self,
        worker: Worker,
        *,
        on_result: Callable[[Any], None],
        on_progress: Callable[[Any], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> Worker:
        """Start a worker that ends with this dock; errors are shown once, in words."""
        self.tasks.workers.add(worker)
        worker.returned.connect(on_result)
        worker.failed.connect(report)
        if on_progress is not None:
            worker.progressed.connect(on_progress)
        if on_end is not None:
            worker.finished.connect(on_end)
        worker.finished.connect(lambda: self._let_go(worker))
        worker.start(self.tasks.runner)
        return worker

    def _let_go(self, worker: Worker) -> None:
        """Drop a worker that is done, here: a QObject that goes in another thread may crash."""
        self.tasks.workers.discard(worker)
        worker.deleteLater()

    def latest(
        self, answer: Callable[..., object], on_answer: Callable[[Any], None], name: str
    ) -> Latest:
        """Return what answers questions in a thread that ends with this dock."""
        answerer = Latest(answer, name)
        answerer.answered.connect(on_answer)
        answerer.failed.connect(report)
        self.tasks.answerers.append(answerer)
        return answerer

    def event(self, event: QEvent) -> bool:
        """Notice that the dock was taken out of the window, or put into one."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            for action in [] if self.tasks.stopped else self.tasks.at_close:
                action()
            self.tasks.stop()
        elif event.type() == QEvent.Type.Show and self._window is None:
            self._window = self.window()
            self._window.installEventFilter(self)
        return bool(super().event(event))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stop the work once the window has closed; a person may still say no to closing."""
        if watched is self._window and event is not None and event.type() == QEvent.Type.Close:
            QTimer.singleShot(0, self._stop_if_closed)
        return False

    def _let_window_go(self) -> None:
        self._window = None

    def _stop_if_closed(self) -> None:
        if isinstance(self._window, QWidget) and not self._window.isVisible():
            self.tasks.stop()


def report(error: Exception) -> None:
    """Tell a person of an error: in words where we foresaw it, by its name where not."""
    if isinstance(error, DiscembedError):
        show_error(str(error))
    else:
        LOGGER.error("Unexpected error", exc_info=error)
        show_error(f"Unexpected {type(error).__name__}: {error}. Please report this.")


def _autosaving(dock: Dock, viewer: ViewerModel) -> Callable[[], None]:
    """Autosave while the dock is open; return what is to be done at its end."""
    context = dock.context
    timer = QTimer(dock)
    timer.timeout.connect(lambda: save_annotation(context, viewer))
    timer.start(AUTOSAVE_MS)
    key = id(dock)

    def end() -> None:
        context.docks.discard(key)
        if not context.docks:
            context.autosave.discard()

    return end


def save_annotation(context: ViewerContext, viewer: ViewerModel) -> None:
    """Write down what is painted and set, where a crash does not reach it."""
    painted = {
        layer.name: layer
        for layer in viewer.layers
        if isinstance(layer, napari.layers.Labels)
        and isinstance(layer.data, np.ndarray)
        and result_of(layer) is None
        and layer.data.any()
    }
    if not painted:
        return
    labels = {name: np.asarray(layer.data) for name, layer in painted.items()}
    places = {name: place_as_text(layer) for name, layer in painted.items()}
    try:
        context.autosave.save(Annotation(labels, context.session.config, context.model, places))
    except OSError as error:  # a full disk is no reason to lose what is in the viewer
        LOGGER.warning("Could not autosave: %s", error)
