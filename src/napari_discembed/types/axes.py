"""The axes of an array: the one place that knows their letters and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from napari_discembed.errors import InputError

TIME, CHANNEL, SPATIAL = "T", "C", "ZYX"
LETTERS = TIME + CHANNEL + SPATIAL
NAMES = {"T": "time", "C": "channels", "Z": "z", "Y": "y", "X": "x"}
"""What each axis is called, for a person."""
FRAME_COLUMNS = {"T": "frame", "Z": "plane"}
"""The column of a table that says where along such an axis a row is."""
RGBA = 4
"""Channels of a picture with alpha."""

ValueT = TypeVar("ValueT")


class Axes(str):
    """One letter an axis of an array, in the array's order: ``T``, ``C``, ``Z``, ``Y``, ``X``.

    It is a text, so that it goes into file formats and messages as it is.

    Raises
    ------
    InputError
        If a letter is unknown or comes twice.
    """

    __slots__ = ()

    def __new__(cls, letters: str) -> Axes:
        """Check the letters; small ones are taken."""
        letters = letters.upper()
        if not set(letters) <= set(LETTERS) or len(set(letters)) != len(letters):
            raise InputError(
                f"Expected different axes out of {LETTERS} (time, channel, z, y, x), got "
                f"{letters!r}."
            )
        return super().__new__(cls, letters)

    @classmethod
    def guess(cls, shape: Sequence[int]) -> Axes:
        """Name the axes of a plain array.

        Two axes are ``YX``; three are ``YXC`` where the last has 3 or 4 entries (RGB, RGBA), else
        ``ZYX``; four are ``ZYXC`` where the last has 3 or 4 entries, else ``CZYX``.
        """
        colour_last = len(shape) >= 3 and shape[-1] in (3, RGBA) and min(shape[:-1]) > RGBA
        guesses = {
            2: "YX",
            3: "YXC" if colour_last else "ZYX",
            4: "ZYXC" if colour_last else "CZYX",
        }
        if len(shape) not in guesses:
            raise InputError(
                f"Expected an image of 2 to 4 axes, got shape {tuple(shape)}. "
                "Say which axes these are, for example axes='TCZYX'."
            )
        return cls(guesses[len(shape)])

    @classmethod
    def guess_labels(cls, ndim: int) -> Axes:
        """Name the axes of a plain label array: ``YX``, ``ZYX`` or ``TZYX``."""
        letters = TIME + SPATIAL
        if not 2 <= ndim <= len(letters):
            raise InputError(
                f"Expected labels of 2 to {len(letters)} axes, got {ndim}. Take out one "
                "channel, time point or plane."
            )
        return cls(letters[-ndim:])

    @classmethod
    def spatial_of(cls, ndim: int) -> Axes:
        """Return the spatial axes of 2 or 3 dimensions, in the usual order."""
        return cls(SPATIAL[-ndim:])

    @property
    def spatial(self) -> Axes:
        """The spatial axes, in this order."""
        return Axes("".join(a for a in self if a in SPATIAL))

    @property
    def ndim(self) -> int:
        """The number of spatial axes."""
        return len(self.spatial)

    @property
    def has_time(self) -> bool:
        """Whether there is a time axis."""
        return TIME in self

    @property
    def has_depth(self) -> bool:
        """Whether there is an axis of planes."""
        return SPATIAL[0] in self

    @property
    def has_channels(self) -> bool:
        """Whether there is a channel axis."""
        return CHANNEL in self

    @property
    def has_colour_last(self) -> bool:
        """Whether channels come last, as the colours of a picture do."""
        return self.endswith(CHANNEL)

    @property
    def words(self) -> str:
        """The axes for a person, such as ``time, y, x``."""
        return ", ".join(NAMES[a] for a in self)

    def without(self, letters: str) -> Axes:
        """Return the axes but for some."""
        return Axes("".join(a for a in self if a not in letters))

    def without_channels(self) -> Axes:
        """Return the axes that labels of such an image have."""
        return self.without(CHANNEL)

    def frames(self, ndim: int | None = None) -> Axes:
        """Return the axes that are gone through frame by frame.

        Parameters
        ----------
        ndim
            Dimensions of what is taken at a time: a z-stack is planes where they are 2. None for
            all spatial axes that there are, so that time alone is gone through.
        """
        planes = ndim == 2 and self.ndim == 3
        return Axes("".join(a for a in self if a == TIME or (planes and a == SPATIAL[0])))

    def sizes(self, shape: Sequence[int]) -> dict[str, int]:
        """Return the length of each axis of an array."""
        return dict(zip(self, shape, strict=True))

    def shape(self, whole: Sequence[int], letters: str) -> tuple[int, ...]:
        """Return the lengths of some axes, in the order of `letters`."""
        sizes = self.sizes(whole)
        return tuple(sizes[a] for a in letters)

    def select(self, values: Sequence[ValueT], letters: str) -> tuple[ValueT, ...]:
        """Return what belongs to some axes, in the order of `letters`; those not here left out."""
        by_letter = dict(zip(self, values, strict=True))
        return tuple(by_letter[a] for a in letters if a in by_letter)

    def at(self, where: Mapping[str, int | slice]) -> tuple[int | slice, ...]:
        """Return the index that picks a place along some axes and all of the others."""
        return tuple(where.get(a, slice(None)) for a in self)

    def order(self, wanted: str) -> list[int]:
        """Return the permutation that brings an array to an order; letters not here left out."""
        return [self.index(a) for a in wanted if a in self]


NO_AXES = Axes("")


def label_axes(axes: str) -> Axes:
    """Return the axes of labels of an image: those it has without channels, in the usual order."""
    return Axes("".join(a for a in LETTERS if a in axes and a != CHANNEL))


def named_axes(names: Sequence[str]) -> Axes | None:
    """Return the axes that some names stand for by their first letters; None where they do not."""
    letters = "".join(str(name)[:1].upper() for name in names)
    if "" in [str(n) for n in names] or not set(letters) <= set(LETTERS):
        return None
    return Axes(letters) if len(set(letters)) == len(letters) else None
