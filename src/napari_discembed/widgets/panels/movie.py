"""Choose what is to be followed through time: labels, or a movie and a model; find and link."""

from __future__ import annotations

from typing import Any

import napari.layers
from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.catalogue import last_made
from napari_discembed.config import LinkingConfig
from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress
from napari_discembed.session.linking import (
    BY_EMBEDDING,
    FoundMovie,
    Linked,
    find_in_movie,
    link_labels,
)
from napari_discembed.session.tracked import Tracked
from napari_discembed.text import pluralize
from napari_discembed.types.axes import TIME
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import FRAMES, OBJECTS_OF, Source, image_of
from napari_discembed.widgets.layers.metadata import TRACKS_OF
from napari_discembed.widgets.layers.tracks import frames_to_link
from napari_discembed.widgets.panels.choices import LayerChoice, ModelChoice
from napari_discembed.widgets.panels.image_choice import ImageChoice
from napari_discembed.widgets.panels.linking_form import LinkingForm
from napari_discembed.widgets.panels.movie_embeddings import Find, MovieEmbeddings
from napari_discembed.widgets.panels.size import SizeBox
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.tasks import report

LINK, FIND = "Link all frames", "Find and link"
BY_MODEL = "none: find them by a model"
SOON_MS = 250
"""After the last move of a setting, objects are linked anew."""


