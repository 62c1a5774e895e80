"""What becomes of image layers of which embeddings are kept: moved, changed, removed."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_discembed.widgets.dock import Dock

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")
"""Events of a layer that is moved."""


class ImageWatch(QObject):
    """Watches the session's image, and the others of which anything is kept."""

    lost = Signal(str, str)
    """The id of a layer whose pixels are no longer there, and the words to tell."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock = dock
        self._of_layers = dock.connections()
        dock.follow(dock.viewer.layers.events.removed, self._removed)

    def refresh(self) -> None:
        """Watch those that are there now."""
        self._of_layers.clear()
        source, kept = self.dock.source(), self.dock.session.kept.layers()
        for layer in self.dock.viewer.layers:
            if str(layer.unique_id) in kept or (source is not None and layer is source.layer):
                self._of_layers.add(layer.events.data, self._changed)
        if source is not None:
            for name in PLACE:
                self._of_layers.add(getattr(source.layer.events, name), self._moved)

    def _moved(self, _event: object = None) -> None:
        self.dock.session.image_moved.emit()

    def _changed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        self.lost.emit(
            str(event.source.unique_id), "The image was changed. Press Find objects again."
        )

    def _removed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        words = "The image layer was removed, and its embedding with it."
        self.lost.emit(str(event.value.unique_id), words)
