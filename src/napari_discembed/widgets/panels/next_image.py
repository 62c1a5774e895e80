"""Go on to the next open image, with the model that has learnt meanwhile; or ask which one."""

from __future__ import annotations

import napari.layers
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.catalogue import model_input
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.session.suggesting import Doubt, judge, least_sure_first
from napari_discembed.types import Image
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    OBJECTS_OF,
    READ_AS,
    READ_CHANNEL,
    SAME_PIXELS,
    axes_choices,
    channel_choices,
    image_of,
    result_of,
    turn_to,
)
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.trainer import trainer_of

PLUGIN, SEGMENT = "napari-discembed", "Segment"
SHOWN = 3
"""How many suggestions are shown."""


class NextImage(QWidget):
    """*Which next?* and its answer; the button *Next image* is put where it fits.

    Attributes
    ----------
    button
        *Next image*.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock, self.trainer = dock, trainer_of(dock.viewer)
        self.button = QPushButton("Next image")
        self.button.setToolTip(
            "Go on to the next open image that has no objects yet. While the model learns, the "
            "next image waits for it; pressed again, it does not."
        )
        self.ask = QPushButton("Which next?")
        self.ask.setToolTip(
            "Look through the open images that have no objects yet: which is the model least "
            "sure of? Labelling that one teaches most. Next image then goes there."
        )
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self._worker: Worker | None = None
        self._waiting = False
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self.button.clicked.connect(self.go_on)
        dock.keys.bind("image", self.button)
        self.ask.clicked.connect(self.suggest)
        dock.follow(self.trainer.ended, self._go_on_if_waiting)

    def left(self) -> list[napari.layers.Image]:
        """Return the open images without objects: those after the present one, then the others."""
        viewer, reading = self.dock.viewer, self.dock.session.reading
        done = {str(layer.metadata.get(OBJECTS_OF)) for layer in viewer.layers}
        marks = [layer.metadata.get(SAME_PIXELS) for layer in viewer.layers]
        shown = {mark[0] for mark in marks if mark is not None}  # with channels first, in another
        images = [
            layer
            for layer in viewer.layers
            if isinstance(layer, napari.layers.Image)
            and result_of(layer) is None
            and str(layer.unique_id) not in shown
        ]
        present = "" if reading is None else reading.layer_id
        at = next((i for i, x in enumerate(images) if str(x.unique_id) == present), -1)
        inorder = images[at + 1 :] + images[: max(0, at)]
        return [layer for layer in inorder if str(layer.unique_id) not in done]

    def go_on(self) -> None:
        """Embed the next image, once the model has learnt; at once if pressed again."""
        left = self.left()
        if not left:
            show_info("All open images have objects. Open the next one (File > Open).")
            return
        if self.trainer.is_busy and not self._waiting:
            self._waiting = True
            self.words.setText(f"{self._next(left).name} follows once the model has learnt.")
            return
        self._waiting = False
        self.words.setText("")
        self._show(self._next(left))

    def _next(self, left: list[napari.layers.Image]) -> napari.layers.Image:
        """Return the one that was suggested, or the next in order."""
        suggested = self.dock.session.suggested
        there = {str(layer.unique_id): layer for layer in left}
        return next((there[d.key] for d in suggested if d.key in there), left[0])

    def _go_on_if_waiting(self) -> None:
        if self._waiting:
            self.go_on()

    def _show(self, layer: napari.layers.Image) -> None:
        viewer, session = self.dock.viewer, self.dock.session
        if session.reading is not None:
            turn_to(viewer, layer, session.reading.layer_id)
        viewer.reset_view()
        session.want(str(layer.unique_id))
        if session.wanted:  # no dock took it up
            viewer.window.add_plugin_dock_widget(PLUGIN, SEGMENT)

    # Which next?

    def suggest(self) -> None:
        """Judge the open images without objects, and name those that the model is least sure of."""
        session, left = self.dock.session, self.left()
        model = session.offered or session.model
        if self._worker is not None:
            return
        if not left or not model:
            show_warning("Open images first, and embed one in the Segment dock: that says how.")
            return
        tile, own = tile_config(), model == session.model
        config = session.config if own else None
        diameter = session.diameter if own else None
        images = [(str(layer.unique_id), self._image(layer)) for layer in left]

        def job() -> Job[list[Doubt]]:
            doubts = []
            for i, (key, image) in enumerate(images):
                judged = judge(image, model, diameter=diameter, config=config, tile=tile, key=key)
                doubts.append((yield from scaled(judged, i / len(images), (i + 1) / len(images))))
            return least_sure_first(doubts)

        self.words.setText(f"Looking at {len(images)} images ...")
        self.ask.setEnabled(False)
        self._worker = self.dock.run(
            Worker(job, "Which image next"),
            on_result=self._suggested,
            on_progress=self._advance,
            on_end=self._ended,
        )

    def _image(self, layer: napari.layers.Image) -> Image:
        """Return the pixels of a layer, read as the present one if it can be."""
        reading, session = self.dock.session.reading, self.dock.session
        model = model_input(session.offered or session.model)
        choices = axes_choices(layer, model)
        if reading is not None and reading.axes in choices and READ_AS not in layer.metadata:
            return image_of(layer, reading.axes, reading.channel)
        channels = channel_choices(layer, choices[0], model)
        said = layer.metadata.get(READ_CHANNEL)
        return image_of(layer, choices[0], said if said in channels else channels[0])

    def _advance(self, progress: Progress) -> None:
        if progress.fraction is not None:
            self.words.setText(f"Looking at the images: {100 * progress.fraction:.0f} %")

    def _suggested(self, doubts: list[Doubt]) -> None:
        self.dock.session.suggested = doubts
        lines = [f"{doubt.name}: {doubt.reason}" for doubt in doubts[:SHOWN]]
        more = len(doubts) - len(lines)
        self.words.setText("\n".join([*lines, *([f"and {more} surer ones"] if more else [])]))

    def _ended(self) -> None:
        self._worker = None
        self.ask.setEnabled(True)
        if self.words.text().startswith("Looking"):
            self.words.setText("")
