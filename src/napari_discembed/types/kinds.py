"""Kinds of objects: what the classes of a model, or of labels, are called and look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from napari_discembed.errors import InputError

PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#999999",
)
"""Colours that people who are colour-blind tell apart (Okabe and Ito 2008), and grey."""
COUNT_OF = "count_"
"""How the names of columns begin that count a kind."""
LONGEST_NAME = 40
MOST_KINDS = 255
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes
    ----------
    name
        What a person calls it, in a line.
    colour
        As ``#rrggbb``.

    Raises
    ------
    InputError
        If the name is empty or too long, or that is no colour.
    """

    name: str
    colour: str = PALETTE[0]

    def __post_init__(self) -> None:
        name = " ".join(str(self.name).split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise InputError(
                f"Expected a name of a kind of 1 to {LONGEST_NAME} letters, got {self.name!r}."
            )
        colour = str(self.colour).lower()
        if not _COLOUR.fullmatch(colour):
            raise InputError(f"Expected a colour such as {PALETTE[0]}, got {self.colour!r}.")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "colour", colour)

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Red, green and blue in [0, 1]."""
        red, green, blue = (int(self.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return red, green, blue


def free_colour(taken: Iterable[str]) -> str:
    """Return the first colour of the palette that is taken least often."""
    colours = list(taken)
    return min(PALETTE, key=colours.count)


def named_kinds(kinds: Iterable[Kind | str]) -> tuple[Kind, ...]:
    """Return kinds of which some are told by name alone, in colours of their own.

    Raises
    ------
    InputError
        If two have one name.
    """
    found: list[Kind] = []
    for kind in kinds:
        colour = free_colour(one.colour for one in found)
        found.append(Kind(kind, colour) if isinstance(kind, str) else kind)
    if len({kind.name for kind in found}) < len(found):
        raise InputError(
            "Expected a name of its own for each kind of object, got "
            f"{', '.join(kind.name for kind in found)}."
        )
    return tuple(found)


def kinds_of_classes(count: int, known: Sequence[Kind] = ()) -> tuple[Kind, ...]:
    """Return a kind for each of so many classes; those without a name are ``kind 1``, ...

    Parameters
    ----------
    count
        Number of classes.
    known
        The kinds of the first ones.
    """
    kinds = list(known[:count])
    for number in range(len(kinds) + 1, count + 1):
        name = f"kind {number}"
        while name in {kind.name for kind in kinds}:
            name += "'"
        kinds.append(Kind(name, free_colour(kind.colour for kind in kinds)))
    return tuple(kinds)
