"""A widget that is made when it is first wanted, and the place that is kept for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from qtpy.QtWidgets import QVBoxLayout, QWidget

WidgetT = TypeVar("WidgetT", bound=QWidget)


class Later(Generic[WidgetT]):
    """A widget that is made when it is first wanted: hidden, until it is shown.

    Parameters
    ----------
    make
        Makes it.

    Attributes
    ----------
    place
        Where it goes, to be laid out among other widgets.
    """

    def __init__(self, make: Callable[[], WidgetT]) -> None:
        self.place = QVBoxLayout()
        self._make = make
        self._made: WidgetT | None = None

    def get(self) -> WidgetT:
        """Return the widget; it is made if need be."""
        if self._made is None:
            self._made = made = self._make()
            made.hide()
            self.place.addWidget(made)
        return self._made

    def if_made(self) -> WidgetT | None:
        """Return the widget; None where it was not wanted yet."""
        return self._made

    def show(self, *, visible: bool) -> None:
        """Show or hide it; to be hidden it need not be made."""
        if visible or self._made is not None:
            self.get().setVisible(visible)
