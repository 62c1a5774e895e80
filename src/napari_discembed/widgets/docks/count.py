"""The Count dock: how many, how large, where; and the same for many images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import napari.layers
from napari.components import ViewerModel
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_discembed.errors import InputError
from napari_discembed.session.guidance import Step
from napari_discembed.types import Image, Segmentation
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    OBJECTS_OF,
    holds_objects,
    layer_by_id,
    layer_image,
    pixels_of,
    segmentation_of,
    set_features,
)
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.exporting import export_plot, export_table
from napari_discembed.widgets.panels.finding import Finder
from napari_discembed.widgets.panels.folder_count import FolderCount
from napari_discembed.widgets.panels.frames_choice import FramesChoice
from napari_discembed.widgets.panels.groups import GroupingChoice, show_groups
from napari_discembed.widgets.panels.measures import Measures
from napari_discembed.widgets.panels.measuring import (
    Measured,
    as_columns,
    describe,
    describe_rows,
    measure_layer,
    summary_rows,
)
from napari_discembed.widgets.panels.reporting import export_report, settings_of
from napari_discembed.widgets.panels.scale import ScalePanel
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.buttons import button, menu_button
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.tasks import report

HINT = "Press Count: each object of the layer is measured."
NO_OBJECTS = (
    "There are no objects to count yet. Find some in the Segment dock and press Commit; or, if you "
    "painted every one by hand, tick 'Every object is painted' in Fine-tune."
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
        self.summary.setStyleSheet("font-size: 11pt;")
        self.frames, self.folder = FramesChoice(self), FolderCount(self)
        self.scale, self.measures = ScalePanel(self), Measures(self)
        self.table = self.measures.table
        self.grouping, self.shown = GroupingChoice(), ComboBox()
        self.shown.addItems(["a row a group", "a row an object"])
        self.shown.setToolTip("What the table and the plot show, and Export writes.")
        self.measured: Measured | None = None
        self.finder = Finder(self, self.measures)
        self._worker: Worker | None = None
        self._again = False
        self._of: list[napari.layers.Labels] = []
        self._lay_out()
        self.labels.layerChanged.connect(self._labels_chosen)
        self.labels.layerChanged.connect(self._offer_image)
        self.follow(self.session.series_changed, self._series_changed)
        self._labels_chosen(self.labels.layer())
        self._offer_image(self.labels.layer())
        self.shown.currentIndexChanged.connect(self._show_table)
        self.scale.scaleChanged.connect(self._scale_changed)
        self.folder.rowsFound.connect(self._show_rows)
        self.folder.said.connect(self.summary.setText)

    def _lay_out(self) -> None:
        rows = self._form = rows_of_form()
        rows.addRow("Labels", self.labels)
        rows.addRow("Count", self.frames)
        rows.addRow("Image", self.image)
        rows.addRow("Groups", self.grouping)
        rows.addRow("Scale", self.scale)
        self.column.addLayout(rows)
        grid = QGridLayout()
        buttons = (
            button("Count", "Measure every object of this layer.", self.count),
            button("All layers", "A row for each layer of objects, or frame.", self.count_layers),
            button(
                "Folder ...", "Segment a folder as in Segment: a row an image.", self.count_folder
            ),
            menu_button("Export", "Write what is counted.", self._exports()),
        )
        for i, made in enumerate(buttons):
            grid.addWidget(made, i // 2, i % 2)
        self.column.addLayout(grid)
        self.shown.hide()
        for widget in (self.folder, self.summary, self.shown):
            self.column.addWidget(widget)
        self.column.addWidget(self.measures, 1)
        self.column.addStretch(1)

    def _exports(self) -> dict[str, Callable[[], object]]:
        return {
            "Table ...": self.export,
            "Report ...": self.export_report,
            "Plot as picture ...": self.export_plot,
        }

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
        grouping, pixels = self.grouping.config(), self._pixels(objects)
        if image is not None and pixels is None:
            show_warning(f"{image.name} does not fit {layer.name}; its intensities are left out.")
        self._worker = self.run(
            Worker(lambda: measure_layer(objects, pixels, grouping), "Count"),
            on_result=lambda measured: self._show(measured, layer),
            on_end=self._ended,
        )

    def _pixels(self, objects: Segmentation) -> Image | None:
        """Return the chosen image; None without one, and where it does not fit."""
        image = self.image.layer()
        return None if image is None else layer_image(pixels_of(image), objects, image.name)

    def _segmentation(self, layer: napari.layers.Labels) -> Segmentation | None:
        """Return the objects of a layer; None where it has too many axes, which is told."""
        try:
            series, kinds = self.session.series, self.session.kinds
            return segmentation_of(layer, series, self.frames.of(layer), kinds)
        except InputError as error:
            report(error)
            return None

    def _series_changed(self, _stack: object = None) -> None:
        self._labels_chosen(self.labels.layer())

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        """Offer what stacks of labels can be."""
        self.frames.show_layer(layer)
        self.scale.show_layer(layer)
        self._form.setRowVisible(self.frames, self.frames.count() > 0)

    def _offer_image(self, layer: napari.layers.Labels | None) -> None:
        """Offer the image that the objects were found in."""
        found_in = "" if layer is None else str(layer.metadata.get(OBJECTS_OF, ""))
        image = layer_by_id(self.viewer, found_in)
        if image is not None:
            self.image.choose(image)

    def _scale_changed(self) -> None:
        """Measure anew what is shown: its sizes are others now."""
        self._again = self.measured is not None and self._of == [self.labels.layer()]
        if self._worker is None:
            self._ended()

    def _ended(self) -> None:
        self._worker = None
        if self._again:
            self._again = False
            self.count()

    def _show(self, measured: Measured, layer: napari.layers.Labels) -> None:
        self.measured, self._of = measured, [layer]
        self.session.note(counted=True)
        self.summary.setText(describe(measured))
        self._show_table()
        if layer not in self.viewer.layers:
            return
        if not measured.frame_axes:
            set_features(layer, measured.columns)
        show_groups(self, layer, measured)

    def _show_table(self, _index: int = 0) -> None:
        """Show a row an object or, where there are groups and it is chosen, a row a group."""
        measured = self.measured
        self.shown.setVisible(measured is not None and measured.groups is not None)
        if measured is None:
            return
        table, grouped = measured.table, self.shown.currentIndex() == 0
        self.finder.follow(self._of[0], measured, groups=grouped and measured.groups is not None)
        if measured.groups is not None and grouped:
            about = ("image", "group") if "row" in measured.groups else ("image", "name")
            kept = {n: c for n, c in measured.groups.items() if n not in about}
            self.measures.show_columns(kept, "count", table.unit, "groups")
        else:
            self.measures.show_columns(measured.columns, table.size_name, table.unit)

    def count_layers(self) -> None:
        """Give a summary row for each layer of objects, or each of its frames."""
        layers = [layer for layer in self.viewer.layers if holds_objects(layer)]
        found = [self._segmentation(layer) for layer in layers]
        rows = [row for objects in found if objects is not None for row in summary_rows(objects)]
        if not rows:
            show_warning(NO_OBJECTS)
            return
        self._show_rows(rows)
        self._of = layers

    def count_folder(self, folder: str = "") -> None:
        """Segment and count each image of a folder, with the model and config of Segment."""
        if self._worker is None:
            self.folder.start(folder)

    def _show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.measured, self._of = None, []
        self.shown.hide()
        self.finder.follow(None, None)
        self.summary.setText(describe_rows(rows))
        self.measures.show_columns(as_columns(rows), "count", counted="images")

    def export(self) -> None:
        """Write the table that is shown to a file."""
        export_table(self, self.measures.columns(), self._partial())

    def _partial(self) -> str:
        """Return why the table is of a part of a folder; nothing where it is whole."""
        return "" if self._of else self.folder.partial

    def export_plot(self) -> None:
        """Write the plot that is shown as a picture."""
        export_plot(self, self.measures.plot)

    def export_report(self) -> None:
        """Write what is counted as one page."""
        layers = [layer for layer in self._of if layer in self.viewer.layers]
        found = [x for x in map(self._segmentation, layers) if x is not None]
        grouping = None if self.measured is None else self.grouping.config()
        settings = settings_of(self.session, layers)
        if self._partial():
            settings["A part of the folder"] = self._partial()
        rows = None if layers else self.measures.columns()
        export_report(self, [(x, self._pixels(x)) for x in found], grouping, settings, rows)
