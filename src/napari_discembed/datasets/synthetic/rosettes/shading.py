"""Surfaces of leaves: a height field under a lamp, veins, hairs, glare and colours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.noise import lambert, rgb, smooth_noise, step
from napari_discembed.datasets.synthetic.rosettes.plant import Leaf
from napari_discembed.datasets.synthetic.rosettes.traits import Traits


@dataclass(frozen=True, slots=True)
class Light:
    """The lamps over a scene.

    Attributes
    ----------
    towards
        Unit vector ``(z, y, x)`` to the strongest one.
    ambient
        Share of the light that comes from everywhere.
    shadow
        How dark a shadow is, 0 to 1.
    soft
        Width of a shadow's edge over the height of what casts it.
    """

    towards: Pixels
    ambient: float
    shadow: float
    soft: float


def draw_light(rng: np.random.Generator) -> Light:
    """Draw a light: from straight above to low, one lamp or many."""
    tilt, turn = rng.uniform(0.05, 0.9), rng.uniform(0, 2 * math.pi)
    towards = (math.cos(tilt), math.sin(tilt) * math.sin(turn), math.sin(tilt) * math.cos(turn))
    return Light(
        np.array(towards, dtype=np.float32),
        ambient=rng.uniform(0.45, 0.85),
        shadow=rng.uniform(0.25, 0.75),
        soft=rng.uniform(0.15, 0.6),
    )


@dataclass(frozen=True, slots=True)
class Textures:
    """Random fields of a picture from which each leaf takes a piece: noise is dear.

    Attributes
    ----------
    fine, blisters, patches
        ``(N, N)`` of unit variance, of features of about a pixel, of a tenth and of half of a
        leaf's width.
    blister_size
        In pixels.
    """

    fine: Pixels
    blisters: Pixels
    patches: Pixels
    blister_size: float


def draw_textures(rng: np.random.Generator, side: int, leaf_width: float, quilt: float) -> Textures:
    """Draw the random fields for a picture with leaves of a width in pixels."""
    shape = (side, side)
    blister = max(2.0, leaf_width / quilt)
    return Textures(
        smooth_noise(rng, shape, 1.3),
        0.8 * smooth_noise(rng, shape, blister) + 0.4 * smooth_noise(rng, shape, blister / 2),
        smooth_noise(rng, shape, max(4.0, leaf_width / 1.5)),
        blister,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pixels of a window are on a leaf.

    Attributes
    ----------
    u
        Along the midrib from the base, in leaf lengths.
    v
        From the midrib, in leaf lengths.
    half
        Half the width of the leaf there, in leaf lengths.
    inside
        Distance inwards from the edge, in pixels.
    """

    u: Pixels
    v: Pixels
    half: Pixels
    inside: Pixels


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of a leaf in a window, each ``(Y, X)``.

    Attributes
    ----------
    t
        Along the blade, 0 where it begins to 1 at the tip; negative on the stalk.
    across
        From the midrib, -1 and 1 at the edges.
    veins, midrib, stalk
        How much of each there is, 0 to 1.
    """

    t: Pixels
    across: Pixels
    veins: Pixels
    midrib: Pixels
    stalk: Pixels


def leaf_colours(
    rng: np.random.Generator,
    leaf: Leaf,
    place: Place,
    traits: Traits,
    light: Light,
    textures: Textures,
) -> Pixels:
    """Return the colours ``(Y, X, 3)`` of a leaf in a window."""
    fine, blisters, patches = _cut(rng, textures, place.u.shape)
    parts = _parts(rng, leaf, place, patches)
    # Blisters between the veins, in which their grooves lie.
    bump = 0.3 * blisters * (1 - parts.veins) - 0.05 * parts.veins
    bump = bump * np.float32(textures.blister_size) - 0.6 * parts.midrib
    height = _height(rng, leaf, place, traits, parts)
    height = height + np.float32(traits.relief) * bump * (1 - parts.stalk)
    shade = lambert(height, light.towards, light.ambient)[..., None]
    glare = _glare(height, light) * np.float32(traits.gloss) * np.clip(1 + 0.5 * blisters, 0, 2)
    pixels = _pigment(rng, leaf, place, traits, parts, fine, patches)
    # What is turned away from the lamp sees the blue of the room.
    tint = np.float32(0.12) * (1 - shade) * rgb(-0.4, 0.0, 0.8)
    lit: Pixels = pixels * (shade + tint) + glare[..., None] * rgb(0.8, 0.9, 0.85)
    return np.clip(lit, 0, 2, dtype=np.float32)


def _parts(rng: np.random.Generator, leaf: Leaf, place: Place, patches: Pixels) -> _Parts:
    """Find the parts of a leaf."""
    begin, width = leaf.outline.stalk, leaf.outline.stalk_width
    t: Pixels = (place.u - begin) / (1 - begin)
    half = np.clip(place.half, 0.5 / leaf.length, None, dtype=np.float32)
    across: Pixels = np.clip(place.v / half, -1.3, 1.3)
    midrib = step(width * (1.15 - 0.9 * t) - np.abs(place.v), 1 / leaf.length) * step(1.1 - t, 0.5)
    veins = _veins(rng, t, across, patches)
    return _Parts(t, across, veins, midrib, 1 - step(t + 0.05, 0.12))


def _pigment(
    rng: np.random.Generator,
    leaf: Leaf,
    place: Place,
    traits: Traits,
    parts: _Parts,
    fine: Pixels,
    patches: Pixels,
) -> Pixels:
    """Return the colours of a leaf in plain light: veins, stalk, margin, hairs, patches."""
    colour = _leaf_colour(rng, leaf, traits)
    pixels = _age_spots(rng, leaf, colour, parts, patches)
    veins: Pixels = 0.8 * parts.midrib + 0.2 * parts.veins
    pale: Pixels = traits.vein * veins
    pale += (rng.uniform(0.05, 0.2) - pale) * parts.stalk
    rim = traits.rim * (1 - step(place.inside, max(1.5, 0.012 * leaf.length)))
    hair = traits.hair * (0.25 + 0.75 * leaf.youth)
    hairs: Pixels = np.float32(hair) * np.clip(fine - 0.9, 0, 1.6)
    mottled: Pixels = 1 + 0.16 * hairs + 0.015 * fine + 0.03 * patches + rim
    coloured: Pixels = (pixels + pale[..., None] * rgb(0.55, 0.5, 0.35)) * mottled[..., None]
    return coloured + np.float32(0.05) * hairs[..., None]


def _cut(
    rng: np.random.Generator, textures: Textures, shape: tuple[int, ...]
) -> tuple[Pixels, Pixels, Pixels]:
    """Return pieces of the random fields, at a place of their own."""
    side = textures.fine.shape[0]
    y, x = (int(rng.integers(0, side - n + 1)) for n in shape)
    window = (slice(y, y + shape[0]), slice(x, x + shape[1]))
    return textures.fine[window], textures.blisters[window], textures.patches[window]


def _veins(rng: np.random.Generator, t: Pixels, across: Pixels, patches: Pixels) -> Pixels:
    """Return the lateral veins, 0 to 1: they leave the midrib forwards and bend to the tip."""
    number, lean = rng.uniform(5, 8), rng.uniform(0.2, 0.45)
    side = np.float32(0.5) * (across <= 0)
    along = number * (t - lean * np.abs(across) ** 1.4 * (1.2 - t)) + side + 0.12 * patches
    away = np.abs(along - np.floor(along) - 0.5)
    veins: Pixels = np.exp(-((away / 0.16) ** 2)) * np.clip(1.15 - np.abs(across), 0, 1) * (t > 0)
    return veins.astype(np.float32)


def _height(
    rng: np.random.Generator,
    leaf: Leaf,
    place: Place,
    traits: Traits,
    parts: _Parts,
) -> Pixels:
    """Return the height of the surface in pixels: arched, folded, cupped, with a wavy margin."""
    u, t, across = place.u, parts.t, parts.across
    arch = traits.arch * rng.uniform(0.3, 1.2)
    height = leaf.length * arch * (u - rng.uniform(0.5, 1.0) * u * u)
    width = leaf.outline.widest * leaf.length
    fold = rng.normal(0, 0.4 * traits.fold) + 0.7 * leaf.youth * traits.fold
    height = height + width * fold * np.sqrt(across**2 + 0.03)
    cup = rng.normal(-0.15, 0.25)
    height = height + width * cup * across**2
    # The margin bends down (or up) in the last tenth.
    height = height + width * rng.normal(-0.06, 0.06) * across**6
    phase = np.float32(rng.uniform(0, 6)) + np.float32(rng.uniform(1, 5)) * (across > 0)
    ripple = np.sin(rng.uniform(10, 22) * t + phase) * across**2
    height = height + 0.5 * width * traits.wave * ripple
    stalk = np.clip(1 - step(t, 0.15), 0, 1)
    round_stalk = -0.9 * across**2 * leaf.outline.stalk_width * leaf.length
    mixed: Pixels = height * (1 - stalk) + round_stalk * stalk
    return mixed.astype(np.float32)


def _glare(height: Pixels, light: Light) -> Pixels:
    """Return the mirror image of the lamp: Blinn and Phong's highlight, seen from above."""
    slope_y, slope_x = np.gradient(height)
    half = light.towards + rgb(1, 0, 0)
    half = half / np.linalg.norm(half)
    facing = half[0] - half[1] * slope_y - half[2] * slope_x
    facing = np.clip(facing / np.sqrt(1 + slope_y**2 + slope_x**2), 0, 1)
    highlight: Pixels = facing ** np.float32(24)
    return highlight


