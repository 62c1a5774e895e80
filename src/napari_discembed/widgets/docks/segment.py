"""The Segment dock: embed, drag the sliders, commit."""

from __future__ import annotations

import hashlib

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget
from superqt import QCollapsible

from napari_discembed.clustering import label_dtype
from napari_discembed.errors import InputError
from napari_discembed.imaging import object_sizes
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.guidance import Step
from napari_discembed.text import pluralize
from napari_discembed.types import IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    COMPLETE,
    FRAMES,
    OBJECTS_OF,
    PAINTED,
    Source,
    objects_of,
    why_not_editable,
    write_undoable,
)
from napari_discembed.widgets.layers.kinds import (
    kind_of,
    note_kinds,
    numbers_in,
    say_rest,
    write_with_kinds,
)
from napari_discembed.widgets.layers.metadata import CORNER
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.committing import pasted, type_of
from napari_discembed.widgets.panels.embed import EmbedPanel
from napari_discembed.widgets.panels.learning import LearnPanel
from napari_discembed.widgets.panels.objects import ObjectsPanel
from napari_discembed.widgets.panels.pick import PickButton
from napari_discembed.widgets.panels.restoring import RestoreBanner
from napari_discembed.widgets.panels.views import EmbeddingViews
from napari_discembed.widgets.panels.wand import WandButton, take
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.sessions import save_annotation
from napari_discembed.widgets.tasks import report

NEW = "new layer"


