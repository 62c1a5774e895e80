"""Walk through the links, from the least sure to the surest."""

from __future__ import annotations

import napari.layers
import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.session.tracked import Tracked
from napari_discembed.tracking import editing
from napari_discembed.tracking.draft import CERTAIN
from napari_discembed.types import Lineages
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.panels.going import box_corners, go_to_box, outline

Key = tuple[int, int, int]
"""What a link is known by: the frames that it is between, and the later number."""


class LinkChecking(QWidget):
    """*Next link to check*: goes to the later frame, and outlines where the object was and is."""

    def __init__(self, dock: Dock, tracked: Tracked) -> None:
        super().__init__()
        self.dock, self.tracked = dock, tracked
        self.layer: napari.layers.Labels | None = None
        self._seen: list[Key] = []
        self._at = -1
        self.before, self.next = QPushButton("Back"), QPushButton("Next link to check")
        self.right = QPushButton("It is right")
        self.next.setToolTip("Go to the link that is least sure, then to the next.")
        self.before.setToolTip("Go back to the link before.")
        self.right.setToolTip("The link shown is right: it is sure now. Goes on to the next.")
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.words.hide()
        row, column = QHBoxLayout(), QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        row.addWidget(self.before, 1)
        row.addWidget(self.next, 2)
        column.addLayout(row)
        column.addWidget(self.right)
        column.addWidget(self.words)
        for name, button in (("next", self.next), ("right", self.right), ("back", self.before)):
            dock.keys.bind(name, button)
        self.next.clicked.connect(lambda: self.step(1))
        self.before.clicked.connect(lambda: self.step(-1))
        self.right.clicked.connect(self.accept)

    def follow(self, layer: napari.layers.Labels | None) -> None:
        """Begin anew with the links of another layer's objects."""
        self.layer, self._seen, self._at = layer, [], -1
        self._say("")

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def links(self) -> list[Key]:
        """Return the links that are not sure, the least sure first."""
        now = self.tracked.lineages
        if now is None:
            return []
        links = now.links
        order = np.argsort(links.confidence, kind="stable")
        doubtful = order[links.confidence[order] < CERTAIN]
        return [
            (int(links.frames[i, 0]), int(links.frames[i, 1]), int(links.numbers[i, 1]))
            for i in doubtful
        ]

    def step(self, by: int) -> None:
        """Go on to the next link, or back."""
        now = self.tracked.lineages
        if now is None or self.layer is None:
            self._say("Link objects first.")
            return
        there = self.links()
        known = set(there)
        seen = self._seen[self._at + 1 :] if by > 0 else self._seen[: max(self._at, 0)][::-1]
        new = [key for key in there if key not in set(self._seen)] if by > 0 else []
        key = next((key for key in [*seen, *new] if key in known), None)
        if key is None:
            nothing = "No link is in doubt." if not there else "There is no other link to check."
            self._say(nothing)
            return
        if key not in self._seen:
            self._seen.append(key)
        self._at = self._seen.index(key)
        self._show(now, key, there.index(key), len(there))

    def accept(self) -> None:
        """Say that the link shown is right, and go on."""
        now = self.tracked.lineages
        if now is None or self._at < 0:
            self._say("Press 'Next link to check' first: it shows a link.")
            return
        place = _place(now, self._seen[self._at])
        if place is not None:
            self.tracked.replace(editing.accept(now, place))
        self.step(1)

    def _show(self, now: Lineages, key: Key, place: int, total: int) -> None:
        first, frame, number = key
        at = _place(now, key)
        if at is None or self.layer is None:
            return
        source = int(now.links.numbers[at, 0])
        was, is_now = now.row(source, first), now.row(number, frame)
        if was is None or is_now is None:
            return
        points = now.points
        boxes = [(points.lows[row] - 1.0, points.highs[row] + 0.0) for row in (was, is_now)]
        low = np.minimum(boxes[0][0], boxes[1][0])
        high = np.maximum(boxes[0][1], boxes[1][1])
        go_to_box(self.dock, self.layer, (frame,), low, high)
        lead = np.array([frame, *points.centroids[is_now][:-2]])
        corners = [box_corners(*box, lead) for box in boxes]
        outline(self.dock, self.layer, corners)
        self.tracked.select(number)
        sure = round(100 * float(now.links.confidence[at]))
        what = f"{source} to {number}" if source != number else f"{number}"
        self._say(
            f"Link {place + 1} of {total}: track {what}, frame {first} to {frame}, "
            f"{sure}\N{NO-BREAK SPACE}% sure. Outlined: where it was and is."
        )


def _place(lineages: Lineages, key: Key) -> int | None:
    """Return where a link is among those known; None where it is gone."""
    links = lineages.links
    same = (links.frames == key[:2]).all(axis=1) & (links.numbers[:, 1] == key[2])
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) else None
