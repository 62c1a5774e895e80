"""Collages: labelled objects cut out of photographs and pasted onto other grounds.

Cut, paste and learn (Dwibedi, Misra and Hebert, ICCV 2017): pasted objects with soft edges are
enough to teach instances, since what lies around them no longer tells them.

Shapes: ``Y, X`` a picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Pixels, Sample, visible
from napari_discembed.datasets.synthetic.cuttings import Cutting, cut_leaves, cut_plants
from napari_discembed.datasets.synthetic.rosettes.camera import photograph
from napari_discembed.datasets.synthetic.rosettes.noise import box_blur
from napari_discembed.datasets.synthetic.rosettes.shading import draw_light
from napari_discembed.datasets.synthetic.rosettes.surroundings import draw_background
from napari_discembed.errors import InputError
from napari_discembed.types import IntArray


class CollageConfig(Config):
    """A collage of cuttings."""

    size: int = Field(256, ge=64, le=2048, title="Size", description="Side, in pixels.")
    arrangement: Literal["plants", "rosette", "scattered"] | None = Field(
        None,
        title="Arrangement",
        description=(
            "Whole plants as they are; the leaves of one plant, each turned about its middle; "
            "or leaves anywhere. Empty: any."
        ),
    )
    fewest: int = Field(5, ge=1, le=200, title="Fewest", description="Leaves, where scattered.")
    most: int = Field(25, ge=1, le=200, title="Most", description="Leaves, where scattered.")
    scale: tuple[float, float] = Field((0.6, 1.5), title="Scale", description="Range.")
    colour: float = Field(0.1, ge=0, le=1, title="Colour", description="Spread of the gains.")
    blur: tuple[float, float] = Field((0.0, 0.6), title="Blur", description="Range, in pixels.")
    noise: tuple[float, float] = Field((0.0, 0.015), title="Noise", description="Range.")


@dataclass(frozen=True, slots=True, eq=False)
class _Placement:
    """A cutting, where its middle lies, and the affine map from it to the picture."""

    cutting: Cutting
    at: tuple[float, float]
    scale: float
    turn: float
    flip: bool

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Matrix ``(2, 2)`` from offsets in the cutting to offsets in the picture."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        mirror = np.diag([1.0, -1.0 if self.flip else 1.0])
        turned: NDArray[np.float64] = self.scale * np.array([[cos, -sin], [sin, cos]]) @ mirror
        return turned


def draw_collage(
    rng: np.random.Generator,
    pictures: Sequence[tuple[NDArray[np.uint8], IntArray]],
    backgrounds: Sequence[NDArray[np.uint8]] = (),
    config: CollageConfig | None = None,
) -> Sample:
    """Paste cuttings onto a ground, each with a scale, a turn, a colour and a place in depth.

    Parameters
    ----------
    rng
        Decides everything.
    pictures
        Images ``(Y, X, 3)`` uint8 with labels ``(Y, X)``, a plant each.
    backgrounds
        Pictures ``(Y, X, 3)`` without objects; if there are none, grounds are drawn.
    config
        Ranges to draw from.

    Raises
    ------
    InputError
        If there is no object to paste.
    """
    config = config or CollageConfig()
    side = config.size
    canvas = _ground(rng, side, backgrounds)
    labels = np.zeros((side, side), dtype=np.int32)
    kinds: tuple[Literal["plants", "rosette", "scattered"], ...]
    kinds = ("plants", "rosette", "scattered")
    kind = config.arrangement or kinds[int(rng.choice(3, p=[0.45, 0.35, 0.2]))]
    chosen = [pictures[int(i)] for i in rng.integers(0, len(pictures), 3)] if pictures else []
    if not any((picture[1] > 0).any() for picture in chosen):
        raise InputError("Expected a picture with a labelled object, got none. Label some objects.")
    for placement in _arrange(rng, kind, chosen, config):
        _paste(rng, canvas, labels, placement, config.colour)
    seen = photograph(rng, canvas, blur=config.blur, noise=config.noise)
    return Sample(seen, visible(labels, 12))


def _ground(
    rng: np.random.Generator, side: int, backgrounds: Sequence[NDArray[np.uint8]]
) -> Pixels:
    """Return a ground of a size: a turned piece of a background, or a drawn one."""
    if not backgrounds:
        light = draw_light(rng)
        return draw_background(rng, side, rng.uniform(1.5, 8), light, (side / 2, side / 2))
    picture = backgrounds[int(rng.integers(len(backgrounds)))]
    factor = max(rng.uniform(0.7, 1.5), side / min(picture.shape[:2]))
    large = ndimage.zoom(picture.astype(np.float32) / 255, (factor, factor, 1), order=1)
    large = np.pad(large, [*((0, max(0, side - n)) for n in large.shape[:2]), (0, 0)], mode="edge")
    y, x = (int(rng.integers(0, n - side + 1)) for n in large.shape[:2])
    piece = np.rot90(large[y : y + side, x : x + side], int(rng.integers(4)))
    piece = piece[:, ::-1] if rng.random() < 0.5 else piece
    ground: Pixels = np.ascontiguousarray(piece)
    return ground


def _arrange(
    rng: np.random.Generator,
    kind: Literal["plants", "rosette", "scattered"],
    pictures: Sequence[tuple[NDArray[np.uint8], IntArray]],
    config: CollageConfig,
) -> list[_Placement]:
    """Choose cuttings and where they lie, lowest first."""
    side = config.size
    pictures = [p for p in pictures if (p[1] > 0).any()]
    middle = side / 2 + rng.normal(0, side / 16, 2)

    def placed(cutting: Cutting, at: NDArray[np.float64], scale: float) -> _Placement:
        turn, flip = float(rng.uniform(0, 2 * math.pi)), bool(rng.random() < 0.5)
        return _Placement(cutting, (float(at[0]), float(at[1])), scale, turn, flip)

    if kind == "plants":
        shown = pictures[: int(rng.integers(1, len(pictures) + 1))]
        plants = [max(cut_plants(*p), key=lambda c: np.count_nonzero(c.labels)) for p in shown]
        around = [middle, *rng.uniform(-0.1, 1.1, (len(plants) - 1, 2)) * side]
        scales = [rng.uniform(*config.scale) for _ in plants]
        # The one in the middle lies on top.
        return [placed(*row) for row in zip(plants, around, scales, strict=True)][::-1]
    if kind == "scattered":
        leaves = _whole([c for p in pictures for c in cut_leaves(*p)])
        count = int(rng.integers(config.fewest, config.most + 1))
        drawn = [leaves[int(i)] for i in rng.integers(0, len(leaves), count)]
        return [placed(c, rng.uniform(0, side, 2), rng.uniform(*config.scale)) for c in drawn]
    leaves = cut_leaves(*pictures[0])
    scale = rng.uniform(*config.scale)
    # Small leaves of the middle lie on top of the large ones of the outside.
    key = [math.hypot(*c.offset) * rng.uniform(0.7, 1.3) for c in leaves]
    rosette = []
    for i in np.argsort(key)[::-1]:
        leaf = placed(leaves[i], middle, scale * rng.uniform(0.85, 1.15))
        at = middle + leaf.matrix @ np.array(leaf.cutting.offset)
        rosette.append(replace(leaf, at=(float(at[0]), float(at[1]))))
    return rosette


def _whole(leaves: list[Cutting]) -> list[Cutting]:
    """Return the larger half of leaves: of small ones often a rest is seen."""
    return sorted(leaves, key=lambda c: np.count_nonzero(c.labels))[len(leaves) // 2 :]


def _paste(
    rng: np.random.Generator,
    canvas: Pixels,
    labels: NDArray[np.int32],
    placement: _Placement,
    spread: float,
) -> None:
    """Paste a cutting, in place; its objects get the next numbers."""
    cutting, at, scale = placement.cutting, np.array(placement.at), placement.scale
    size = np.array(cutting.labels.shape)
    extent = np.abs(placement.matrix) @ size / 2
    low = np.maximum(np.floor(at - extent), 0).astype(int)
    high = np.minimum(np.ceil(at + extent) + 1, canvas.shape[:2]).astype(int)
    if (high <= low).any():
        return
    back = np.linalg.inv(placement.matrix)
    start = back @ (low - at) + (size - 1) / 2
    shape = tuple(int(n) for n in high - low)

    def moved(field: NDArray[np.float32], mode: str) -> Pixels:
        soft = ndimage.gaussian_filter(field, max(0.0, 0.4 / scale - 0.4))
        out: Pixels = ndimage.affine_transform(soft, back, start, shape, order=1, mode=mode)
        return out

    mask = ndimage.gaussian_filter((cutting.labels > 0).astype(np.float32), 0.6)
    alpha = np.clip(1.6 * moved(mask, "constant") - 0.3, 0, 1)
    gain = rng.normal(1, spread, 3) * rng.normal(1, 1.5 * spread)
    pixels = np.stack([moved(cutting.pixels[..., k], "nearest") * gain[k] for k in range(3)], -1)
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    shadow = box_blur(alpha, rng.uniform(1, 4)) * rng.uniform(0, 0.5)
    canvas[window] *= (1 - shadow)[..., None]
    canvas[window] += (pixels - canvas[window]) * alpha[..., None]
    near = ndimage.distance_transform_edt(
        cutting.labels == 0, return_distances=False, return_indices=True
    )
    numbers = cutting.labels[near[0], near[1]]
    numbers = ndimage.affine_transform(numbers, back, start, shape, order=0, mode="nearest")
    first = int(labels.max(initial=0))
    labels[window][alpha > 0.5] = first + numbers[alpha > 0.5]
