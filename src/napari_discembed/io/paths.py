"""Paths of lines and curves, as composite ROIs of ImageJ hold them (Java's ``PathIterator``)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError
from napari_discembed.imaging.polygons import Points, Ring

MOVE, LINE, QUADRATIC, CUBIC, CLOSE = range(5)
_POINTS = {MOVE: 1, LINE: 1, QUADRATIC: 2, CUBIC: 3, CLOSE: 0}
"""How many points follow each command."""
_STEPS = np.linspace(0, 1, 17)[1:, None]
"""Where along a curve its corners lie."""


def rings_to_path(rings: Sequence[Ring]) -> NDArray[np.float32]:
    """Return closed lines as commands with their points."""
    parts = []
    for ring in rings:
        commands = np.full((len(ring), 3), LINE, np.float32)
        commands[0, 0] = MOVE
        commands[:, 1:] = ring
        parts += [commands.ravel(), np.array([CLOSE], np.float32)]
    return np.concatenate(parts)


def path_to_rings(path: Sequence[float]) -> list[Points]:
    """Return the closed lines of a path, curves as lines of 16 parts; of less than 3 points none.

    Raises
    ------
    FileFormatError
        If it has an unknown command, or ends within one.
    """
    rings: list[list[NDArray[np.float64]]] = [[]]
    at = 0
    while at < len(path):
        command = int(path[at])
        n = _POINTS.get(command)
        if n is None or at + 2 * n >= len(path) or (command != MOVE and not rings[-1]):
            raise FileFormatError(f"expected a path of lines and curves, got {path[at]} in it.")
        points = np.array(path[at + 1 : at + 1 + 2 * n], np.float64).reshape(-1, 2)
        at += 1 + 2 * n
        if command == MOVE:
            rings.append([points])
        elif command == CLOSE:
            continue
        elif command == LINE:
            rings[-1].append(points)
        else:
            rings[-1].append(_curve(np.concatenate([rings[-1][-1][-1:], points])))
    whole = [np.concatenate(ring) for ring in rings if ring]
    return [ring for ring in whole if len(ring) >= 3]


def _curve(points: Points) -> Points:
    """Return points along a Bézier curve (de Casteljau)."""
    level = [np.broadcast_to(p, (len(_STEPS), 2)) for p in points]
    while len(level) > 1:
        level = [(1 - _STEPS) * a + _STEPS * b for a, b in itertools.pairwise(level)]
    return level[0]
