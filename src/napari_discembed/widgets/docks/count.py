"""The Count dock: how many, how large, where; and the same for many images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.results import FILE, BatchResult
from napari_discembed.errors import InputError
from napari_discembed.progress import Progress
from napari_discembed.session.guidance import Step
from napari_discembed.text import pluralize
from napari_discembed.types import Segmentation
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock, report
from napari_discembed.widgets.layers import (
    frame_at,
    frame_axes,
    layer_image,
    layer_segmentation,
    objects_of,
    pixels_of,
    result_of,
    set_features,
)
from napari_discembed.widgets.panels.checking import go_to
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.exporting import export_table
from napari_discembed.widgets.panels.groups import GroupingChoice, choose_group, show_groups
from napari_discembed.widgets.panels.measuring import (
    Measured,
    as_columns,
    count_folder,
    describe,
    file_rows,
    measure_layer,
    summary_rows,
)
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.qt.plots import Histogram
from napari_discembed.widgets.qt.table import Columns, Table

WAYS = {
    3: ("one volume", "each plane or time point"),
    4: ("each volume", "each plane"),
}
"""What labels of so many axes can be: of three axes of an object, and of two."""


class CountDock(Dock):
    """Count and measure the objects of Labels layers, or of a folder of images."""

    STEP = Step.COUNT

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.labels = LayerChoice(viewer, napari.layers.Labels)
        self.image = LayerChoice(viewer, napari.layers.Image, none="no intensities", results=False)
        self.summary = QLabel("")
        self.summary.setWordWrap(True)
        self.summary.setStyleSheet("font-size: 13pt;")
        self.frames = QComboBox()
        self.frames.setToolTip("Whether the first axis is time, or planes to be counted alone.")
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop, and keep the rows of the images that are done.")
        self.histogram, self.table = Histogram(), Table()
        self.grouping, self.shown = GroupingChoice(), QComboBox()
        self.shown.addItems(["a row a group", "a row an object"])
        self.shown.setToolTip("What the table and the plot show, and Export writes.")
        self.measured: Measured | None = None
        self._layer: napari.layers.Labels | None = None
        self._of_layer = self.connections()
        self._worker: Worker | None = None
        self._rows: list[Mapping[str, Any]] = []
        self._said: dict[str, int] = {}  # what a person chose of a layer's frames
        self._lay_out()
        self.labels.layerChanged.connect(self._labels_chosen)
        self.follow(self.session.series_changed, self._series_changed)
        self.stop.clicked.connect(self._stop)
        self.frames.currentIndexChanged.connect(self._frames_said)
        self._labels_chosen(self.labels.layer())
        self.table.rowChosen.connect(self._row_chosen)
        self.shown.currentIndexChanged.connect(self._show_table)

    def _lay_out(self) -> None:
        rows = self._form = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Labels", self.labels)
        rows.addRow("Count", self.frames)
        rows.addRow("Image", self.image)
        rows.addRow("Groups", self.grouping)
        self.column.addLayout(rows)
        buttons = (
            ("Count", "Measure every object of this layer.", self.count),
            (
                "All layers",
                "A row for each Labels layer, or each of its frames.",
                self.count_layers,
            ),
            ("Folder ...", "Segment a folder as in Segment: a row an image.", self.count_folder),
            ("Export ...", "Write the table to a CSV or TSV file.", self.export),
        )
        row = QHBoxLayout()
        for words, help_text, action in buttons:
            button = QPushButton(words)
            button.setToolTip(help_text)
            button.clicked.connect(lambda _checked=False, action=action: action())
            row.addWidget(button)
        self.column.addLayout(row)
        self.column.addWidget(self.stop)
        self.stop.hide()
        self.shown.hide()
        for widget in (self.summary, self.shown, self.histogram):
            self.column.addWidget(widget)
        self.column.addWidget(self.table, 1)

    def count(self) -> None:
        """Measure the objects of the chosen layer, in a thread."""
        layer, image = self.labels.layer(), self.image.layer()
        if self._worker is not None:
            return
        if layer is None:
            show_warning("There is no Labels layer to count. Commit one in the Segment dock.")
            return
        self._labels_chosen(layer)  # a commit may have made other objects of it
        objects = self._segmentation(layer, self.frames.currentData())
        if objects is None:
            return
        grouping = self.grouping.config()
        pixels = None if image is None else layer_image(pixels_of(image), objects, image.name)
        if image is not None and pixels is None:
            show_warning(f"{image.name} does not fit {layer.name}; its intensities are left out.")
        self._worker = self.run(
            Worker(lambda: measure_layer(objects, pixels, grouping), "Count"),
            on_result=lambda measured: self._show(measured, layer),
            on_end=self._ended,
        )

    def _segmentation(
        self, layer: napari.layers.Labels, n_frames: int | None = None
    ) -> Segmentation | None:
        """Return the objects of a layer; `n_frames` first axes are frames if a person said so.

        None where it has too many axes, which is told.
        """
        try:
            return layer_segmentation(
                objects_of(layer),
                layer.scale,
                str(layer.units[-1]),
                layer.name,
                frame_axes=frame_axes(layer, self.session.series) or "",
                n_frames=n_frames,
            )
        except InputError as error:
            report(error)
            return None

    def _frame_axes(self, layer: napari.layers.Labels) -> int:
        """Return how many first axes of labels are frames, as far as anything tells."""
        return max(layer.ndim - 3, len(frame_axes(layer, self.session.series) or ""))

    def _frames_said(self, index: int) -> None:
        layer = self.labels.layer()
        if layer is not None:
            self._said[str(layer.unique_id)] = index

    def _series_changed(self, _stack: object = None) -> None:
        self._labels_chosen(self.labels.layer())

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        """Offer what stacks of labels can be."""
        before = self.frames.blockSignals(True)
        self.frames.clear()
        if layer is not None:
            for n, words in enumerate(WAYS.get(layer.ndim, ()), layer.ndim - 3):
                self.frames.addItem(words, n)
            self.frames.setCurrentIndex(max(0, self.frames.findData(self._frame_axes(layer))))
            said = self._said.get(str(layer.unique_id))
            if said is not None:
                self.frames.setCurrentIndex(said)
        self.frames.blockSignals(before)
        self._form.setRowVisible(self.frames, self.frames.count() > 0)

    def _ended(self) -> None:
        self._worker = None
        self.stop.hide()

    def _show(self, measured: Measured, layer: napari.layers.Labels) -> None:
        self.measured = measured
        self._follow(layer)
        self.summary.setText(describe(measured))
        self._show_table()
        if layer not in self.viewer.layers:
            return
        if not measured.frame_axes:
            set_features(layer, measured.columns)
        show_groups(self, layer, measured)

    def _groups_shown(self) -> bool:
        grouped = self.measured is not None and self.measured.groups is not None
        return grouped and self.shown.currentIndex() == 0

    def _show_table(self, _index: int = 0) -> None:
        """Show a row an object or, where there are groups and it is chosen, a row a group."""
        measured = self.measured
        self.shown.setVisible(measured is not None and measured.groups is not None)
        if measured is None:
            return
        if measured.groups is not None and self._groups_shown():
            about = ("image", "group") if "row" in measured.groups else ("image", "name")
            self.table.fill({n: c for n, c in measured.groups.items() if n not in about})
            counts = measured.groups["count"].astype(np.float64)
            self.histogram.show_values(counts, "objects a group", "groups")
        else:
            self.table.fill(measured.columns)
            self.histogram.show_values(measured.table.sizes, measured.size_title)

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_layer.clear()
        self._layer = layer
        if layer is not None:
            self._of_layer.add(layer.events.selected_label, self._label_chosen)

    def _row_chosen(self, row: int) -> None:
        layer, measured = self._layer, self.measured
        if layer is None or measured is None or layer not in self.viewer.layers:
            return
        if self._groups_shown():
            choose_group(self, layer, measured, row)
            return
        label = int(measured.columns["label"][row])
        index = tuple(int(measured.columns[axis][row]) for axis in measured.frame_names)
        go_to(self, layer, index, label)  # first: rows of the frame shown follow the label
        layer.selected_label = label

    def _label_chosen(self, _event: object = None) -> None:
        if self._layer is None or self.measured is None or self._groups_shown():
            return
        columns = self.measured.columns
        same = columns["label"] == self._layer.selected_label
        shape = pixels_of(self._layer).shape[: len(self.measured.frame_axes)]
        for axis, at in zip(
            self.measured.frame_names, frame_at(self.viewer, self._layer, shape), strict=True
        ):
            same &= columns[axis] == at
        if same.any():
            self.table.choose(int(np.argmax(same)))

    def count_layers(self) -> None:
        """Give a summary row for each Labels layer, or each of its frames."""
        found = [
            self._segmentation(x)
            for x in self.viewer.layers
            if isinstance(x, napari.layers.Labels) and result_of(x) is None
        ]
        rows = [row for objects in found if objects is not None for row in summary_rows(objects)]
        if not rows:
            show_warning("There is no Labels layer to count.")
            return
        self._show_rows(as_columns(rows))

    def count_folder(self, folder: str = "") -> None:
        """Segment and count each image of a folder, with the model and config of Segment."""
        session, reading = self.session, self.session.reading
        if not session.model or reading is None:
            show_warning("Embed one image in the Segment dock first: the folder is done the same.")
            return
        folder = folder or QFileDialog.getExistingDirectory(self, "A folder of images")
        if not folder or self._worker is not None:
            return
        self._rows = []
        recipe = Recipe(
            session.model,
            session.config,
            session.diameter,
            tile_config(),
            Reading(like=reading.axes, channel=reading.channel),
        )
        self._worker = self.run(
            Worker(lambda: count_folder(Path(folder), recipe), "Count a folder"),
            on_result=self._show_folder,
            on_progress=self._advance,
            on_end=self._ended,
        )
        self.stop.show()

    def _advance(self, progress: Progress) -> None:
        if self._worker is None or self._worker.is_cancelled:
            return
        if FILE in progress.data:
            self._rows += file_rows(progress.data[FILE])
            self._show_rows(as_columns(self._rows))
        self.summary.setText(progress.message)

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            done = pluralize(len(self._rows), "row")
            self.summary.setText(f"Stopped: {done} done.")

    def _show_folder(self, result: BatchResult) -> None:
        show_info(f"{pluralize(len(result.files), 'image')} counted.")

    def _show_rows(self, columns: Columns) -> None:
        self.measured = None
        self.shown.hide()
        self._follow(None)
        self.table.fill(columns)
        counts = columns["count"]
        self.summary.setText(
            f"{pluralize(int(counts.sum()), 'object')} in {pluralize(len(counts), 'image')}."
        )
        self.histogram.show_values(counts.astype(float), "objects an image", "images")

    def export(self) -> None:
        """Write the table that is shown to a file."""
        export_table(self, self.table.columns())
