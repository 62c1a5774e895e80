"""Boxes to choose layers and models from, always up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.layers
from napari.components import ViewerModel
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QWidget

from napari_discembed.catalogue import MODEL_SUFFIXES, list_models
from napari_discembed.widgets.layers import result_of
from napari_discembed.widgets.qt.boxes import ComboBox

OPEN_FILE = "Open a file ..."


class LayerChoice(ComboBox):
    """Choose one of the viewer's layers.

    Parameters
    ----------
    viewer
        Whose layers.
    kind
        Type of the layers offered.
    none
        Text for choosing none; None where a layer must be chosen.
    results
        Whether layers that this plugin made as results are offered.
    eager
        Whether a layer is chosen rather than none, once there is one.
    suits
        Tells whether a layer of that type is offered; looked at anew when the list opens.
    """

    layerChanged = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(
        self,
        viewer: ViewerModel,
        kind: type[napari.layers.Layer],
        *,
        none: str | None = None,
        results: bool = True,
        eager: bool = False,
        suits: Callable[[napari.layers.Layer], bool] = lambda _layer: True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._eager = eager or none is None
        self._suits = suits
        self._viewer, self._kind, self._none, self._results = viewer, kind, none, results
        self._told: napari.layers.Layer | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(5)
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self._refresh)
        viewer.layers.events.inserted.connect(self._follow_name)
        for layer in viewer.layers:
            layer.events.name.connect(self._refresh)
        self.currentIndexChanged.connect(self._tell)
        self._refresh()

    def layer(self) -> Any:  # noqa: ANN401 - a layer of the kind asked for
        """Return the chosen layer, or None."""
        layer = self.currentData()
        return layer if layer is not None and layer in self._viewer.layers else None

    def choose(self, layer: napari.layers.Layer | None) -> None:
        """Choose a layer, or none."""
        for i in range(self.count()):
            if self.itemData(i) is layer:
                self.setCurrentIndex(i)

    def _follow_name(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        event.value.events.name.connect(self._refresh)

    def _offered(self) -> list[napari.layers.Layer]:
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, self._kind)
            and (self._results or result_of(layer) is None)
            and self._suits(layer)
        ]

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list of what there is now."""
        self._refresh()
        super().showPopup()

    def refresh(self) -> None:
        """Look at the layers anew."""
        self._refresh()

    def _refresh(self, _event: object = None) -> None:
        chosen = self.currentData()
        before = self.blockSignals(True)
        self.clear()
        if self._none is not None:
            self.addItem(self._none, None)
        layers = self._offered()
        for layer in layers:
            self.addItem(layer.name, layer)
        if any(layer is chosen for layer in layers):
            self.choose(chosen)
        elif self._eager and layers:
            self.setCurrentIndex(self.count() - 1)
        self.blockSignals(before)
        self._tell()

    def _tell(self, _index: int = 0) -> None:
        layer = self.layer()
        if layer is not self._told:
            self._told = layer
            self.layerChanged.emit(layer)


class ModelChoice(ComboBox):
    """Choose a model: shipped, trained here, or a file.

    Parameters
    ----------
    scratch
        Text for starting from no model; None where a model must be chosen.
    """

    modelChanged = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, *, scratch: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scratch = scratch
        self.setMinimumContentsLength(5)
        self.setToolTip("Shipped models first, then those trained here.")
        self.refresh()
        self._before = self.currentIndex()
        self.activated.connect(self._chosen)

    def model(self) -> str | None:
        """Return the name or file of the chosen model; None for from scratch."""
        chosen = self.currentData()
        return None if chosen in (None, OPEN_FILE) else str(chosen)

    def name(self, model: str) -> str:
        """Return what a model is called here."""
        index = self.findData(model)
        return _short(model) if index < 0 else self.itemText(index)

    def choose(self, model: str | None) -> None:
        """Choose a model by its name or file; an unknown file is added."""
        index = self.findData(model)
        if index < 0 and model is not None:
            index = self.findData(OPEN_FILE)
            self.insertItem(index, _short(model), model)
        self.setCurrentIndex(max(0, index))
        self._before = self.currentIndex()
        self.modelChanged.emit(self.model())

    def refresh(self) -> None:
        """List the models anew."""
        chosen, from_nothing = self.currentData(), self.count() > 0 and self.currentData() is None
        before = self.blockSignals(True)
        self.clear()
        for entry in list_models():
            shipped = entry.origin == "shipped"
            name = entry.name if shipped else f"{entry.name} (yours)"
            self.addItem(name, entry.name if shipped else str(entry.path))
        if self._scratch is not None:
            self.addItem(self._scratch, None)
        self.addItem(OPEN_FILE, OPEN_FILE)
        if from_nothing or chosen not in (None, OPEN_FILE):
            self.choose(None if from_nothing else str(chosen))
        self.blockSignals(before)

    def _chosen(self, index: int) -> None:
        if self.itemData(index) != OPEN_FILE:
            self._before = index
            self.modelChanged.emit(self.model())
            return
        self.setCurrentIndex(self._before)
        endings = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(self, "Open a model", "", f"Models ({endings})")
        if path:
            self.choose(path)


def _short(path: str) -> str:
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    suffix = next((each for each in MODEL_SUFFIXES if name.endswith(each)), "")
    return name.removesuffix(suffix)
