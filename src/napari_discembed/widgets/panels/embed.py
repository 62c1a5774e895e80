"""Choose an image and a model, and embed the one with the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.catalogue import last_made
from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import embed_series
from napari_discembed.session.kept import Kept, LayerReading
from napari_discembed.session.viewing import Viewing, is_large
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    Source,
    axes_choices,
    image_of,
    layer_by_id,
    show_results,
    turn_to,
)
from napari_discembed.widgets.panels.choices import ModelChoice
from napari_discembed.widgets.panels.image_choice import ImageChoice
from napari_discembed.widgets.panels.large_view import LargeView
from napari_discembed.widgets.panels.size import SizeBox
from napari_discembed.widgets.panels.watching import ImageWatch
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker

FIND = "Find objects"


class EmbedPanel(QWidget):
    """The first half of the Segment dock: gives the session an image and its embeddings."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self._watch = ImageWatch(dock)
        self._worker: Worker | None = None
        self._embedded: LayerReading | None = None  # what the worker embeds
        self._rows = rows_of_form()
        self.image = ImageChoice(dock.viewer, self._rows)
        self.model = ModelChoice()
        self.image.follow_model(self.model)
        self.diameter = SizeBox(dock)
        self.button = QPushButton(FIND)
        self.button.setToolTip("Look for all objects in the image by the model (embed it).")
        dock.keys.bind("find", self.button)
        self.cancel = QPushButton("Cancel")
        self.bar = JobBar()
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.large = LargeView(dock)
        self._is_following = True  # else what is shown follows what is chosen here
        self._lay_out()
        self.button.clicked.connect(self.embed)
        self.cancel.clicked.connect(self._cancel)
        self._watch.lost.connect(self._forget)
        self.image.layers.layerChanged.connect(self._turn)
        for box in (self.image.axes_box, self.image.channel_box):
            box.currentIndexChanged.connect(self._turn)
        self.model.modelChanged.connect(self._turn)
        self.diameter.valueChanged.connect(self._size_set)
        dock.follow(dock.session.reading_changed, self._follow_reading)
        dock.follow(dock.session.series_changed, self._say)
        dock.follow(dock.session.model_offered, self._model_offered)
        dock.follow(dock.session.image_wanted, self._embed_wanted)
        dock.follow(dock.session.settings_restored, self._take_up)
        dock.tasks.at_close.append(self._closed)
        self._take_up()

    def _take_up(self) -> None:
        """Go on with what was embedded, or set, before this dock was opened."""
        session, self._is_following = self.dock.session, True
        known = session.model or last_made()
        if known:
            self.model.choose(known)
            self.diameter.setValue(session.diameter or 0)
        if session.series is not None:
            self._follow_reading(session.reading)
        if session.offered:
            self._model_offered(session.offered)
        self._is_following = False
        self._turn()
        self._embed_wanted()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows.addRow("Model", self.model)
        self._rows.addRow("Typical size", self.diameter)
        column.addLayout(self._rows)
        row = QHBoxLayout()
        row.addWidget(self.button, 2)
        row.addWidget(self.cancel, 1)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.large)
        column.addWidget(self.words)
        self._set_busy(busy=False)

    def _set_busy(self, *, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.cancel.setVisible(busy)
        self.bar.setVisible(busy)
        self._say()

    def _size_set(self, _value: float) -> None:
        """Show what was typed, by a circle; what is set for a person is not pointed at."""
        layer, axes = self.image.layer(), self.image.axes()
        if not self._is_following and layer is not None and axes is not None:
            self.diameter.show_circle(Source(self.dock.viewer, layer, axes))
        self._say()

    # What is chosen, and what is shown

    def _reading(self) -> LayerReading | None:
        """Return the image that is chosen, as it is to be read."""
        layer, axes = self.image.layer(), self.image.axes()
        if layer is None or axes is None:
            return None
        return LayerReading(str(layer.unique_id), axes, self.image.channel())

    @contextmanager
    def _following(self) -> Iterator[None]:
        """Choose here what is chosen elsewhere: nothing is turned to meanwhile."""
        before, self._is_following = self._is_following, True
        yield
        self._is_following = before
        self._say()

    def _turn(self, _what: object = None) -> None:
        """Show what is kept of the chosen image and model; where that is nothing, show nothing."""
        session, reading, model = self.dock.session, self._reading(), self.model.model()
        if self._is_following or reading is None or model is None:
            return
        former = "" if session.reading is None else session.reading.layer_id
        kept = session.kept.find(reading, model)
        with self._following():
            if session.series is None or (reading, model) != (session.reading, session.model):
                if kept is None:
                    session.turn_to(reading)
                else:
                    session.show(kept)
                    self.diameter.setValue(kept.diameter or 0)
                layer, viewer = self.image.layer(), self.dock.viewer
                if former and former != reading.layer_id:
                    turn_to(viewer, layer, former)
                show_results(viewer, layer, on=kept is not None)

    def _say(self, _what: object = None) -> None:
        """Say what to do, or whose objects are shown where others are chosen."""
        session, model = self.dock.session, self.model.model()
        self._note()
        if self._worker is not None or session.series is None or model is None:
            words = ""  # the strip says what to do
        elif model != session.model:
            words = (
                f"These objects were found by {self.model.name(session.model)}. Press "
                f"{FIND} to find them anew by {self.model.name(model)}."
            )
        elif (self.diameter.value() or None) != session.diameter:
            words = f"Press {FIND} to look for objects of this size."
        else:
            words = ""
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _note(self) -> None:
        """Tell the session what is worked on."""
        layer, model = self.image.layer(), self.model.model()
        name = "" if model is None else self.model.name(model)
        self.dock.session.turn_situation("" if layer is None else layer.name, name)

    def _model_offered(self, model: str) -> None:
        with self._following():
            self.model.refresh()
            self.model.choose(model)
            self.diameter.setValue(0)

    def _embed_wanted(self) -> None:
        """Embed the image that the session wants, read as the one before if it can be."""
        session = self.dock.session
        layer, before = layer_by_id(self.dock.viewer, session.wanted), session.reading
        if layer is None or self._worker is not None:
            return
        session.wanted = ""
        with self._following():
            if before is not None and before.axes in axes_choices(layer):
                self.image.choose(layer, before.axes, before.channel)
            else:
                self.image.choose(layer)
        self.embed()

    def embed(self) -> None:
        """Embed the chosen image, unless that is under way."""
        if self._worker is not None:
            return
        with self._following():
            self.image.put_channels_first()
        reading, model = self._reading(), self.model.model()
        if reading is None or model is None:
            show_warning("Open an image of 2 to 5 axes first (File > Open), and choose a model.")
            return
        layer = self.image.layer()
        image = image_of(layer, reading.axes, reading.channel)
        session, diameter, tile = self.dock.session, self.diameter.value() or None, tile_config()
        session.turn_to(reading)
        session.chosen = reading.layer_id
        session.model, session.diameter, session.offered = model, diameter, ""
        if is_large(image, multiscale=layer.multiscale):
            self.large.begin(reading, Viewing(image, model, diameter, tile))
            return
        self.large.end()
        self._embedded = reading
        self.bar.begin()
        self._worker = self.dock.run(
            Worker(
                lambda: embed_series(image, model, diameter=diameter, tile=tile),
                f"Find objects in {layer.name}",
                stop=self._cancel,
            ),
            on_result=lambda x: self._arrived(Kept(reading, image, model, diameter, x)),
            on_progress=self._advance,
            on_end=self._ended,
        )
        self._set_busy(busy=True)

    def _advance(self, progress: Progress) -> None:
        if self._worker is None:
            return
        left = self._worker.left.words
        words = left if progress.portion is not None and left else progress.message
        self.bar.advance(progress.fraction, words)
        share = "" if progress.fraction is None else f"{100 * progress.fraction:.0f} %"
        self.dock.session.note(finding=f"Finding objects: {left or share or '...'}")

    def _arrived(self, found: Kept) -> None:
        """Show the objects, or keep them until their image is chosen again."""
        session = self.dock.session
        if self._embedded is None:  # its image has gone, or has changed
            return
        if found.reading == session.reading:
            session.show(found)
        else:
            session.kept.put(found)
            self._watch.refresh()
            show_info(f"{found.image.name} is ready: choose it to see its objects.")

    def _ended(self) -> None:
        self._worker = self._embedded = None
        self.dock.session.note(finding="")
        self._set_busy(busy=False)
        self._turn()

    def _closed(self) -> None:
        """Say that what was under way has ended; this dock begins it again once it is opened."""
        if self._embedded is not None:
            self.dock.session.wanted = self._embedded.layer_id
            show_info(
                "Segment was closed before it had found the objects. It begins again when you "
                "open it."
            )

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self.bar.say("Stopping ...")

    def _follow_reading(self, reading: LayerReading | None) -> None:
        """Choose the image that the session has turned to."""
        source = self.dock.source()
        if reading is not None and source is not None and reading != self._reading():
            with self._following():
                self.image.choose(source.layer, source.axes, reading.channel)
        self._watch.refresh()

    def _forget(self, layer_id: str, words: str) -> None:
        """Drop what belongs to pixels that are no longer there."""
        session = self.dock.session
        shown = session.reading is not None and session.reading.layer_id == layer_id
        busy = self._embedded is not None and self._embedded.layer_id == layer_id
        session.kept.forget(layer_id=layer_id)
        self.large.forget(layer_id)
        if busy:
            self._cancel()
            self._embedded = None
        if (busy or (shown and session.series is not None)) and self.isVisible():
            show_info(words)
        if shown:
            session.image = None
