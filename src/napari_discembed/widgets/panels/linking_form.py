"""The settings of linking: those that the chosen method reads."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QWidget

from napari_discembed.config import LINK_METHODS, LinkingConfig, linking_config
from napari_discembed.session.linking import BY_EMBEDDING
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.form import Form
from napari_discembed.widgets.qt.sliders import Range

FIELDS = ("min_overlap", "reach", "gap", "divisions", "solver")
RANGES = {
    "min_overlap": Range(0.01, 0.9),
    "reach": Range(0, 5),
    "gap": Range(0, 10, 0),
}
METHODS = {
    "lap": "lap: the best assignment",
    "overlap": "overlap: where they are",
    "candidates": "candidates: what persists",
    "pairs": "pairs: two frames at once",
    "rosette": "rosette: leaves of one plant",
}
"""What methods are called."""


class LinkingForm(Form):
    """The method of linking, and below it the settings that it reads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        config = linking_config()
        super().__init__(config, FIELDS, RANGES, parent)
        self.method = ComboBox()
        self.method.setToolTip(
            "lap: by overlap, the drift of the neighbours taken off. overlap: where objects are. "
            "candidates: chooses among nested masks those that persist. pairs: groups the pixels "
            "of two frames as one set; both need a movie and a model, or what Segment made. "
            "rosette: leaves of one plant from above, by their angle about its middle too."
        )
        self.method.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.method.setMinimumContentsLength(8)
        self._rows.insertRow(0, "Method", self.method)
        self.offer(by_embedding=False)
        self.method.currentIndexChanged.connect(self._method_chosen)

    def offer(self, *, by_embedding: bool) -> None:
        """Offer the methods that need embeddings, or not; another is chosen then, and told."""
        given = [m for m in LINK_METHODS if m in METHODS]
        offered = [m for m in given if by_embedding or m not in BY_EMBEDDING]
        if [self.method.itemData(i) for i in range(self.method.count())] == offered:
            return
        chosen, before = self.config().method, self.method.blockSignals(True)
        self.method.clear()
        for method in sorted(offered, key=list(METHODS).index):
            self.method.addItem(METHODS[method], method)
        self.method.setCurrentIndex(max(0, self.method.findData(chosen)))
        self.method.blockSignals(before)
        if self.method.currentData() != chosen:
            self._method_chosen(self.method.currentIndex())

    def config(self) -> LinkingConfig:
        """Return the settings."""
        config: LinkingConfig = self.value()
        return config

    def _method_chosen(self, _index: int) -> None:
        before = self._config.model_dump(exclude={"method"})
        method: Any = self.method.currentData()
        fields = type(linking_config(method)).model_fields
        kept = {name: value for name, value in before.items() if name in fields}
        self.setValue(linking_config(method, **kept))
        self.valueChanged.emit(self._config)
