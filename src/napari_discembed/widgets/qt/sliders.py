"""A slider for a number that may be left open."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget
from superqt import QLabeledDoubleSlider, QLabeledSlider


@dataclass(frozen=True, slots=True)
class Range:
    """Where a slider goes; a number without one is a spin box.

    Attributes
    ----------
    low, high
        Its ends.
    decimals
        Of the number beside it.
    """

    low: float
    high: float
    decimals: int = 2


class Slider(QWidget):
    """A slider with its number, and a tick that leaves the number open where that is possible.

    Parameters
    ----------
    limits
        Where it goes.
    whole
        Whether the number is an integer.
    optional
        Whether it can be left open: its value is None then, and it shows what that comes to.
    """

    valueChanged = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(
        self, limits: Range, *, whole: bool, optional: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        kind = QLabeledSlider if whole else QLabeledDoubleSlider
        self.slider = kind(Qt.Orientation.Horizontal, self)
        self.slider.setRange(
            *((int(limits.low), int(limits.high)) if whole else (limits.low, limits.high))
        )
        if not whole:
            self.slider.setDecimals(limits.decimals)
            self.slider.setSingleStep(10.0**-limits.decimals)
        self.auto = QCheckBox("auto", self)
        self.auto.setVisible(optional)
        self.words = QLabel("", self)
        self._whole = whole
        self._usual: float | str | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self.slider, 1), (self.words, 1), (self.auto, 0)):
            row.addWidget(widget, stretch)
        self._show_usual()
        self.slider.valueChanged.connect(self._moved)
        self.auto.toggled.connect(self._ticked)

    def value(self) -> float | None:
        """Return the number; None where it is left open."""
        return None if self.auto.isChecked() else self.slider.value()

    def setValue(self, value: float | None) -> None:  # noqa: N802 - Qt's way of naming
        """Set the number, or leave it open; what is new is told."""
        if value == self.value():
            return
        self._put(value)
        self.valueChanged.emit(value)

    def setRange(self, low: float, high: float) -> None:  # noqa: N802 - Qt's way of naming
        """Change where it goes, without telling of it."""
        before = self.slider.blockSignals(True)
        self.slider.setRange(*((int(low), int(high)) if self._whole else (low, high)))
        self.slider.blockSignals(before)

    def set_usual(self, usual: float | str | None) -> None:
        """Say what a number that is left open comes to, in words where it is no single number."""
        self._usual = usual
        if self.auto.isChecked():
            self._put(None)

    def _put(self, value: float | None) -> None:
        """Show a value, without telling of it."""
        for widget in (self.slider, self.auto):
            widget.blockSignals(True)
        self.auto.setChecked(value is None)
        shown = self._usual if value is None else value
        if not isinstance(shown, int | float):  # somewhere to begin from
            low, high = self.slider.minimum(), self.slider.maximum()
            shown = low + (high - low) / 4
        # A value beyond the slider's end is the user's to give: the slider follows.
        if shown > self.slider.maximum():
            self.slider.setMaximum(shown)
        self.slider.setValue(int(shown) if self._whole else shown)
        for widget in (self.slider, self.auto):
            widget.blockSignals(False)
        self._show_usual()

    def _show_usual(self) -> None:
        """Show words in place of the slider where they are what the number comes to."""
        words = self._usual if self.auto.isChecked() and isinstance(self._usual, str) else ""
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.slider.setVisible(not words)

    def _moved(self, _value: float) -> None:
        before = self.auto.blockSignals(True)
        self.auto.setChecked(False)
        self.auto.blockSignals(before)
        self.valueChanged.emit(self.value())

    def _ticked(self, on: bool) -> None:
        if on:
            self._put(None)
        self._show_usual()
        self.valueChanged.emit(self.value())
