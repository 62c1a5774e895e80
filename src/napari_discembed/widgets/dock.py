"""The base of the docks: the session they observe, and work that ends with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from napari.components import ViewerModel
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from napari_discembed.session.guidance import Step
from napari_discembed.types import Index
from napari_discembed.widgets.keys import Keys
from napari_discembed.widgets.layers import Source, source_of
from napari_discembed.widgets.panels.strip import Strip
from napari_discembed.widgets.qt.connections import Connections
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.qt.later import Later
from napari_discembed.widgets.qt.latest import Latest
from napari_discembed.widgets.qt.look import look_of
from napari_discembed.widgets.qt.places import bring_forward, share_place, siblings
from napari_discembed.widgets.sessions import save_annotation, session_of, unwrapped
from napari_discembed.widgets.tasks import Tasks, report, words_of
from napari_discembed.widgets.trainer import tell_of_end
from napari_discembed.widgets.warming import warm_up

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.plot import Plot

AUTOSAVE_MS = 60_000
PLUGIN = "napari-discembed"
WIDTH, HEIGHT = 340, 640
"""Of a dock that is opened, in pixels."""

PlotT = TypeVar("PlotT", bound="Plot")


class Dock(QWidget):
    """Base of the docks: a column that scrolls, the viewer's session, work that ends with the dock.

    Parameters
    ----------
    napari_viewer
        The viewer; napari knows by this name that it is to be given.

    Attributes
    ----------
    STEP
        Of the work, that the dock is for; None for none.
    column
        What scrolls, and below it, always in view:
    pinned
        What a person needs again and again.
    """

    STEP: ClassVar[Step | None] = None

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer = unwrapped(napari_viewer)
        self.session = session = session_of(viewer)
        self.tasks = tasks = Tasks()
        self._followed = self.connections()
        self.keys = Keys(viewer, self.connections())
        tasks.at_end.append(self.keys.release)
        self._window: QObject | None = None
        self._plots: list[Plot] = []
        self._add_column()
        self.follow(viewer.events.theme, self._theme_changed)
        # A function, not a method: PySide holds methods weakly, and drops this one too early.
        self.destroyed.connect(lambda _dock=None: tasks.stop())
        session.enter(key := id(self))
        tasks.at_end.append(lambda: session.leave(key))
        tasks.at_close.append(lambda: tell_of_end(viewer) if session.is_last(key) else None)
        tasks.at_end.append(self._let_window_go)
        timer = QTimer(self)
        timer.timeout.connect(lambda: save_annotation(session, viewer))
        timer.start(AUTOSAVE_MS)

    def _add_column(self) -> None:
        inner = QWidget()
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(6, 4, 6, 4)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        self.pinned = QVBoxLayout()
        self.pinned.setContentsMargins(6, 2, 6, 6)
        self.strip = Strip(self.session, self.STEP)
        self.strip.stepWanted.connect(self.go_to)
        self.follow(self.session.situation_changed, self.strip.show_situation)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.strip)
        outer.addWidget(area, 1)
        # Below the column, always in view: napari's own message cuts long sentences.
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.setContentsMargins(8, 4, 8, 4)
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.trouble.hide()
        outer.addWidget(self.trouble)
        outer.addLayout(self.pinned)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's way of naming
        """Return the size of a dock that is opened."""
        return QSize(WIDTH, HEIGHT)

    def go_to(self, step: Step) -> None:
        """Open the dock of a step, or bring it to the front."""
        for dock in siblings(self, Dock):
            if dock.STEP is step:
                bring_forward(dock)
                return
        window = getattr(self.viewer, "window", None)
        if window is not None:
            window.add_plugin_dock_widget(PLUGIN, step.value, tabify=True)

    def _theme_changed(self, _event: object = None) -> None:
        look = look_of(self.viewer.theme)
        for plot in self._plots:
            plot.set_look(look)

    def plot_later(self, make: Callable[[], PlotT]) -> Later[PlotT]:
        """Return a plot in the theme's colours, which is made when it is first wanted.

        `make` is to import it, too: pyqtgraph takes as long to load as the rest of a dock.
        """

        def dressed() -> PlotT:
            plot = make()
            plot.set_look(look_of(self.viewer.theme))
            self._plots.append(plot)
            return plot

        return Later(dressed)

    def source(self) -> Source | None:
        """Return the image layer that the session's image is of; None where it has gone."""
        return source_of(self.viewer, self.session)

    def frame_shown(self) -> Index | None:
        """Return which frame of the embeddings the viewer shows; None where it shows none."""
        series, source = self.session.series, self.source()
        return None if series is None or source is None else source.frame_shown(series)

    def follow(self, signal: Any, slot: Callable[..., Any]) -> None:  # noqa: ANN401
        """Connect a slot to a signal of Qt, psygnal or napari, until the dock ends."""
        self._followed.add(signal, slot)

    def connections(self) -> Connections:
        """Return connections that change, as those to a chosen layer, and end with the dock."""
        connections = Connections()
        self.tasks.connections.append(connections)
        return connections

    def run(
        self,
        worker: Worker,
        *,
        on_result: Callable[[Any], None],
        on_progress: Callable[[Any], None] | None = None,
        on_end: Callable[[], None] | None = None,
        beside: bool = False,
    ) -> Worker:
        """Start a worker that ends with this dock; errors are shown once, and whole in the dock."""
        self._trouble_over()
        worker.failed.connect(self._show_trouble)
        return self.tasks.run(
            worker, on_result=on_result, on_progress=on_progress, on_end=on_end, beside=beside
        )

    def _trouble_over(self, _answer: object = None) -> None:
        self.trouble.hide()

    def _show_trouble(self, error: Exception) -> None:
        self.trouble.setText(words_of(error))
        self.trouble.show()

    def latest(
        self,
        answer: Callable[..., object],
        on_answer: Callable[[Any], None],
        name: str,
        patience: float = 0.0,
    ) -> Latest:
        """Return what answers questions in a thread that ends with this dock."""
        answerer = Latest(answer, name, patience)
        answerer.answered.connect(on_answer)
        answerer.answered.connect(self._trouble_over)
        answerer.failed.connect(report)
        answerer.failed.connect(self._show_trouble)
        self.tasks.answerers.append(answerer)
        return answerer

    def event(self, event: QEvent) -> bool:
        """Notice that the dock was taken out of the window, or put into one."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            for action in [] if self.tasks.stopped else self.tasks.at_close:
                action()
            self.tasks.stop()
        elif event.type() == QEvent.Type.ParentChange:
            self._theme_changed()
        elif event.type() == QEvent.Type.Show and self._window is None:
            self._window = self.window()
            self._window.installEventFilter(self)
            QTimer.singleShot(0, self._share_place)
            self.tasks.runner.submit(warm_up)
        return bool(super().event(event))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stop the work once the window has closed; a person may still say no to closing."""
        if watched is self._window and event is not None and event.type() == QEvent.Type.Close:
            QTimer.singleShot(0, self._stop_if_closed)
        return False

    def _share_place(self) -> None:
        if self._window is not None:
            share_place(self, Dock, WIDTH)

    def _let_window_go(self) -> None:
        self._window = None

    def _stop_if_closed(self) -> None:
        if isinstance(self._window, QWidget) and not self._window.isVisible():
            self.tasks.stop()
