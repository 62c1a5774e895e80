"""Connections to signals that outlive who listens."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any


class Connections:
    """Slots connected to signals of Qt, psygnal or napari, to be disconnected together."""

    def __init__(self) -> None:
        self._pairs: list[tuple[Any, Callable[..., Any]]] = []

    def add(self, signal: Any, slot: Callable[..., Any]) -> None:  # noqa: ANN401
        """Connect a slot to a signal."""
        signal.connect(slot)
        self._pairs.append((signal, slot))

    def clear(self) -> None:
        """Disconnect all of them."""
        while self._pairs:
            signal, slot = self._pairs.pop()
            # Qt: the sender may be gone; psygnal: its weakly held listener.
            with contextlib.suppress(RuntimeError, TypeError, ValueError):
                signal.disconnect(slot)
