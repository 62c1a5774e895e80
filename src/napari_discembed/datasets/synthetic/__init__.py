"""Drawn pictures and movies with their truth: sticks, rosettes, cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Sample
from napari_discembed.datasets.synthetic.cells import CellsConfig, draw_cells
from napari_discembed.datasets.synthetic.collage import CollageConfig, draw_collage
from napari_discembed.datasets.synthetic.dividing import DividingConfig, draw_dividing
from napari_discembed.datasets.synthetic.movie import Movie
from napari_discembed.datasets.synthetic.rosettes import (
    GrowingConfig,
    RosettesConfig,
    draw_growing,
    draw_rosettes,
)
from napari_discembed.datasets.synthetic.sticks import SticksConfig, draw_sticks
from napari_discembed.errors import InputError

__all__ = [
    "KINDS",
    "MOVIES",
    "CellsConfig",
    "CollageConfig",
    "DividingConfig",
    "GrowingConfig",
    "Movie",
    "RosettesConfig",
    "Sample",
    "SticksConfig",
    "draw_cells",
    "draw_collage",
    "draw_dividing",
    "draw_growing",
    "draw_rosettes",
    "draw_sticks",
    "generate",
    "generate_movies",
]

T = TypeVar("T")

_PICTURES: dict[str, tuple[type[Config], Callable[..., Sample]]] = {
    "sticks": (SticksConfig, draw_sticks),
    "rosettes": (RosettesConfig, draw_rosettes),
    "cells": (CellsConfig, draw_cells),
}
_MOVIES: dict[str, tuple[type[Config], Callable[..., Movie]]] = {
    "dividing": (DividingConfig, draw_dividing),
    "growing": (GrowingConfig, draw_growing),
}
KINDS = tuple(_PICTURES)
"""Of pictures."""
MOVIES = tuple(_MOVIES)
"""Of movies: cells that divide, and a rosette that grows."""


def generate(
    kind: str,
    count: int,
    seed: int = 0,
    config: SticksConfig | RosettesConfig | CellsConfig | None = None,
) -> Iterator[Sample]:
    """Draw pictures; each depends on the seed and its number alone.

    Parameters
    ----------
    kind
        ``sticks``, ``rosettes`` or ``cells``.
    count
        How many.
    seed
        The same seed gives the same pictures.
    config
        Of that kind.

    Raises
    ------
    InputError
        If there is no such kind, or the config is of another.
    """
    yield from _drawn(_PICTURES, kind, count, seed, config)


def generate_movies(
    kind: str,
    count: int,
    seed: int = 0,
    config: DividingConfig | GrowingConfig | None = None,
) -> Iterator[Movie]:
    """Draw movies; each depends on the seed and its number alone.

    Parameters
    ----------
    kind
        ``dividing`` or ``growing``.
    count, seed
        As for :func:`generate`.
    config
        Of that kind.

    Raises
    ------
    InputError
        If there is no such kind, or the config is of another.
    """
    yield from _drawn(_MOVIES, kind, count, seed, config)


def _drawn(
    makers: Mapping[str, tuple[type[Config], Callable[..., T]]],
    kind: str,
    count: int,
    seed: int,
    config: Config | None,
) -> Iterator[T]:
    """Draw things of a kind, after checking that it is there and the config is its own."""
    if kind not in makers:
        raise InputError(f"Expected one of {', '.join(makers)}, got {kind!r}.")
    expected, draw = makers[kind]
    if config is not None and not isinstance(config, expected):
        raise InputError(f"Expected a {expected.__name__}, got a {type(config).__name__}.")
    for i in range(count):
        yield draw(np.random.default_rng((seed, i)), config)
