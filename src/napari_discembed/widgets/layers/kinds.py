"""The kinds of the objects of Labels layers.

A number has one kind for good: an object of another kind gets another number. So napari's undo,
which knows pixels alone, takes a change of a kind back as well.
"""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import napari.layers
import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.imaging import renumbered
from napari_discembed.io.label_kinds import MOST_NUMBERS
from napari_discembed.session.kinds import KindImage, Kinds
from napari_discembed.types import Index, IntArray, Kind, Segmentation
from napari_discembed.widgets.layers.editing import objects_of, write_undoable
from napari_discembed.widgets.layers.features import set_features
from napari_discembed.widgets.layers.metadata import BACKGROUND, KIND_COLOURS, KINDS, OBJECTS_OF
from napari_discembed.widgets.layers.pairs import background_of
from napari_discembed.widgets.layers.reading import pixels_of


class _States:
    """The kinds of a layer's numbers where they were given anew, by the checksum of its pixels."""

    def __init__(self) -> None:
        self.known: dict[int, dict[int, str]] = {}
        self.seen = 0


_STATES: weakref.WeakKeyDictionary[napari.layers.Labels, _States] = weakref.WeakKeyDictionary()


def kinds_said(layer: napari.layers.Layer) -> dict[int, str]:
    """Return the names of the kinds of a layer's numbers, as far as they were told."""
    said = layer.metadata.get(KINDS)
    return dict(said) if isinstance(said, Mapping) else {}


def kind_of(layer: napari.layers.Labels, number: int, kinds: Kinds) -> Kind:
    """Return the kind of an object; the first where nobody said."""
    return kinds.kind(kinds_said(layer).get(number, ""))


def say_kinds(layer: napari.layers.Labels, numbers: Iterable[int], kind: str) -> None:
    """Say that objects of some numbers are of a kind."""
    layer.metadata[KINDS] = kinds_said(layer) | dict.fromkeys(numbers, kind)


def say_rest(layer: napari.layers.Labels, kind: str) -> list[int]:
    """Say that all objects of which nobody said are of a kind; return their numbers."""
    said, there = kinds_said(layer), numbers_in(layer)
    new = [number for number in there if number not in said]
    if new:
        say_kinds(layer, new, kind)
    return new


def rename_kind(layer: napari.layers.Layer, old: str, new: str) -> None:
    """Follow a kind that is called otherwise now."""
    said = kinds_said(layer)
    if old in said.values():
        layer.metadata[KINDS] = {n: new if name == old else name for n, name in said.items()}


def change_kind(layer: napari.layers.Labels, number: int, kind: str, where: Index = ()) -> int:
    """Make an object one of another kind, as one step of undo; return the number that it has then.

    Parameters
    ----------
    layer
        To change.
    number
        Of the object.
    kind
        Name of a kind.
    where
        The frame that it is in; all of the layer without.

    Raises
    ------
    InputError
        If the layer's type has no number left.
    """
    if kinds_said(layer).get(number) == kind:
        return number
    data = np.asarray(layer.data)
    new = _free_number(layer, data)
    say_kinds(layer, [new], kind)
    here = data[where]
    write_undoable(layer, np.where(here == number, data.dtype.type(new), here), where)
    return new


def _free_number(layer: napari.layers.Labels, data: IntArray) -> int:
    """Return a number that no object has; one of an undone object only if there is no other."""
    said, background = kinds_said(layer), background_of(layer)
    most = int(np.iinfo(data.dtype).max)
    top = int(data[data != background].max(initial=0)) if background else int(data.max(initial=0))
    following = max([top, *said]) + 1
    following += following == background
    if following <= most:
        return following
    there = {*_numbers(data), background}
    free = [n for n in range(1, min(most, len(there) + len(said) + 2) + 1) if n not in there]
    if not free:
        raise InputError(
            f"There is no number left in labels of type {data.dtype}. Duplicate the layer with "
            "another type."
        )
    return next((n for n in free if n not in said), free[0])


def inherit_kinds(
    layer: napari.layers.Labels, old: IntArray, new: IntArray, kind: str
) -> dict[int, str]:
    """Return the kinds of numbers that come new in a frame, for :func:`say_kinds` one by one.

    A part of an object is of its kind; what lies where nothing was is of `kind`.
    """
    said = kinds_said(layer)
    found: dict[int, str] = {}
    there = set(_numbers(old))
    for number in _numbers(new):
        if number not in there:
            before = old[new == number]
            parent = int(np.bincount(before[before > 0]).argmax()) if (before > 0).any() else 0
            found[number] = said.get(parent, "") if parent else kind
    return found


