"""Estimate the scale of an image that nobody told, by trial segmentations of its middle."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from napari_discembed.config import TilingConfig
from napari_discembed.errors import FileNote
from napari_discembed.imaging import window_around
from napari_discembed.inference.embedder import check_fits
from napari_discembed.inference.search import Search
from napari_discembed.models import Model
from napari_discembed.progress import Job
from napari_discembed.types import Embedding, Image

WINDOW = 1024
"""Side of the part of an image that is tried, in pixels; in 3-D it has as many voxels."""

CUT = 0.2
"""Share of the part's side above which most objects are cut by its border: a larger part is tried.
"""

APART = 1.2
"""How much the diameter of fine-tuning differs at least from the network's for trials from both."""


class ScaleEstimate(NamedTuple):
    """Estimated scale of an image.

    Attributes
    ----------
    diameter
        To embed the image at, in its pixels.
    embedding
        Of the image at that diameter, if the trial has made it.
    doubt
        Why the size could not be told, in words; None where it could.
    """

    diameter: float
    embedding: Embedding | None
    doubt: str | None = None


def estimate_scale(
    model: Model, image: Image, *, tile: TilingConfig | None = None
) -> Job[ScaleEstimate]:
    """Estimate the object diameter that an image is best embedded at.

    The middle of the image is segmented as if its objects had the diameter of those that the
    model was fine-tuned on, or else the network's own. Where they are much larger it is tried again
    as coarse as that takes; where nothing is found, twice as coarse, and at last finer; where they
    are much smaller, finer. An image in which nothing is ever found is left at that.

    Objects in pieces can seem to have the right diameter. What gives them away is that a trial
    a little coarser finds other pieces: then the scale is taken whose objects come out most
    alike at the next one.

    Objects so large that the middle's border cuts most are tried again in a larger part, which
    takes no longer at their scale.

    Images differ in magnification: a model that was fine-tuned on objects of another diameter
    than the network's own is tried from there too, and the steadier is believed. The figures behind
    the constants are in benchmarks/LOG.md, 24, 48 and 61.

    Parameters
    ----------
    model
        Network and card.
    image
        A single frame.
    tile
        As for :func:`~napari_discembed.inference.embed_image`.

    Returns
    -------
    A job of the estimate.

    Warns
    -----
    FileNote
        If the size could not be told: trials disagree, or found nothing, hardly more than dots, or
        one object that falls into many where it is looked at closely.
    """
    check_fits(image, model)  # before a part of it is taken, whose shape nobody knows
    part = middle(image)
    search = Search(model, part, tile)
    taught, own = model.image_diameter, model.config.diameter
    choice = yield from search.from_diameter(taught)
    if max(taught / own, own / taught) >= APART and choice.agreement is not None:
        other = yield from search.from_diameter(own)
        if other.agreement is not None and other.agreement > choice.agreement:
            choice = other
    if part.shape != image.shape and (choice.seen or 0) > CUT * min(part.shape):
        part = middle(image, choice.diameter / own)
        search.go_on_with(part)
        choice = yield from search.from_diameter(choice.diameter)
    pieces = yield from search.pieces(choice)
    if (why := search.doubt(choice, pieces)) is not None:
        warnings.warn(
            f"{image.name}: the size of its objects could not be told, as {why}. Look at the "
            "result, or give the diameter.",
            FileNote,
            stacklevel=2,
        )
    is_final = part.shape == image.shape and model.card.tiling(tile).views == 1
    seen = choice.embedding if is_final else None
    return ScaleEstimate(choice.diameter, seen, why)


def middle(image: Image, times: float = 1.0) -> Image:
    """Return the middle of an image, of at most about `WINDOW` squared pixels.

    Parameters
    ----------
    image
        A single frame.
    times
        How much longer its sides are at most.
    """
    part = image.crop(window_at([n / 2 for n in image.shape], image.shape, times))
    return image if part.shape == image.shape else part


def window_at(
    centre: Sequence[float], shape: Sequence[int], times: float = 1.0
) -> tuple[slice, ...]:
    """Return the window of at most about `WINDOW` squared pixels around a point of an image."""
    return window_around(centre, shape, round(max(1, times) * WINDOW ** (2 / len(shape))))