def _leaf_colour(rng: np.random.Generator, leaf: Leaf, traits: Traits) -> Pixels:
    """Draw the colour of one leaf: by its age, with a chance of being dark, bluish or pale."""
    colour = traits.colour * np.float32(rng.normal(1, traits.variety))
    colour = colour * rng.normal(1, 0.4 * traits.variety, 3).astype(np.float32)
    young = np.float32(0.75 * traits.young * leaf.youth)
    colour = colour * (1 - young) + traits.underside * np.float32(rng.uniform(0.75, 1.1)) * young
    chance = rng.random()
    if chance < 0.1:  # in the shade of what is over it, or dark by itself
        colour = colour * rng.uniform(0.5, 0.85) * rgb(0.85, 1.0, 1.1)
    elif chance < 0.16:  # bluish, waxy
        colour = colour * rgb(0.8, 0.9, 1.15) + 0.04
    elif chance < 0.22:  # seen from below
        colour = traits.underside
    return colour.astype(np.float32)


def _age_spots(
    rng: np.random.Generator,
    leaf: Leaf,
    colour: Pixels,
    parts: _Parts,
    patches: Pixels,
) -> Pixels:
    """Return the colour at each pixel, old leaves yellow or purple from margin and tip."""
    pixels = np.broadcast_to(colour, (*patches.shape, 3))
    if leaf.youth > 0.3 or rng.random() > 0.12:
        return pixels
    other = colour * (rgb(1.7, 1.15, 0.8) if rng.random() < 0.7 else rgb(1.25, 0.7, 1.1))
    where = rng.uniform(0.3, 0.9) * parts.t + 0.4 * parts.across**2 + 0.25 * patches
    share = step(where - 0.5, 0.5)
    return pixels + (other - pixels) * share[..., None]