class SegmentDock(Dock):
    """Embed an image, group its pixels live, commit the objects to a Labels layer."""

    STEP = Step.FIND

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.embed = EmbedPanel(self)
        self.views = EmbeddingViews(self)
        self.objects = ObjectsPanel(self)
        self.wand, self.pick = WandButton(self), PickButton(self)
        self.target = LayerChoice(viewer, napari.layers.Labels, none=NEW, results=False)
        self.target.setToolTip("The Labels layer that objects go into.")
        self.keep = QCheckBox("Only where empty")
        self.keep.setToolTip("Keep what I committed: write only where the layer is background.")
        self.commit_button = QPushButton("Commit")
        self.commit_button.setToolTip("Write the objects into the layer, as one step of undo.")
        self.commit_button.clicked.connect(self.commit)
        self.keys.bind("commit", self.commit_button)
        self.learning = LearnPanel(self, self.target, brief=True)
        for tool in (self.wand, self.pick):
            tool.taken.connect(self._take)
        self._committing = False
        self._own: set[str] = set()  # states of labels that were committed here
        self._asked = ""  # the state that a person was asked about last
        self._of = ""  # the image whose layer is offered
        self._lay_out()
        self.tasks.at_close.append(self._say_unfinished)
        self.follow(self.session.series_changed, self._offer_layer)
        self.follow(self.session.reading_changed, self._offer_layer)
        self._offer_layer()

    def _lay_out(self) -> None:
        views = QCollapsible("Show the embedding")
        views.addWidget(self.views)
        for item in (
            RestoreBanner(self),
            self.embed,
            self.objects,
            self.keep,
            views,
            self.learning,
        ):
            self.column.addWidget(item)
        self.column.addStretch(1)
        into, tools = QHBoxLayout(), QHBoxLayout()
        into.addWidget(QLabel("Into"))
        into.addWidget(self.target, 1)
        tools.addWidget(self.wand, 1)
        tools.addWidget(self.pick, 1)
        self.pinned.addWidget(self.pick.words)
        self.pinned.addLayout(into)
        self.pinned.addLayout(tools)
        self.pinned.addWidget(self.commit_button)

    def commit(self) -> None:
        """Group all frames as the settings say, and write them into the chosen layer."""
        series, preview, config = self.session.series, self.objects.preview(), self.session.config
        if series is None or preview is None:
            show_warning("There are no objects yet. Choose an image and press Find objects.")
            return
        if self._committing:
            return
        seeds = self.objects.seeds.points() if config.method == "seeded" else None
        if seeds is not None and not seeds:
            show_warning("Put a point on each object first, in a Points layer chosen here.")
            return
        if not series.shape and self.objects.is_idle:
            self._write(np.asarray(preview.data), series)
            return
        self._committing = True
        self.run(
            Worker(lambda: series.all_labels(config, seeds), "Commit"),
            on_result=lambda objects: self._write(objects, series),
            on_end=self._committed,
        )

    def _committed(self) -> None:
        self._committing = False

    def _say_unfinished(self) -> None:
        if self._committing:
            show_warning("Segment was closed before all was grouped: nothing was committed.")

    def _write(self, objects: IntArray, series: EmbeddingSeries) -> None:
        if series is not self.session.series:  # another image was chosen meanwhile, or it has gone
            show_warning("Nothing was committed: the image is no longer the one that is shown.")
            return
        layer = self._target(objects.shape, type_of(objects, series))
        if layer is None or not self._may_replace(layer):
            return
        before = np.asarray(layer.data)
        kept = before.copy() if self.keep.isChecked() and before.any() else None
        only_empty = self.keep.isChecked()
        try:
            new, kinds = pasted(before, objects, series, only_empty=only_empty)
        except InputError as error:
            report(error)
            return
        if self.session.kinds.several:
            there = numbers_in(layer) if only_empty else []
            said = {n: kind_of(layer, n, self.session.kinds).name for n in there}
            write_with_kinds(layer, new, said | kinds)
            say_rest(layer, self.session.kinds.all[0].name)
            note_kinds(layer, self.session.kinds)
        else:
            write_undoable(layer, new)
        # Beside what was there, it is plane by plane if one of both is.
        known = "" if kept is None else str(layer.metadata.get(FRAMES, ""))
        layer.metadata[FRAMES] = max(known, str(series.axes), key=len)
        self._own.add(_fingerprint(new))
        self._note_found(layer, series, kept)
        preview = self.objects.preview()
        if preview is not None:
            preview.visible = False  # the next move of a slider shows it again
        save_annotation(self.session, self.viewer)
        self.viewer.layers.selection.active = layer
        self.session.committed.emit(str(layer.unique_id))
        self.session.note(committed=True, counted=False)
        total = sum(len(object_sizes(new[i])) for i in series.indices())
        found = pluralize(total, "object")
        show_info(f"{found} in {layer.name}. Ctrl+Z takes it back.")

    def _note_found(
        self, layer: napari.layers.Labels, series: EmbeddingSeries, kept: IntArray | None
    ) -> None:
        """Take note of the objects as they were found: what changes from now on is a correction."""
        key, correcting = str(layer.unique_id), self.session.correcting
        layer.metadata[COMPLETE] = layer.metadata[PAINTED] = False  # nobody has looked at these
        if kept is not None and correcting.of(key) is not None:
            correcting.add(key, kept, np.asarray(layer.data))
            return
        source = self.source()
        name = layer.name if source is None else source.layer.name
        correcting.begin(key, name, objects_of(layer), len(series.axes))

    def _may_replace(self, layer: napari.layers.Labels) -> bool:
        """Tell whether nothing that a person did would go, or they pressed twice."""
        data = np.asarray(layer.data)
        if self.keep.isChecked() or not data.any():
            return True
        state, before = _fingerprint(data), self._asked
        self._asked = ""
        if state in self._own or state == before:
            return True
        self._asked = state
        show_warning(
            f"{layer.name} holds what was painted or corrected by hand. Press Commit again to "
            f"replace it, tick '{self.keep.text()}' to keep it, or choose '{NEW}'."
        )
        return False

    def _offer_layer(self, _what: object = None) -> None:
        """Offer the layer that this image's objects were committed to; never another image's."""
        source, target = self.source(), self.target.layer()
        if source is None:
            return
        another, self._of = source.id != self._of, source.id
        own = [x for x in self.viewer.layers if self._is_own(x, source)]
        foreign = target is not None and OBJECTS_OF in target.metadata and target not in own
        if foreign or (another and own):
            self.target.choose(own[-1] if own else None)

    def _is_own(self, layer: napari.layers.Layer, source: Source) -> bool:
        """Tell whether a layer has the objects of the image, or of the part of it in view."""
        same = layer.metadata.get(CORNER) == source.corner
        return same and bool(layer.metadata.get(OBJECTS_OF) == source.id)

    def _target(
        self, shape: tuple[int, ...], dtype: np.dtype[np.generic]
    ) -> napari.layers.Labels | None:
        """Return the layer to write into; a new one where none is chosen."""
        layer, source = self.target.layer(), self.source()
        if layer is None:
            series = self.session.series
            if source is None or series is None:
                return None
            layer = napari.layers.Labels(
                np.zeros(shape, dtype),
                name=f"{source.layer.name} labels",
                metadata={OBJECTS_OF: source.id, FRAMES: str(series.axes), CORNER: series.corner},
                **source.placement(series.label_axes),
            )
            self.viewer.add_layer(layer)
            self.target.choose(layer)
        reason = why_not_editable(layer)
        if reason is not None:
            show_warning(f"{reason} Or commit into a new layer.")
            return None
        series = self.session.series
        if series is not None and layer.metadata.get(CORNER) != series.corner:
            show_warning(f"{layer.name} is of another part of the image. Commit into a new layer.")
            return None
        if layer.data.shape != shape:
            show_warning(
                f"{layer.name} has the shape {layer.data.shape}, the objects {shape}. Commit "
                "into a new layer."
            )
            return None
        return layer

    def _take(self, mask: NDArray[np.bool_], how: str) -> None:
        series, index = self.session.series, self.frame_shown()
        if series is None or index is None:
            return
        layer = self._target(series.label_shape, np.dtype(label_dtype(0)))
        if layer is not None:
            try:
                take(layer, mask, how, index)
            except InputError as error:
                report(error)
                return
            if self.session.kinds.several:
                say_rest(layer, self.session.kinds.chosen.name)
                note_kinds(layer, self.session.kinds)
            save_annotation(self.session, self.viewer)


def _fingerprint(data: IntArray) -> str:
    """Return what tells one state of labels from another."""
    return hashlib.sha256(np.ascontiguousarray(data).data).hexdigest()
