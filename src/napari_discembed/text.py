"""Words for people."""

from __future__ import annotations


def pluralize(number: int, noun: str) -> str:
    """Return ``1 object``, ``2 objects``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