class MoviePanel(QWidget):
    """The first part of the Track dock: what is linked, and how.

    Attributes
    ----------
    linked
        Emitted with a Labels layer and the :class:`Linked` of its objects.
    """

    linked = Signal(object, object)

    def __init__(self, dock: Dock, tracked: Tracked) -> None:
        super().__init__()
        self.dock, self.tracked = dock, tracked
        self.labels = LayerChoice(
            dock.viewer,
            napari.layers.Labels,
            none=BY_MODEL,
            results=False,
            eager=True,
            suits=lambda layer: TRACKS_OF not in layer.metadata,
        )
        self.labels.setToolTip("Objects of each frame, to be linked. Or find them by a model.")
        self.finding, rows = QWidget(), rows_of_form()
        self.finding.setLayout(rows)
        self.image, self.model = ImageChoice(dock.viewer, rows, of_movies=True), ModelChoice()
        self.image.follow_model(self.model)
        self.diameter = SizeBox(dock)
        rows.addRow("Model", self.model)
        rows.addRow("Typical size", self.diameter)
        self.form = LinkingForm()
        self.button, self.cancel = QPushButton(LINK), QPushButton("Cancel")
        self.cancel.setToolTip("Stop; what was linked before stays.")
        self.bar, self.words = JobBar(), QLabel("")
        self.words.setWordWrap(True)
        self._worker: Worker | None = None
        self._of: napari.layers.Layer | None = None  # what the worker works on
        self.embeddings = MovieEmbeddings(dock.session)
        self._asked = False
        self._done: napari.layers.Labels | None = None  # whose tracks are shown
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._lay_out()
        self._connect()
        self._chosen(self.labels.layer())

    def _lay_out(self) -> None:
        top, column, row = rows_of_form(), QVBoxLayout(self), QHBoxLayout()
        top.addRow("Labels", self.labels)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        row.addWidget(self.button, 2)
        row.addWidget(self.cancel, 1)
        for widget in (self.finding, self.form):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.words)
        self._set_busy(busy=False)

    def _connect(self) -> None:
        dock, known = self.dock, self.dock.session.model or last_made()
        if known:
            self.model.choose(known)
        self.button.clicked.connect(self.start)
        self.cancel.clicked.connect(self.stop)
        self.form.valueChanged.connect(self._setting_moved)
        self._soon.timeout.connect(self._link_anew)
        self.labels.layerChanged.connect(self._chosen)
        dock.follow(dock.session.series_changed, self._offer)
        dock.follow(dock.session.committed, self._committed)
        dock.follow(dock.viewer.layers.events.removed, self._removed)
        dock.follow(self.tracked.changed, self._say)

    @property
    def is_busy(self) -> bool:
        """Whether something is found or linked."""
        return self._worker is not None

    # What is chosen

    def _committed(self, _layer_id: str) -> None:
        """Offer what was committed: its frames are known only now."""
        self.labels.refresh()
        self._offer()

    def _chosen(self, layer: napari.layers.Labels | None) -> None:
        self.finding.setVisible(layer is None)
        self.button.setText(FIND if layer is None else LINK)
        self.button.setToolTip(
            "Find the objects of each frame by the model, then follow them through time."
            if layer is None
            else "Follow the objects of this layer through time."
        )
        self._asked = False
        self._offer()

    def _offer(self, _what: object = None) -> None:
        """Offer linking by embeddings where there are some, or can be made."""
        self.form.offer(by_embedding=self.embeddings.are_there_for(self.labels.layer()))
        self._say()

    # Work

    def start(self) -> None:
        """Link the chosen labels, or find objects first; corrections go when pressed twice."""
        if self.tracked.n_corrections and not self._asked:
            self._asked = True
            made = pluralize(self.tracked.n_corrections, "correction")
            show_warning(f"{made} would go. Press '{self.button.text()}' again to link anew.")
            return
        self._asked = False
        if self.labels.layer() is None:
            self._find()
        else:
            self.link()

    def _setting_moved(self, _config: object) -> None:
        if self._done is not None and self._done is self.labels.layer():
            self._soon.start()

    def _link_anew(self) -> None:
        """Link by other settings, unless corrections would go."""
        if self.tracked.n_corrections:
            made = pluralize(self.tracked.n_corrections, "correction")
            self.words.setText(f"Press '{LINK}' to use these settings: {made} would go.")
            self.words.show()
        else:
            self.link()

    def link(self) -> None:
        """Link the chosen labels; what is under way is dropped."""
        layer = self.labels.layer()
        if layer is None:
            return
        self.stop()
        config = self.form.config()
        try:
            frames, about = frames_to_link(layer, self.dock.session.series)
        except InputError as error:
            report(error)
            return
        if config.method in BY_EMBEDDING:
            job = self.embeddings.link(layer, frames, about, config)
        else:
            job = link_labels(frames, about, config)
        self._run(job, layer, f"Link {layer.name}", lambda linked: self._arrived(layer, linked))

    def _find(self) -> None:
        layer, axes, model = self.image.layer(), self.image.axes(), self.model.model()
        if layer is None or axes is None or model is None:
            show_warning(
                "Expected a Labels layer, or a movie and a model: open one with File > Open."
            )
            return
        if TIME not in axes:
            show_warning(
                f"{layer.name}: expected a movie, with time among its axes, got {axes}. Choose "
                "other axes, or open all frames as one stack."
            )
            return
        image = image_of(layer, axes, self.image.channel())
        diameter, tile = self.diameter.value() or None, tile_config()

        def find(config: LinkingConfig) -> Job[FoundMovie]:
            return find_in_movie(image, model, config, diameter=diameter, tile=tile)

        source = Source(self.dock.viewer, layer, axes)
        title = f"Find objects in {layer.name}"
        job = find(self.form.config())
        self._run(job, layer, title, lambda found: self._found(source, found, find))

    def _run(self, job: Job[Any], of: napari.layers.Layer, title: str, then: Any) -> None:  # noqa: ANN401
        self.stop()
        self.bar.begin()
        worker = Worker(lambda: job, title, stop=self.stop)
        self._worker, self._of = worker, of
        self._set_busy(busy=True)
        self.dock.run(
            worker,
            on_result=lambda result: then(result) if worker is self._worker else None,
            on_progress=lambda progress: self._advance(worker, progress),
            on_end=lambda: self._ended(worker),
        )

    def stop(self) -> None:
        """Drop what is under way."""
        worker, self._worker, self._of = self._worker, None, None
        if worker is not None:
            worker.cancel()
        self._set_busy(busy=False)

    def leave(self) -> None:
        """Drop what is under way, and link nothing anew: other tracks are shown."""
        self.stop()
        self._soon.stop()
        self._done = None

    def _advance(self, worker: Worker, progress: Progress) -> None:
        if worker is self._worker:
            left = worker.left.words
            words = left if progress.portion is not None and left else progress.message
            self.bar.advance(progress.fraction, words)

    def _ended(self, worker: Worker) -> None:
        if worker is self._worker:
            self._worker = self._of = None
            self._set_busy(busy=False)

    def _set_busy(self, *, busy: bool) -> None:
        self.cancel.setVisible(busy)
        self.bar.setVisible(busy)
        self._say()

    def _removed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        """Stop working on what is gone."""
        worked_on = self._of
        if worked_on is not None and event.value is worked_on:
            self.stop()
            show_info(f"{worked_on.name} was removed: what was under way has stopped.")
        if event.value is self._done:
            self._done = None
        self.embeddings.forget(event.value)

    def _found(self, source: Source, found: FoundMovie, find: Find) -> None:
        """Show the objects of each frame, and link them."""
        layer = napari.layers.Labels(
            found.objects.labels,
            name=f"{source.layer.name} labels",
            metadata={OBJECTS_OF: source.id, FRAMES: TIME},
            **source.placement(found.objects.axes),
        )
        self._worker = None
        self.embeddings.found(layer, find, found.evidence)
        self.dock.viewer.add_layer(layer)
        self.labels.choose(layer)
        self.link()

    def _arrived(self, layer: napari.layers.Labels, linked: Linked) -> None:
        self._done = layer
        self.linked.emit(layer, linked)

    def _say(self, _what: object = None) -> None:
        """Say what came of it."""
        self.words.setText(self.tracked.words)
        self.words.setVisible(bool(self.tracked.words))
