"""A bar that says how far a job is, or else for how long it has been going on."""

from __future__ import annotations

import time

from qtpy.QtCore import QTimer
from qtpy.QtGui import QHideEvent
from qtpy.QtWidgets import QProgressBar, QWidget

SECOND = 1000


class JobBar(QProgressBar):
    """How far a job is; while nobody knows, its words and seconds.

    Qt's own bar for what nobody knows moves 25 times a second, and each time the whole window is
    drawn anew: without a graphics card that takes a core from the job.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(True)
        self._words, self._began = "", 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(SECOND)
        self._timer.timeout.connect(self._tell_seconds)

    def begin(self) -> None:
        """Begin anew."""
        self.setRange(0, 100)
        self.setValue(0)
        self._began = time.monotonic()
        self.say("Starting ...")
        self._timer.start()

    def advance(self, fraction: float | None, words: str) -> None:
        """Show how far the job is, None where that is not known, and what it does."""
        if fraction is None:
            self._words = words
            self._tell_seconds()
        else:
            self.setValue(int(100 * fraction))
            self.say(words)

    def say(self, words: str) -> None:
        """Show words, and no seconds."""
        self._timer.stop()
        self._words = words
        self.setFormat(words)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's way of naming
        """Count no further."""
        self._timer.stop()
        super().hideEvent(event)

    def _tell_seconds(self) -> None:
        seconds = int(time.monotonic() - self._began)
        self.setFormat(f"{self._words} {seconds} s" if seconds and self._words else self._words)
