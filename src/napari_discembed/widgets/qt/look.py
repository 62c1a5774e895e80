"""The colours of plots, which follow napari's theme."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a plot; accent and second are told apart by those who see few colours.

    Attributes
    ----------
    text
        Of numbers and names.
    quiet
        Of lines that matter less.
    accent, second
        Of what is shown (Okabe and Ito 2008).
    """

    text: str
    quiet: str
    accent: str
    second: str


DARK = Look("#f0f1f2", "#8a8d94", "#56b4e9", "#e69f00")
LIGHT = Look("#1e1e21", "#77736f", "#0072b2", "#b84a00")


def look_of(theme: str) -> Look:
    """Return the colours for one of napari's themes, by how light its ground is."""
    from napari.utils.theme import get_theme

    red, green, blue = get_theme(theme).background.as_rgb_tuple()[:3]
    return LIGHT if 0.3 * red + 0.59 * green + 0.11 * blue > 127 else DARK
