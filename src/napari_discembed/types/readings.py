"""What the axes of an array can be, the likeliest first, and in words."""

from __future__ import annotations

from collections.abc import Sequence

from napari_discembed.text import pluralize
from napari_discembed.types.axes import CHANNEL, SPATIAL, TIME, Axes, named_axes

POSSIBLE: dict[int, Sequence[str]] = {
    2: ("YX",),
    3: ("ZYX", "TYX", "CYX"),
    4: ("TZYX", "TCYX", "ZCYX", "CZYX", "CTYX"),
    5: ("TZCYX", "TCZYX", "CTZYX"),
}
"""What the axes of so many dimensions can be, the likeliest first where nothing else is known."""
USUAL_CHANNELS = 3
"""Entries up to which an axis is of channels rather than of frames or planes."""
_NOUNS = {TIME: "frame", SPATIAL[0]: "plane", CHANNEL: "channel"}
_WORDS = {"frame": "T", "frames": "T", "plane": "Z", "planes": "Z", "slice": "Z", "depth": "Z"}


def channels_fit(count: int, taken: int) -> bool:
    """Tell whether a network that takes so many channels can be shown an image of `count`."""
    return count in (1, taken) or (count == 3 and taken == 1)


def axis_readings(
    shape: Sequence[int],
    names: Sequence[str] = (),
    *,
    channels: int | None = None,
    ndim: int = 2,
) -> list[Axes]:
    """Return what the axes of an array can be, the likeliest first.

    Parameters
    ----------
    shape
        Of 2 to 5 axes, without that of colours; of another number nothing fits.
    names
        What the axes are called, where that is known.
    channels, ndim
        Channels that the model takes, and whether it takes planes or volumes; None and 2 where
        it is not known.

    Returns
    -------
    The reading of the names, if they have one; then those in which the channels, if any, are as
    many as the model takes, or 2 or 3. More than 3 are frames or planes unless the model takes
    so many; what has no planes comes last for a model of volumes.
    """
    possible = [Axes(letters) for letters in POSSIBLE.get(len(shape), ())]
    named = named_axes([_WORDS.get(str(n).strip().lower(), n) for n in names]) if names else None

    def unlikely(axes: Axes) -> tuple[bool, bool, int]:
        count = axes.sizes(shape).get(CHANNEL, 0)
        taken = count > 1 and count == channels
        doubt = 0 if taken else 1 if 0 < count <= USUAL_CHANNELS else 3 if count else 2
        return axes != named, ndim == len(SPATIAL) and not axes.has_depth, doubt

    return sorted(possible, key=unlikely)


def reading_words(axes: Axes, shape: Sequence[int]) -> str:
    """Return a reading in words: ``4 frames of 512 x 512``, ``volume of 4 planes``, ``2 channels``.

    Parameters
    ----------
    axes
        Colours, if they come last, are not told.
    shape
        With or without that of colours.
    """
    sizes = dict(zip(axes, shape, strict=False))
    told = axes.without_channels() if axes.has_colour_last else axes
    outer = [pluralize(sizes[a], _NOUNS[a]) for a in told if a in _NOUNS]
    plane = " x ".join(str(sizes[a]) for a in told if a in SPATIAL[1:])
    if told == SPATIAL:
        return f"volume of {outer[0]}"
    return " of ".join(outer if told.without(TIME) != SPATIAL[1:] else [*outer, plane])
