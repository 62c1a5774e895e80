"""A list of objects, the least sure first, each with a bar for how sure."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_discembed.interaction.certainty import Certainty
from napari_discembed.interaction.certainty_colour import colours

ROWS = 5
"""In view."""
CERTAINTY = int(Qt.ItemDataRole.UserRole)


def figures(result: Certainty, label: int) -> str:
    """Return the numbers behind an object's certainty, in words."""
    row = int(np.searchsorted(result.label, label))
    learnt = result.quality is not None
    how = "by what was learnt of masks; besides, it is" if learnt else "the least of"
    return (
        f"Object {label}: {100 * result.certainty[row]:.0f} % sure, {how}\n"
        f"apart from its neighbours in the embedding: {100 * result.margin[row]:.0f} %\n"
        f"foreground: {100 * result.foreground[row]:.0f} %\n"
        f"the same at other bandwidths: {100 * result.stability[row]:.0f} %"
    )


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.result: Certainty | None = None
        self.order = np.zeros(0, dtype=np.int64)
        self._certainty = np.zeros(0)

    def take(self, result: Certainty | None) -> None:
        """Show other objects."""
        self.beginResetModel()
        self.result = result
        self.order = np.zeros(0, dtype=np.int64) if result is None else result.order()
        self._certainty = np.zeros(0) if result is None else np.sort(result.certainty)
        self.endResetModel()

    def rowCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return how many there are."""
        return len(self.order)

    def data(self, index: QModelIndex, role: int = 0) -> Any:  # noqa: ANN401 - as Qt has it
        """Return an object's number, its certainty or its figures."""
        row = index.row()
        if not index.isValid() or self.result is None or row >= len(self.order):
            return None
        label, certainty = int(self.order[row]), float(self._certainty[row])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{label}  {self.result.word(certainty)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return figures(self.result, label)
        return certainty if role == CERTAINTY else None


class _Delegate(QStyledItemDelegate):
    """Draws the number and the word of an object, and beside them a bar in its colour."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:  # noqa: N802
        """Return the size of a row."""
        return QSize(100, option.fontMetrics.height() + 4)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Draw a row."""
        if painter is None:
            return
        rect, palette = option.rect, option.palette
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, palette.highlight())
        painter.setPen(palette.highlightedText().color() if chosen else palette.text().color())
        metrics, text = option.fontMetrics, str(index.data())
        words = max(metrics.horizontalAdvance(f"{text} "), rect.width() // 2 - 8)
        painter.drawText(rect.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        certainty = float(index.data(CERTAINTY) or 0.0)
        full = rect.width() - words - 14
        bar = QRect(rect.left() + words + 6, rect.top() + 3, full, rect.height() - 6)
        painter.fillRect(bar, QColor(128, 128, 128, 90))
        bar.setWidth(max(2, round(full * certainty)))
        painter.fillRect(bar, QColor.fromRgbF(*colours(certainty)[0].tolist()))


class CertaintyList(QListView):
    """Objects from the least sure to the surest; one that a person chooses is told.

    Attributes
    ----------
    chosen
        Emitted with the number of an object.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self._quiet = False
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(ROWS * (self.fontMetrics().height() + 4) + 4)
        self.setToolTip("The objects, the least sure first. Click one to go there.")
        self.selectionModel().currentChanged.connect(self._current_changed)

    def show_result(self, result: Certainty | None, label: int | None = None) -> None:
        """List other objects, and mark one of them."""
        self._quiet = True
        self._model.take(result)
        self._quiet = False
        self.mark(label)

    def mark(self, label: int | None) -> None:
        """Mark an object, if it is listed."""
        order = self.labels()
        self._quiet = True
        if label in order:
            self.setCurrentIndex(self._model.index(order.index(label)))
        else:
            self.setCurrentIndex(QModelIndex())
        self._quiet = False

    def labels(self) -> list[int]:
        """Return the numbers of the objects listed, in their order."""
        return [int(n) for n in self._model.order]

    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        if not self._quiet and index.isValid():
            self.chosen.emit(int(self._model.order[index.row()]))
