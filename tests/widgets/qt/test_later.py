"""Widgets that are made when they are first wanted."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QLabel, QWidget

from napari_discembed.widgets.qt.later import Later


def test_a_widget_is_made_once_when_it_is_wanted_and_shown_in_its_place(qtbot: Any) -> None:
    made: list[QLabel] = []

    def make() -> QLabel:
        made.append(QLabel("here"))
        return made[-1]

    parent, later = QWidget(), Later(make)
    qtbot.addWidget(parent)
    parent.setLayout(later.place)
    parent.show()
    later.show(visible=False)
    assert made == []
    assert later.if_made() is None
    assert later.get() is later.get()
    assert made == [later.if_made()]
    assert made[0].parentWidget() is parent
    assert not made[0].isVisible()
    later.show(visible=True)
    assert made[0].isVisible()
    later.show(visible=False)
    assert not made[0].isVisible()
