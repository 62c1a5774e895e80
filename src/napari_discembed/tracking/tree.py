"""Rows of tracks in a lineage tree: children on both sides of their parent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import TrackTable


def tree_rows(table: TrackTable) -> NDArray[np.float64]:
    """Return ``(N,)``: the row of each track, from 0.

    Tracks without children have whole rows, those of a lineage beside each other; a parent is in
    the middle of its children. Lineages come in the order of their beginning.
    """
    children = table.children()
    begin = dict(zip(table.ids.tolist(), table.begins.tolist(), strict=True))
    first = sorted((n for n, _, _, p in table.rows() if not p), key=lambda n: (begin[n], n))
    row: dict[int, float] = {}
    leaves = 0
    stack = [(number, False) for number in reversed(first)]
    while stack:
        number, done = stack.pop()
        own = children.get(number, [])
        if done:
            row[number] = sum(row[child] for child in own) / len(own)
        elif own:
            stack.append((number, True))
            stack.extend((child, False) for child in reversed(own))
        else:
            row[number] = float(leaves)
            leaves += 1
    return np.array([row[number] for number in table.ids.tolist()], dtype=np.float64)
