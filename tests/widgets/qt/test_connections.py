"""Connections to signals of Qt, psygnal and napari, cut together."""

from __future__ import annotations

from typing import Any

from napari.utils.events import Event, EventEmitter
from psygnal import Signal
from qtpy.QtCore import QObject
from qtpy.QtCore import Signal as QtSignal

from napari_discembed.widgets.qt.connections import Connections


class Sender(QObject):
    """Something of Qt that tells."""

    told = QtSignal(object)


class Model:
    """Something without Qt that tells."""

    told = Signal(object)


class Listener:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def hear(self, what: object) -> None:
        self.heard.append(what)


def test_signals_of_each_kind_are_heard_until_they_are_cut(qtbot: Any) -> None:
    sender, model, emitter = Sender(), Model(), EventEmitter(type_name="told")
    listener, connections = Listener(), Connections()
    for signal in (sender.told, model.told, emitter):
        connections.add(signal, listener.hear)

    def tell() -> None:
        sender.told.emit("qt")
        model.told.emit("psygnal")
        emitter()

    tell()
    assert [x for x in listener.heard if not isinstance(x, Event)] == ["qt", "psygnal"]
    assert len(listener.heard) == 3
    connections.clear()
    tell()
    assert len(listener.heard) == 3


def test_cutting_twice_and_what_is_cut_already_is_no_error(qtbot: Any) -> None:
    sender, listener, connections = Sender(), Listener(), Connections()
    connections.add(sender.told, listener.hear)
    sender.told.disconnect(listener.hear)
    connections.clear()
    connections.clear()
    assert listener.heard == []
