"""The Segment dock: embed, drag the sliders, commit."""

from __future__ import annotations

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget
from superqt import QCollapsible

from napari_discembed.clustering import label_dtype
from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.types import IntArray
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.desk import Dock, report, save_annotation
from napari_discembed.widgets.embed_panel import EmbedPanel
from napari_discembed.widgets.embedding_views import EmbeddingViews
from napari_discembed.widgets.jobs import Worker
from napari_discembed.widgets.layers import write_undoable
from napari_discembed.widgets.objects_panel import ObjectsPanel
from napari_discembed.widgets.restoring import RestoreBanner
from napari_discembed.widgets.wand import WandButton, take
from napari_discembed.wording import counted

NEW = "new layer"


class SegmentDock(Dock):
    """Embed an image, group its pixels live, commit the objects to a Labels layer."""

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.embed = EmbedPanel(self)
        self.views = EmbeddingViews(self, self.embed)
        self.objects = ObjectsPanel(self, self.embed)
        self.wand = WandButton(self, self.objects)
        self.target = LayerChoice(viewer, napari.layers.Labels, none=NEW, results=False)
        self.target.setToolTip("The Labels layer that objects go into.")
        self.keep = QCheckBox("Only where empty")
        self.keep.setToolTip("Keep what I committed: write only where the layer is background.")
        self.commit_button = QPushButton("Commit")
        self.commit_button.setToolTip("Write the objects into the layer, as one step of undo.")
        self.commit_button.clicked.connect(self.commit)
        self.wand.taken.connect(self._take)
        self._committing = False
        self._lay_out()

    def _lay_out(self) -> None:
        views = QCollapsible("Show the embedding")
        views.addWidget(self.views)
        row = QHBoxLayout()
        row.addWidget(QLabel("Into"))
        row.addWidget(self.target, 1)
        last = QHBoxLayout()
        last.addWidget(self.wand, 1)
        last.addWidget(self.commit_button, 2)
        for item in (RestoreBanner(self), self.embed, views, self.objects):
            self.column.addWidget(item)
        self.column.addLayout(row)
        self.column.addWidget(self.keep)
        self.column.addLayout(last)
        self.column.addStretch()

    def commit(self) -> None:
        """Group all frames as the knobs say, and write them into the chosen layer."""
        preview = self.objects.preview()
        if self.session.stack is None or preview is None:
            show_warning("There are no objects yet. Choose an image and press Embed.")
            return
        if self._committing:
            return
        if not self.session.stack.shape and self.objects.is_idle:
            self._write(np.asarray(preview.data))
            return
        self._committing = True
        knobs, points = self.session.knobs, self.objects.points()
        if knobs.method == "seeded":
            self._write(self.session.labels(self.objects.index(), knobs, points))
            self._committing = False
            return
        self.run(
            Worker(lambda: self.session.all_labels(knobs), "Commit"),
            on_result=self._write,
            on_end=self._committed,
        )

    def _committed(self) -> None:
        self._committing = False

    def _write(self, objects: IntArray) -> None:
        layer = self._target(objects.shape, int(np.count_nonzero(np.bincount(objects.ravel())[1:])))
        if layer is None:
            return
        try:
            new = edit.paste(np.asarray(layer.data), objects, only_empty=self.keep.isChecked())
        except InputError as error:
            report(error)
            return
        write_undoable(layer, new)
        preview = self.objects.preview()
        if preview is not None:
            preview.visible = False  # the next move of a knob shows it again
        save_annotation(self.desk, self.viewer)
        self.viewer.layers.selection.active = layer
        found = counted(len(np.unique(new[new > 0])), "object")
        show_info(f"{found} in {layer.name}. Ctrl+Z takes it back.")

    def _target(self, shape: tuple[int, ...], count: int) -> napari.layers.Labels | None:
        """Return the layer to write into; a new one where none is chosen."""
        layer, source = self.target.layer(), self.embed.source
        if layer is None:
            stack = self.session.stack
            if source is None or stack is None:
                return None
            layer = napari.layers.Labels(
                np.zeros(shape, label_dtype(count)),
                name=f"{source.name} labels",
                **self.objects.placement(stack.label_axes),
            )
            self.viewer.add_layer(layer)
            self.target.choose(layer)
        if layer.data.shape != shape:
            show_warning(
                f"{layer.name} has the shape {layer.data.shape}, the objects {shape}. Commit "
                "into a new layer."
            )
            return None
        return layer

    def _take(self, mask: NDArray[np.bool_], how: str) -> None:
        stack = self.session.stack
        if stack is None:
            return
        layer = self._target(stack.label_shape, 0)
        if layer is not None:
            take(layer, mask, how, self.objects.index())
            save_annotation(self.desk, self.viewer)
