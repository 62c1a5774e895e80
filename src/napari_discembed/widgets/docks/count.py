"""The Count dock: how many, how large, where; and the same for many images."""

from __future__ import annotations

from pathlib import Path

import napari.layers
import numpy as np
import pandas as pd
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from napari_discembed.errors import DiscembedError
from napari_discembed.io.tables import write_table
from napari_discembed.widgets.checking import go_to
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.desk import Dock, report
from napari_discembed.widgets.jobs import Worker
from napari_discembed.widgets.layers import frame_at
from napari_discembed.widgets.measuring import (
    Measured,
    describe,
    folder_rows,
    measure_layer,
    summary_rows,
)
from napari_discembed.widgets.plots import Histogram
from napari_discembed.widgets.preferences import tile_config
from napari_discembed.widgets.table import Columns, Table
from napari_discembed.wording import counted

SIZES = ("area", "volume")


class CountDock(Dock):
    """Count and measure the objects of Labels layers, or of a folder of images."""

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.labels = LayerChoice(viewer, napari.layers.Labels)
        self.image = LayerChoice(viewer, napari.layers.Image, none="no intensities", results=False)
        self.summary = QLabel("")
        self.summary.setWordWrap(True)
        self.summary.setStyleSheet("font-size: 13pt;")
        self.histogram, self.table = Histogram(), Table()
        self.measured: Measured | None = None
        self._layer: napari.layers.Labels | None = None
        self._worker: Worker | None = None
        self._lay_out()
        self.table.rowChosen.connect(self._row_chosen)
        self.tasks.at_end.append(lambda: self._follow(None))

    def _lay_out(self) -> None:
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Labels", self.labels)
        rows.addRow("Image", self.image)
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
        for widget in (self.summary, self.histogram):
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
        if image is not None and image.data.shape[: layer.ndim] != layer.data.shape:
            show_warning(f"{image.name} does not fit {layer.name}; its intensities are left out.")
            image = None
        data = np.array(layer.data)
        pixels = None if image is None else np.asarray(image.data)
        about = (tuple(abs(float(s)) for s in layer.scale), str(layer.units[-1]), layer.name)
        frames = self._frame_axes(data.shape)
        self._worker = self.run(
            Worker(lambda: measure_layer(data, pixels, *about, n_frame_axes=frames), "Count"),
            on_result=lambda measured: self._show(measured, layer),
            on_end=self._ended,
        )

    def _frame_axes(self, shape: tuple[int, ...]) -> int:
        """Return how many first axes of labels are frames, as far as the embedding tells."""
        stack = self.session.stack
        return len(stack.shape) if stack is not None and stack.label_shape == shape else 0

    def _ended(self) -> None:
        self._worker = None

    def _show(self, measured: Measured, layer: napari.layers.Labels) -> None:
        self.measured = measured
        self._follow(layer)
        self.summary.setText(describe(measured))
        self.table.fill(measured.columns)
        size = next(n for n in SIZES if n in measured.columns)
        unit = measured.unit if measured.unit != "pixel" else "px"
        power = "\u00b2" if size == "area" else "\u00b3"
        self.histogram.show_values(measured.columns[size], f"{size} ({unit}{power})")
        if layer in self.viewer.layers and not measured.n_frame_axes:
            columns = {k: v for k, v in measured.columns.items() if k != "label"}
            layer.features = pd.DataFrame({"index": measured.columns["label"], **columns})

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        if self._layer is not None:
            self._layer.events.selected_label.disconnect(self._label_chosen)
        self._layer = layer
        if layer is not None:
            layer.events.selected_label.connect(self._label_chosen)

    def _row_chosen(self, row: int) -> None:
        layer, measured = self._layer, self.measured
        if layer is None or measured is None or layer not in self.viewer.layers:
            return
        label = int(measured.columns["label"][row])
        index = tuple(int(measured.columns[axis][row]) for axis in measured.frame_names)
        layer.selected_label = label
        go_to(self, layer, index, label)

    def _label_chosen(self, _event: object = None) -> None:
        if self._layer is None or self.measured is None:
            return
        columns = self.measured.columns
        same = columns["label"] == self._layer.selected_label
        shape = self._layer.data.shape[: self.measured.n_frame_axes]
        for axis, at in zip(
            self.measured.frame_names, frame_at(self.viewer, self._layer, shape), strict=True
        ):
            same &= columns[axis] == at
        if same.any():
            self.table.choose(int(np.argmax(same)))

    def count_layers(self) -> None:
        """Give a summary row for each Labels layer, or each of its frames."""
        rows = [
            row
            for x in self.viewer.layers
            if isinstance(x, napari.layers.Labels)
            for row in summary_rows(
                x.name,
                np.asarray(x.data),
                tuple(x.scale),
                str(x.units[-1]),
                self._frame_axes(x.data.shape),
            )
        ]
        if not rows:
            show_warning("There is no Labels layer to count.")
            return
        self._show_rows({name: np.array([row[name] for row in rows]) for name in rows[0]})

    def count_folder(self, folder: str = "") -> None:
        """Segment and count each image of a folder, with the model and knobs of Segment."""
        model = self.desk.model
        if not model:
            show_warning("Embed one image in the Segment dock first: the folder is done the same.")
            return
        folder = folder or QFileDialog.getExistingDirectory(self, "A folder of images")
        if not folder or self._worker is not None:
            return
        self._worker = self.run(
            Worker(
                lambda: folder_rows(Path(folder), model, self.session.knobs, tile_config()),
                "Count a folder",
            ),
            on_result=self._show_folder,
            on_progress=lambda progress: self.summary.setText(progress.message),
            on_end=self._ended,
        )

    def _show_folder(self, columns: Columns) -> None:
        self._show_rows(columns)
        show_info(f"{counted(len(columns['image']), 'image')} counted.")

    def _show_rows(self, columns: Columns) -> None:
        self.measured = None
        self._follow(None)
        self.table.fill(columns)
        counts = columns["count"]
        self.summary.setText(
            f"{counted(int(counts.sum()), 'object')} in {counted(len(counts), 'image')}."
        )
        self.histogram.show_values(counts.astype(float), "objects an image")

    def export(self) -> None:
        """Write the table to a file."""
        columns = self.table.columns()
        if not columns:
            show_warning("There is nothing to export yet. Press Count.")
            return
        path, _ = QFileDialog.getSaveFileName(self, "Export", "counts.csv", "Tables (*.csv *.tsv)")
        if not path:
            return
        target = Path(path) if Path(path).suffix else Path(path).with_suffix(".csv")
        try:
            write_table(target, columns)
        except (DiscembedError, OSError) as error:
            report(error if isinstance(error, DiscembedError) else DiscembedError(str(error)))
            return
        show_info(f"Wrote {target}.")
