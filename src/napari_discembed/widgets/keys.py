"""Keys of the docks: napari's own bindings, listed in its shortcut settings, shown on the buttons.

napari ignores the ``keybindings`` of a manifest, and does not list what ``viewer.bind_key`` binds;
its action manager does both. Most letters with Shift, and some with
Control, are free of napari's own keys and of the menus'.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.interactions import Shortcut
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtWidgets import QAbstractButton

from napari_discembed.widgets.qt.connections import Connections


class Key(NamedTuple):
    """A key of a button: what it does, and which it is unless a person chose another."""

    does: str
    usual: str


KEYS = {
    "find": Key("Find the objects of the image", "Shift-F"),
    "commit": Key("Write the objects into the Labels layer", "Shift-C"),
    "wand": Key("Wand on or off", "Shift-W"),
    "pick": Key("Pick a candidate, on or off", "Shift-Q"),
    "next": Key("Next object or link to check", "Shift-N"),
    "back": Key("Back to what was checked before", "Shift-Z"),
    "right": Key("The object or link is right", "Shift-R"),
    "add": Key("Add an object that was missed", "Shift-E"),
    "merge": Key("Merge two objects", "Shift-M"),
    "cut": Key("Cut an object along a line, or a track", "Shift-X"),
    "split": Key("Split an object by two points, or from a frame on", "Shift-S"),
    "link": Key("Link two tracks", "Control-L"),
    "swap": Key("Swap two tracks from a frame on", "Control-X"),
    "division": Key("Mark a division", "Control-D"),
    "delete": Key("Delete an object", "Shift-D"),
    "fill": Key("Fill the holes of an object", "Shift-H"),
    "dilate": Key("Dilate an object", "Shift-G"),
    "erode": Key("Erode an object", "Shift-K"),
    "snap": Key("Snap an object to the border seen", "Shift-T"),
    "object": Key("Paint an object", "Shift-O"),
    "background": Key("Paint background", "Shift-B"),
    "image": Key("Next image", "Shift-I"),
    "following": Key("Next image of the folder", "Shift-J"),
    "former": Key("Image of the folder before", "Shift-U"),
    "checked": Key("The image is checked", "Shift-Y"),
    "kind": Key("Give an object the chosen kind", "Control-K"),
    **{f"kind_{n}": Key(f"Kind of object {n}", f"Control-{n}") for n in range(1, 10)},
}
PREFIX = "napari-discembed:"

_BUTTONS: weakref.WeakKeyDictionary[ViewerModel, list[tuple[str, QAbstractButton]]] = (
    weakref.WeakKeyDictionary()
)
_PRESENT: dict[str, list[Any]] = {}
"""The keys of each action as they are now; empty until the first dock opens."""


def bound() -> list[str]:
    """Return the actions that the docks of any viewer have buttons for."""
    return [name for buttons in _BUTTONS.values() for name, _ in buttons]


class Keys:
    """The keys of one dock's buttons, until the dock ends.

    Parameters
    ----------
    viewer
        In which the keys work.
    connections
        That end with the dock.
    """

    def __init__(self, viewer: ViewerModel, connections: Connections) -> None:
        self._all = _BUTTONS.setdefault(viewer, [])
        self._own: list[tuple[str, QAbstractButton]] = []
        self._texts: dict[str, tuple[str, str]] = {}
        _register()
        _follow_settings()
        connections.add(action_manager.events.shortcut_changed, self._changed)
        connections.add(get_settings().shortcuts.events.shortcuts, _follow_settings)

    def bind(self, name: str, button: QAbstractButton) -> None:
        """Let the key of an action press a button, which says so."""
        self._own.append((name, button))
        self._all.append((name, button))
        self._texts[name] = (button.text(), button.toolTip())
        self._show(name, button)

    def let_go(self, button: QAbstractButton) -> None:
        """Let go of a button, which has no key any more."""
        for pair in [pair for pair in self._own if pair[1] is button]:
            self._own.remove(pair)
            self._all.remove(pair)

    def release(self) -> None:
        """Let go of all buttons."""
        for pair in self._own:
            self._all.remove(pair)
        self._own.clear()

    def _changed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        changed = str(event.name).removeprefix(PREFIX)
        for name, button in self._own:
            if name == changed:
                self._show(name, button)

    def _show(self, name: str, button: QAbstractButton) -> None:
        text, tip = self._texts[name]
        key = shown(name)
        button.setText(f"{text}  {key.replace('Shift+', '⇧')}" if key else text)
        button.setToolTip(f"{tip}\nKey: {key}".strip() if key else tip)


def shown(name: str) -> str:
    """Return the key of an action, such as ``Shift+M``; empty for none."""
    keys = _PRESENT.get(name)
    return str(Shortcut(keys[0]).platform).replace("⇧+", "Shift+") if keys else ""


def _press(viewer: ViewerModel, name: str) -> None:
    """Press the button of an action: one in view, or else that of the dock opened last."""
    buttons = [
        button
        for own, button in reversed(_BUTTONS.get(viewer, []))
        if own == name and button.isEnabled() and not button.isHidden()
    ]
    if buttons:
        next((button for button in buttons if button.isVisible()), buttons[0]).click()


def _register() -> None:
    """Make the actions known to napari, once; without a dock they do nothing."""
    if _PRESENT:
        return
    action_manager.events.shortcut_changed.connect(_note)
    for name, key in KEYS.items():
        _PRESENT[name] = list(get_settings().shortcuts.shortcuts.get(PREFIX + name, []))
        action_manager.register_action(
            PREFIX + name, _command(name), f"{key.does} (Discembed)", ViewerModel
        )


def _command(name: str) -> Callable[[ViewerModel], None]:
    def command(viewer: ViewerModel) -> None:
        _press(viewer, name)

    command.__name__ = f"discembed_{name}"  # napari finds actions by the names of functions
    return command


def _note(event: Any) -> None:  # noqa: ANN401 - napari's event
    """Take note of a key that was bound, or of all of an action that were unbound."""
    name = str(event.name).removeprefix(PREFIX)
    if event.name == PREFIX + name and name in _PRESENT:
        _PRESENT[name] = [*_PRESENT[name], event.shortcut] if event.shortcut else []


def _follow_settings(_event: object = None) -> None:
    """Bind the keys that a person chose, or else the usual ones, unless they are taken.

    Usual ones are taken out of the settings, into which napari writes those of all actions: at its
    next start it would warn of each that it does not know yet.
    """
    settings = get_settings().shortcuts
    chosen, usual = dict(settings.shortcuts), set()
    for name, key in KEYS.items():
        action, default = PREFIX + name, coerce_keybinding(key.usual)
        mine = [coerce_keybinding(k) for k in _PRESENT[name]]
        if chosen.get(action) == [default]:
            usual.add(action)
        taken = default in ViewerModel.class_keymap and default not in mine
        wanted = chosen.get(action, [] if taken else [default])
        if mine != list(wanted):
            action_manager.unbind_shortcut(action)
            for shortcut in wanted:
                action_manager.bind_shortcut(action, shortcut)
    if usual:
        settings.shortcuts = {k: v for k, v in chosen.items() if k not in usual}