def write_with_kinds(
    layer: napari.layers.Labels, new: IntArray, kinds: Mapping[int, str], where: Index = ()
) -> None:
    """Change labels whose numbers mean other objects then, as one step of undo.

    Parameters
    ----------
    layer, new, where
        As for :func:`~napari_discembed.widgets.layers.write_undoable`.
    kinds
        Of all numbers, as they are then.
    """
    if layer not in _STATES:
        _STATES[layer] = _States()
        layer.events.set_data.connect(_recall)
    states = _STATES[layer]
    states.known[_state(layer)] = kinds_said(layer)
    write_undoable(layer, new, where)
    states.seen = _state(layer)
    layer.metadata[KINDS] = states.known[states.seen] = dict(kinds)


def _recall(event: object) -> None:
    """Take up the kinds of before, or after, where a change was undone, or done again."""
    layer = getattr(event, "source", None)
    states = _STATES.get(layer) if isinstance(layer, napari.layers.Labels) else None
    if states is None or layer is None:
        return
    state = _state(layer)
    if state != states.seen and state in states.known:
        layer.metadata[KINDS] = dict(states.known[state])
    states.seen = state


def _state(layer: napari.layers.Labels) -> int:
    data = np.ascontiguousarray(pixels_of(layer))
    return zlib.crc32(data.data, zlib.crc32(str(data.shape).encode()))


def kind_image(layer: napari.layers.Labels, kinds: Kinds) -> KindImage | None:
    """Return the kind of each pixel's object; None where there is one kind."""
    if not kinds.several:
        return None
    compact, numbers = renumbered(_objects(layer))
    said = kinds_said(layer)
    table = [0, *(kinds.number(said.get(int(n), "")) for n in numbers[1:])]
    return KindImage(np.array(table, np.uint8)[compact], tuple(kinds.names))


def with_kinds_of(
    found: Segmentation, layer: napari.layers.Labels, kinds: Kinds | None
) -> Segmentation:
    """Return the objects of a layer with their kinds, where there are several."""
    return found if kinds is None else _with_classes(found, kinds_said(layer), kinds)


def _with_classes(found: Segmentation, said: Mapping[int, str], kinds: Kinds) -> Segmentation:
    top = int(found.labels.max(initial=0))
    if not kinds.several or top > MOST_NUMBERS:
        return found
    classes = np.ones(top, np.uint8)
    for number, name in said.items():
        if 0 < number <= top:
            classes[number - 1] = kinds.number(name)
    return replace(found, classes=classes, kinds=kinds.all)


def note_kinds(layer: napari.layers.Labels, kinds: Kinds) -> None:
    """Write the kinds of a layer's objects into its features, where a person reads them."""
    layer.metadata[KIND_COLOURS] = {kind.name: kind.colour for kind in kinds.told}
    numbers, said = numbers_in(layer), kinds_said(layer)
    names = [kinds.kind(said.get(number, "")).name for number in numbers]
    columns = {"label": np.array(numbers, np.int64), "kind": np.array(names, object)}
    set_features(layer, columns)


def kinds_of_classes_said(classes: IntArray, kinds: tuple[Kind, ...]) -> dict[int, str]:
    """Return the names of the kinds of numbers from 1, whose classes are known."""
    return {n: kinds[c - 1].name for n, c in enumerate(classes.tolist(), 1) if c}


def metadata_of_kinds(found: Segmentation) -> dict[str, Any]:
    """Return the metadata of a layer of objects that say the kinds of them."""
    kinds = found.class_kinds
    if found.classes is None:
        return {}
    said = kinds_of_classes_said(found.classes, kinds)
    return {KINDS: said, KIND_COLOURS: {kind.name: kind.colour for kind in kinds}}


def with_kinds_said(found: Segmentation, metadata: Mapping[str, Any]) -> Segmentation:
    """Return the objects of a layer with the kinds that its metadata say."""
    said, colours = metadata.get(KINDS), metadata.get(KIND_COLOURS)
    if not isinstance(said, Mapping) or not isinstance(colours, Mapping) or len(colours) < 2:
        return found
    kinds = Kinds()
    kinds.take_up([Kind(name, colour) for name, colour in colours.items()])
    return _with_classes(found, said, kinds)


def colours_said(layer: napari.layers.Layer) -> list[Kind]:
    """Return the kinds that a layer came with, as from a file."""
    colours = layer.metadata.get(KIND_COLOURS)
    return [Kind(n, c) for n, c in colours.items()] if isinstance(colours, Mapping) else []


def _objects(layer: napari.layers.Labels) -> IntArray:
    """Return the objects of a layer, without a scribble of background that nobody said is one."""
    labels = objects_of(layer)
    if BACKGROUND in layer.metadata or OBJECTS_OF in layer.metadata:
        return labels
    background = background_of(layer)
    return np.where(labels == background, labels.dtype.type(0), labels) if background else labels


def numbers_in(layer: napari.layers.Labels) -> list[int]:
    """Return the numbers of the objects of a layer, in order."""
    return _numbers(_objects(layer))


def _numbers(labels: IntArray) -> list[int]:
    compact, numbers = renumbered(np.maximum(labels, 0))
    return [int(n) for n in numbers[np.bincount(compact.ravel(), minlength=1) > 0] if n > 0]
