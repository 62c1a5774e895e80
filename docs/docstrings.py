"""Docstrings of this project as mkdocstrings reads them: roles, results without a type, shared lines."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":\w+:`~?\.*([^`]+)`")
SHARED = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)+)\n((?:    .*\n?|\n)+)", re.MULTILINE)
RETURNS = re.compile(r"^Returns\n-+\n(?=\S)((?:.+\n?)+)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Rewrite docstrings before they are parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite that of a function, a class or a module."""
        if obj.docstring is None:
            return
        text = ROLE.sub(lambda role: f"`{role[1].rsplit('.', 1)[-1]}`", obj.docstring.value)
        text = text.replace("``", "`")
        text = SHARED.sub(_apart, text)
        if isinstance(obj, griffe.Function) and obj.returns is not None:
            text = RETURNS.sub(lambda found: _typed(found, str(obj.returns)), text)
        obj.docstring.value = text


def _apart(shared: re.Match[str]) -> str:
    """Give each of several parameters that share a line one of its own."""
    return "".join(f"{name}\n{shared[2].rstrip()}\n" for name in shared[1].split(", "))


def _typed(returns: re.Match[str], annotation: str) -> str:
    """Put the type above what is said of a result."""
    lines = "\n".join(f"    {line}" for line in returns[1].rstrip().splitlines())
    return f"Returns\n-------\n{annotation}\n{lines}\n"
