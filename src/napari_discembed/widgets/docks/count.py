"""The Count dock: how many, how large, where; and the same for many images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import napari.layers
from napari.components import ViewerModel
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from napari_discembed.errors import InputError
from napari_discembed.session.guidance import Step
from napari_discembed.types import Segmentation
from napari_discembed.widgets.dock import Dock, report
from napari_discembed.widgets.layers import (
    frame_axes,
    holds_objects,
    layer_image,
    layer_segmentation,
    objects_of,
    pixels_of,
    set_features,
)
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.exporting import export_plot, export_table
from napari_discembed.widgets.panels.finding import row_of_label, show_objects
from napari_discembed.widgets.panels.folder_count import FolderCount
from napari_discembed.widgets.panels.frames_choice import FramesChoice
from napari_discembed.widgets.panels.groups import GroupingChoice, choose_group, show_groups
from napari_discembed.widgets.panels.measures import Measures
from napari_discembed.widgets.panels.measuring import (
    Measured,
    as_columns,
    describe,
    describe_rows,
    measure_layer,
    summary_rows,
)
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.qt.jobs import Worker

HINT = "Press Count: each object of the layer is measured."
NO_OBJECTS = (
    "There are no objects to count yet. Find some in the Segment dock and press Commit; or, if you "
    "painted every one by hand, tick 'This image is complete' in Fine-tune."
)


class CountDock(Dock):
    """Count and measure the objects of Labels layers, or of a folder of images."""

    STEP = Step.COUNT

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.labels = LayerChoice(viewer, napari.layers.Labels, suits=holds_objects)
        self.image = LayerChoice(viewer, napari.layers.Image, none="no intensities", results=False)
        self.summary = QLabel(HINT)
        self.summary.setWordWrap(True)
        self.summary.setStyleSheet("font-size: 13pt;")
        self.frames, self.folder = FramesChoice(self), FolderCount(self)
        self.measures = Measures()
        self.table = self.measures.table
        self.grouping, self.shown = GroupingChoice(), QComboBox()
        self.shown.addItems(["a row a group", "a row an object"])
        self.shown.setToolTip("What the table and the plot show, and Export writes.")
        self.measured: Measured | None = None
        self._layer: napari.layers.Labels | None = None
        self._of_layer = self.connections()
        self._worker: Worker | None = None
        self._lay_out()
        self.labels.layerChanged.connect(self._labels_chosen)
        self.follow(self.session.series_changed, self._series_changed)
        self._labels_chosen(self.labels.layer())
        self.measures.rowsChosen.connect(self._rows_chosen)
        self.shown.currentIndexChanged.connect(self._show_table)
        self.folder.rowsFound.connect(self._show_rows)
        self.folder.said.connect(self.summary.setText)

    def _lay_out(self) -> None:
        rows = self._form = rows_of_form()
        rows.addRow("Labels", self.labels)
        rows.addRow("Count", self.frames)
        rows.addRow("Image", self.image)
        rows.addRow("Groups", self.grouping)
        self.column.addLayout(rows)
        buttons = (
            ("Count", "Measure every object of this layer.", self.count),
            ("All layers", "A row for each layer of objects, or each frame.", self.count_layers),
            ("Folder ...", "Segment a folder as in Segment: a row an image.", self.count_folder),
        )
        row = QHBoxLayout()
        for words, help_text, action in buttons:
            row.addWidget(_button(words, help_text, action))
        row.addWidget(self._export_button())
        self.column.addLayout(row)
        self.shown.hide()
        for widget in (self.folder, self.summary, self.shown):
            self.column.addWidget(widget)
        self.column.addWidget(self.measures, 1)
        self.column.addStretch()

    def _export_button(self) -> QPushButton:
        button = QPushButton("Export")
        button.setToolTip("Write what is counted: a table or a picture of the plot.")
        menu = QMenu(button)
        menu.addAction("Table ...", self.export)
        menu.addAction("Plot as picture ...", self.export_plot)
        button.setMenu(menu)
        return button

    def count(self) -> None:
        """Measure the objects of the chosen layer, in a thread."""
        self.labels.refresh()  # paint may have become objects, or have been said to be paint
        layer, image = self.labels.layer(), self.image.layer()
        if self._worker is not None:
            return
        if layer is None:
            show_warning(NO_OBJECTS)
            return
        self._labels_chosen(layer)  # a commit may have made other objects of it
        objects = self._segmentation(layer)
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

    def _segmentation(self, layer: napari.layers.Labels) -> Segmentation | None:
        """Return the objects of a layer; None where it has too many axes, which is told."""
        try:
            return layer_segmentation(
                objects_of(layer),
                layer.scale,
                str(layer.units[-1]),
                layer.name,
                frame_axes=frame_axes(layer, self.session.series) or "",
                n_frames=self.frames.of(layer),
            )
        except InputError as error:
            report(error)
            return None

    def _series_changed(self, _stack: object = None) -> None:
        self._labels_chosen(self.labels.layer())

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        """Offer what stacks of labels can be."""
        self.frames.show_layer(layer)
        self._form.setRowVisible(self.frames, self.frames.count() > 0)

    def _ended(self) -> None:
        self._worker = None

    def _show(self, measured: Measured, layer: napari.layers.Labels) -> None:
        self.measured = measured
        self.session.note(counted=True)
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
        table = measured.table
        if measured.groups is not None and self._groups_shown():
            about = ("image", "group") if "row" in measured.groups else ("image", "name")
            kept = {n: c for n, c in measured.groups.items() if n not in about}
            self.measures.show_columns(kept, "count", table.unit, "groups")
        else:
            self.measures.show_columns(measured.columns, table.size_name, table.unit)

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_layer.clear()
        self._layer = layer
        if layer is not None:
            self._of_layer.add(layer.events.selected_label, self._label_chosen)

    def _rows_chosen(self, rows: list[int]) -> None:
        layer, measured = self._layer, self.measured
        if layer is None or measured is None or layer not in self.viewer.layers:
            return
        if not self._groups_shown():
            show_objects(self, layer, measured, rows)
        elif rows:
            choose_group(self, layer, measured, rows[0])

    def _label_chosen(self, _event: object = None) -> None:
        if self._layer is None or self.measured is None or self._groups_shown():
            return
        row = row_of_label(self, self._layer, self.measured)
        if row is not None:
            self.measures.choose([row])

    def count_layers(self) -> None:
        """Give a summary row for each layer of objects, or each of its frames."""
        layers = [layer for layer in self.viewer.layers if holds_objects(layer)]
        found = [self._segmentation(layer) for layer in layers]
        rows = [row for objects in found if objects is not None for row in summary_rows(objects)]
        if not rows:
            show_warning(NO_OBJECTS)
            return
        self._show_rows(rows)

    def count_folder(self, folder: str = "") -> None:
        """Segment and count each image of a folder, with the model and config of Segment."""
        if self._worker is None:
            self.folder.start(folder)

    def _show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.measured = None
        self.shown.hide()
        self._follow(None)
        self.summary.setText(describe_rows(rows))
        self.measures.show_columns(as_columns(rows), "count", counted="images")

    def export(self) -> None:
        """Write the table that is shown to a file."""
        partial = self.folder.partial if self.measured is None else ""
        export_table(self, self.measures.columns(), partial)

    def export_plot(self) -> None:
        """Write the plot that is shown as a picture."""
        export_plot(self, self.measures.plot)


def _button(words: str, help_text: str, action: Callable[[], None]) -> QPushButton:
    button = QPushButton(words)
    button.setToolTip(help_text)
    button.clicked.connect(lambda _checked=False: action())
    return button
