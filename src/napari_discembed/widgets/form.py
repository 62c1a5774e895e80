"""Widgets made of a config: titles, bounds and help come from its fields."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)
from superqt import QLabeledDoubleSlider, QLabeledSlider

from napari_discembed.config import Config


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


class Form(QWidget):
    """A form for some fields of a config.

    Parameters
    ----------
    config
        What it shows at first; fields that it does not show keep the values given here.
    fields
        Names, in order.
    ranges
        Sliders, by name.
    """

    valueChanged = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(
        self,
        config: Config,
        fields: Sequence[str],
        ranges: Mapping[str, Range] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._config = config
        self._editors: dict[str, _Editor] = {}
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in fields:
            info = type(config).model_fields[name]
            editor = _editor(info, (ranges or {}).get(name))
            editor.widget.setToolTip(info.description or "")
            editor.connect(self._changed)
            self._editors[name] = editor
            self._rows.addRow(info.title or name, editor.widget)
            label = self._rows.labelForField(editor.widget)
            label.setToolTip(info.description or "")
        self.setValue(config)

    def value(self) -> Any:  # noqa: ANN401 - a config of the type given
        """Return the config as it is set now."""
        shown = {name: editor.get() for name, editor in self._editors.items()}
        return self._config.model_copy(update=shown)

    def setValue(self, config: Config) -> None:  # noqa: N802 - Qt's way of naming
        """Show another config, without telling of it."""
        self._config = config
        for name, editor in self._editors.items():
            before = editor.widget.blockSignals(True)
            editor.set(getattr(config, name))
            editor.widget.blockSignals(before)

    def setRange(self, name: str, low: float, high: float) -> None:  # noqa: N802 - Qt's way
        """Change where a slider goes, without telling of it."""
        widget = self._editors[name].widget
        before = widget.blockSignals(True)
        widget.setRange(low, high)
        widget.blockSignals(before)

    def editor(self, name: str) -> QWidget:
        """Return the widget of a field."""
        return self._editors[name].widget

    def show_row(self, name: str, *, visible: bool) -> None:
        """Show or hide a field."""
        self._rows.setRowVisible(self._editors[name].widget, visible)

    def _changed(self, *_value: object) -> None:
        self.valueChanged.emit(self.value())


@dataclass(frozen=True, slots=True)
class _Editor:
    """A widget and how to read and write it."""

    widget: Any
    get: Callable[[], Any]
    set: Callable[[Any], None]
    connect: Callable[[Callable[..., None]], object]


def _editor(info: FieldInfo, slider: Range | None) -> _Editor:
    kind = info.annotation
    options = get_args(kind)
    optional = get_origin(kind) in (Union, types.UnionType) and type(None) in options
    if optional:
        kind = next(o for o in options if o is not type(None))
    if get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if kind is bool:
        return _tick()
    if slider is not None:
        return _slider(slider, whole=kind is int)
    return _spin(info, whole=kind is int, optional=optional)


def _choice(options: Sequence[str]) -> _Editor:
    box = QComboBox()
    for option in options:
        box.addItem(option.replace("_", " "), option)
    return _Editor(
        box,
        box.currentData,
        lambda value: box.setCurrentIndex(max(0, box.findData(value))),
        box.currentIndexChanged.connect,
    )


def _tick() -> _Editor:
    box = QCheckBox()
    return _Editor(box, box.isChecked, box.setChecked, box.toggled.connect)


def _slider(limits: Range, *, whole: bool) -> _Editor:
    widget = (QLabeledSlider if whole else QLabeledDoubleSlider)(Qt.Orientation.Horizontal)
    widget.setRange(*((int(limits.low), int(limits.high)) if whole else (limits.low, limits.high)))
    if not whole:
        widget.setDecimals(limits.decimals)
        widget.setSingleStep(10.0**-limits.decimals)

    def put(value: float | None) -> None:
        if value is None:
            return
        # A value beyond the slider's end is the user's to give: the slider follows.
        if value > widget.maximum():
            widget.setMaximum(value)
        widget.setValue(value)

    return _Editor(widget, widget.value, put, widget.valueChanged.connect)


def _spin(info: FieldInfo, *, whole: bool, optional: bool) -> _Editor:
    box = QSpinBox() if whole else QDoubleSpinBox()
    low, high = _bounds(info)
    if not whole:
        small = isinstance(info.default, float) and 0 < info.default < 0.01
        box.setDecimals(5 if small or high <= 1 else 2)
    step = 1 if whole else 10.0 ** -box.decimals()
    # What is None shows as the value below the lowest.
    box.setRange(low - step if optional else low, high)
    if optional:
        box.setSpecialValueText("auto")
    return _Editor(
        box,
        lambda: None if optional and box.value() < low - step / 2 else box.value(),
        lambda value: box.setValue(box.minimum() if value is None else value),
        box.valueChanged.connect,
    )


def _bounds(info: FieldInfo) -> tuple[Any, Any]:
    low, high = 0, 1_000_000
    for rule in info.metadata:
        for name in ("ge", "gt"):
            low = getattr(rule, name, low)
        for name in ("le", "lt"):
            high = getattr(rule, name, high)
    return low, high
