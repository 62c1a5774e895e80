"""Kinds of objects in the notes of a label image: their names, colours, and whose they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray, Kind, Segmentation
from napari_discembed.types.kinds import MOST_KINDS

KINDS = "kinds"
"""Key in the TIFF's metadata."""
MOST_NUMBERS = 2**24
"""Largest number of an object that has a kind."""


class _Entry(BaseModel):
    """A kind, and the numbers of its objects. What a newer release writes besides is left out."""

    model_config = ConfigDict(extra="ignore")

    name: str
    colour: str
    objects: list[int] = Field(max_length=MOST_NUMBERS)


_ENTRIES = TypeAdapter(list[_Entry])


def note_of_kinds(segmentation: Segmentation) -> dict[str, str]:
    """Return what is noted of the kinds of objects; nothing where there is one class."""
    classes = segmentation.classes
    if classes is None:
        return {}
    entries = [
        {
            "name": kind.name,
            "colour": kind.colour,
            "objects": (np.flatnonzero(classes == number) + 1).tolist(),
        }
        for number, kind in enumerate(segmentation.class_kinds, 1)
    ]
    # ImageJ's notes are lines of key=value.
    return {KINDS: json.dumps(entries).replace("=", "\\u003d")}


def noted_kinds(
    notes: Iterable[Mapping[str, Any]], labels: IntArray
) -> tuple[IntArray | None, tuple[Kind, ...]]:
    """Return the class of each number, and the kinds, that :func:`note_of_kinds` noted.

    Notes that cannot be read, and numbers that no object has, are passed over; objects that have
    none, as those that another program added, are of the first kind.
    """
    text = next((str(note[KINDS]) for note in notes if KINDS in note), "")
    top = int(labels.max(initial=0))
    if not text or top > MOST_NUMBERS:
        return None, ()
    with suppress(ValidationError, InputError, RecursionError):
        entries = _ENTRIES.validate_json(text)
        kinds = tuple(Kind(entry.name, entry.colour) for entry in entries)
        if not 0 < len(kinds) <= MOST_KINDS:
            return None, ()
        classes = np.ones(top, np.uint8)
        for number, entry in enumerate(entries, 1):
            objects = np.array([n for n in entry.objects if 0 < n <= top], np.intp)
            classes[objects - 1] = number
        return classes, kinds
    return None, ()
