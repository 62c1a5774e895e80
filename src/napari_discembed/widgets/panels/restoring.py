"""Offer back what was painted before a crash."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import napari.layers
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.session.autosave import Annotation, left_over
from napari_discembed.types import IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.metadata import KINDS
from napari_discembed.widgets.sessions import save_annotation


class RestoreBanner(QWidget):
    """Hidden, unless a viewer crashed with annotation in it."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock = dock
        self.words = QLabel("")
        self.words.setWordWrap(True)
        restore, drop = QPushButton("Restore"), QPushButton("Discard")
        restore.clicked.connect(self.restore)
        drop.clicked.connect(self.discard)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        row.addWidget(restore)
        row.addWidget(drop)
        column.addLayout(row)
        self._found: tuple[Path, Annotation] | None = None
        self._offer()

    def _offer(self) -> None:
        found = left_over(tell=show_warning)
        self._found = found[0] if found else None
        self.setVisible(self._found is not None)
        if self._found is not None:
            annotation = self._found[1]
            when = time.strftime("%d %b %H:%M", time.localtime(annotation.saved))
            names = ", ".join(annotation.labels)
            self.words.setText(f"napari ended unexpectedly. Saved on {when}: {names}.")

    def restore(self) -> None:
        """Bring the layers, the settings and the model back."""
        if self._found is None:
            return
        annotation, session = self._found[1], self.dock.session
        session.kinds.take_up(annotation.kinds)
        for name, labels in annotation.labels.items():
            layer = _layer(labels, name, annotation.places.get(name, {}))
            if name in annotation.of_kinds:
                layer.metadata[KINDS] = dict(annotation.of_kinds[name])
            self.dock.viewer.add_layer(layer)
        session.restore(annotation.config)
        if annotation.model:
            session.offer(annotation.model)
        # It stays until it is saved as what this viewer has.
        session.autosave.take_over(self._found[0])
        save_annotation(session, self.dock.viewer)
        self._offer()

    def discard(self) -> None:
        """Forget what was saved, and offer the next."""
        if self._found is not None:
            shutil.rmtree(self._found[0], ignore_errors=True)
        self._offer()


def _layer(labels: IntArray, name: str, about: Mapping[str, Any]) -> napari.layers.Labels:
    """Return a layer where it lay; where another release said that otherwise, at the origin."""
    try:
        return napari.layers.Labels(labels, name=name, **about)
    except (TypeError, ValueError, KeyError, AttributeError):
        show_warning(f"{name!r} is back, and its place and pixel size are not. Set them anew.")
        return napari.layers.Labels(labels, name=name)
