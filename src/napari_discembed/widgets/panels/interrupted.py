"""The latest training that was cut off: to go on with, or to discard."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_discembed.session.trainings import Training, interrupted


class InterruptedTraining(QWidget):
    """A row that is hidden unless a training was cut off."""

    resumed = Signal(object)
    """The :class:`~napari_discembed.session.trainings.Training` to go on with."""

    def __init__(self) -> None:
        super().__init__()
        self._training: Training | None = None
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.resume, self.discard = QPushButton("Resume"), QPushButton("Discard")
        self.resume.clicked.connect(lambda: self.resumed.emit(self._training))
        self.discard.clicked.connect(self._discard)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words, 1)
        row.addWidget(self.resume)
        row.addWidget(self.discard)
        self.refresh()

    def refresh(self) -> None:
        """Look for trainings that were cut off."""
        found = interrupted()
        self._training = found[0] if found else None
        self.setVisible(bool(found))
        if found:
            self.words.setText(f"'{found[0].request.name}' was interrupted.")

    def _discard(self) -> None:
        if self._training is not None:
            self._training.discard()
        self.refresh()
