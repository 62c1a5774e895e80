"""Corrections by clicks or by a line that is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.interaction.adding import add_missed
from napari_discembed.types import Embedding, IntArray

Point = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A correction by clicks.

    Attributes
    ----------
    title, help
        For its button; its key is that of its title.
    clicks
        How many it takes; 0 for a line that is drawn.
    apply
        From labels, the points, and the embedding with its bandwidth, to new labels.
    """

    title: str
    help: str
    clicks: int
    apply: Callable[[IntArray, Sequence[Point], Embedding | None, float], IntArray]


def _merge(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return edit.merge(labels, int(labels[points[0]]), int(labels[points[1]]))


def _cut(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return split_along(labels, points)


def _share(
    labels: IntArray, points: Sequence[Point], embedding: Embedding | None, _b: float
) -> IntArray:
    return edit.split_by_points(labels, int(labels[points[0]]), points, embedding)


def _delete(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return edit.delete(labels, int(labels[points[0]]))


def _fill(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return edit.fill_holes(labels, int(labels[points[0]]))


def _dilate(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return edit.dilate(labels, int(labels[points[0]]))


def _erode(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return edit.erode(labels, int(labels[points[0]]))


def _snap(
    labels: IntArray, points: Sequence[Point], embedding: Embedding | None, bandwidth: float
) -> IntArray:
    if embedding is None:
        raise InputError("This needs the embedding: press Find objects in the Segment dock first.")
    return edit.snap(labels, int(labels[points[0]]), embedding, bandwidth)


TOOLS = (
    Tool("Add", "Click an object that was missed, or draw around it.", 0, add_missed),
    Tool("Merge", "Click two objects: the second becomes part of the first.", 2, _merge),
    Tool("Cut", "Draw a line across an object: it becomes two.", 0, _cut),
    Tool("Split", "Click two points in an object: the embedding decides.", 2, _share),
    Tool("Delete", "Click an object: it goes.", 1, _delete),
    Tool("Fill", "Click an object: its holes are closed.", 1, _fill),
    Tool("Dilate", "Click an object: it grows by a pixel.", 1, _dilate),
    Tool("Erode", "Click an object: it shrinks by a pixel.", 1, _erode),
    Tool("Snap", "Click an object: it takes the embedding's border.", 1, _snap),
)


def split_along(labels: IntArray, path: Sequence[Point]) -> IntArray:
    """Cut the object that a line crosses most."""
    if labels.ndim != 2:
        raise InputError("A line cuts planes alone. Split an object of a volume by two points.")
    inside = [int(labels[p]) for p in edit.pixels_along(path, labels.shape)]
    crossed = Counter(x for x in inside if x > 0)
    return edit.split_by_line(labels, crossed.most_common(1)[0][0] if crossed else 0, path)
