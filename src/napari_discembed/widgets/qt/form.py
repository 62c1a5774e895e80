"""Widgets made of a config: titles, bounds and help come from its fields."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_discembed.config import Config
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.sliders import Range, Slider


class Form(QWidget):
    """A form for some fields of a config, made anew where a config of another type is shown.

    Parameters
    ----------
    config
        What it shows at first; fields that it does not show, and those that nobody moves, keep
        the values given here.
    fields
        Names, in order; those that a config lacks are left out.
    ranges
        Sliders, by name.
    titles
        In place of those of the config, by name.
    folded
        Names of those that are folded away under *More*.
    """

    valueChanged = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(
        self,
        config: Config,
        fields: Sequence[str],
        ranges: Mapping[str, Range] | None = None,
        parent: QWidget | None = None,
        *,
        titles: Mapping[str, str] | None = None,
        folded: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        self._config: Any = config
        self._titles, self._folded = dict(titles or {}), frozenset(folded)
        self._fields, self._ranges = tuple(fields), dict(ranges or {})
        self._usual: dict[str, float | str] = {}
        self._hidden: set[str] = set()
        self._editors: dict[str, _Editor] = {}
        self._places: dict[str, QFormLayout] = {}
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows = rows_of_form()
        column.addLayout(self._rows)
        self._more_rows = rows_of_form()
        self.more = QCollapsible("More")
        if folded:
            inner = QWidget()
            inner.setLayout(self._more_rows)
            self.more.addWidget(inner)
            column.addWidget(self.more)
        self._build()
        self._show()

    def value(self) -> Any:  # noqa: ANN401 - a config of the type given
        """Return the config as it is set now."""
        return self._config

    def setValue(self, config: Config) -> None:  # noqa: N802 - Qt's way of naming
        """Show another config, without telling of it."""
        another = type(config) is not type(self._config)
        self._config = config
        if another:
            self._build()
        self._show()

    def setRange(self, name: str, low: float, high: float) -> None:  # noqa: N802 - Qt's way
        """Change where a slider goes, without telling of it."""
        self._ranges[name] = Range(low, high, self._ranges[name].decimals)
        if name in self._editors:
            self._editors[name].widget.setRange(low, high)
            self._show()

    def setUsual(self, usual: Mapping[str, float | str]) -> None:  # noqa: N802 - Qt's way
        """Say what sliders that are left open come to, by name: a number, or words."""
        self._usual = dict(usual)
        for name, editor in self._editors.items():
            if isinstance(editor.widget, Slider):
                editor.widget.set_usual(self._usual.get(name))

    def editor(self, name: str) -> QWidget:
        """Return the widget of a field."""
        return self._editors[name].widget

    def shown(self) -> tuple[str, ...]:
        """Return the names of the fields that are shown."""
        return tuple(name for name in self._editors if name not in self._hidden)

    def show_row(self, name: str, *, visible: bool) -> None:
        """Show or hide a field, of this config and of those to come."""
        (self._hidden.discard if visible else self._hidden.add)(name)
        if name in self._editors:
            self._places[name].setRowVisible(self._editors[name].widget, visible)

    def _is_folded(self, name: str) -> bool:
        """Tell whether a field of the config that is shown is folded away."""
        return name in self._folded

    def _build(self) -> None:
        """Make the editors of the config's type."""
        for name, editor in self._editors.items():
            self._places[name].removeRow(editor.widget)
        self._editors = {}
        for name in self._fields:
            info = type(self._config).model_fields.get(name)
            if info is None:
                continue
            editor = _editor(info, self._ranges.get(name))
            rows = self._more_rows if self._is_folded(name) else self._rows
            self._editors[name], self._places[name] = editor, rows
            own = info.title or name
            rows.addRow(self._titles.get(name, own), editor.widget)
            help_text = (info.description or "").replace("Empty:", "auto:")
            if name in self._titles:  # the technical term is not lost
                help_text = f"{own}. {help_text}"
            for widget in (editor.widget, rows.labelForField(editor.widget)):
                widget.setToolTip(help_text)
            rows.setRowVisible(editor.widget, name not in self._hidden)
            editor.connect(lambda *_value, name=name: self._changed(name))
        self.setUsual(self._usual)

    def _show(self) -> None:
        for name, editor in self._editors.items():
            before = editor.widget.blockSignals(True)
            editor.set(getattr(self._config, name))
            editor.widget.blockSignals(before)

    def _changed(self, name: str) -> None:
        """Take up one field: what the others show may be rounded."""
        self._config = self._config.model_copy(update={name: self._editors[name].get()})
        self.valueChanged.emit(self._config)


def rows_of_form() -> QFormLayout:
    """Return rows of a title and a widget each, which grows with the form."""
    rows = QFormLayout()
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return rows


@dataclass(frozen=True, slots=True)
class _Editor:
    """A widget and how to read and write it."""

    widget: Any
    get: Callable[[], Any]
    set: Callable[[Any], None]
    connect: Callable[[Callable[..., None]], object]


def _editor(info: FieldInfo, limits: Range | None) -> _Editor:
    kind = info.annotation
    options = get_args(kind)
    optional = get_origin(kind) in (Union, types.UnionType) and type(None) in options
    if optional:
        kind = next(o for o in options if o is not type(None))
    if get_origin(kind) is Literal:
        return _choice([None] * optional + list(get_args(kind)))
    if kind is bool:
        return _tick()
    if limits is not None:
        slider = Slider(limits, whole=kind is int, optional=optional)
        return _Editor(slider, slider.value, slider.setValue, slider.valueChanged.connect)
    return _spin(info, whole=kind is int, optional=optional)


def _choice(options: Sequence[Any]) -> _Editor:
    box = ComboBox()
    for option in options:
        box.addItem("auto" if option is None else str(option).replace("_", " "), option)
    return _Editor(
        box,
        lambda: options[max(0, box.currentIndex())],
        lambda value: box.setCurrentIndex(options.index(value) if value in options else 0),
        box.currentIndexChanged.connect,
    )


def _tick() -> _Editor:
    box = QCheckBox()
    return _Editor(box, box.isChecked, box.setChecked, box.toggled.connect)


def _spin(info: FieldInfo, *, whole: bool, optional: bool) -> _Editor:
    box = QSpinBox() if whole else QDoubleSpinBox()
    box.setKeyboardTracking(False)  # half a number is none
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
