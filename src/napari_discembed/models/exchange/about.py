"""What another program must know to use an exported network: its input, outputs and grouping."""

from __future__ import annotations

from typing import Any

from napari_discembed.config import NetworkConfig
from napari_discembed.imaging.intensity import CLIP, PERCENTILES
from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.exported import INPUT
from napari_discembed.types import Axes

ABOUT = "discembed"
"""Key of the description among a format's own metadata."""

FORMAT = 1
"""Version of the description."""

MEANINGS = {
    "embedding": "point of each pixel in embedding space; pixels of one object lie together",
    "foreground": "probability of each class of objects, in [0, 1]; background is the rest",
    "motion": "the offset to where its object's centre was in the frame before, in pixels",
    "seediness": "how near a pixel's point is to its object's mean, in [0, 1]",
}
"""What a head of each kind says."""

DISTANCES = {
    "euclidean": "Euclidean, of the points as they are",
    "cosine": "Euclidean, of the points brought to unit length",
}
"""How points are compared, by the kind of the space: margins and bandwidths are such distances."""

COORDINATES = {
    "none": "no coordinates: the embedding of a tile does not depend on where the tile is",
    "input": "coordinates within what is passed are further input channels, made inside the "
    "network: pass the image whole, tiles do not fit together",
    "semiconv": "coordinates within what is passed are added inside the network: to the first "
    "{ndim} channels of the embedding of a tile add units_per_pixel times the index ({axes}) of "
    "the tile's first pixel in the image",
}
"""What pixel coordinates have to do with the embedding, and what that means for tiles."""


def describe(model: Model) -> dict[str, Any]:
    """Return what there is to know of an exported model, as values of JSON.

    Parameters
    ----------
    model
        The model that is exported.
    """
    config = model.config
    space = model.net.space
    return {
        "format": FORMAT,
        "task": model.card.task,
        "input": _input(model),
        "outputs": {
            name: {"channels": head.channels, "meaning": MEANINGS.get(head.kind, head.kind)}
            for name, head in model.net.named_heads().items()
        },
        "embedding": {
            "space": space.kind,
            "distances": DISTANCES[space.kind],
            "pull_margin": space.margins.pull,
            "push_margin": space.margins.push,
            "coordinates": config.embedding.coordinates,
            "units_per_pixel": units_per_pixel(config),
            "of_a_tile": tile_rule(config),
        },
        "receptive_radius": model.net.receptive_radius,
        "grouping": _grouping(model),
    }


def _input(model: Model) -> dict[str, Any]:
    config = model.config
    weights = model.card.channel_weights
    return {
        "name": INPUT,
        "axes": f"BC{Axes.spatial_of(config.ndim)}",
        "channels": config.in_channels,
        "sizes_multiple_of": model.net.stride,
        "object_diameter": config.diameter,
        "percentiles_to_0_and_1": list(PERCENTILES),
        "clipped_to": list(CLIP),
        "channel_weights": None if weights is None else list(weights),
    }


def _grouping(model: Model) -> dict[str, Any]:
    """Return how pixels are grouped, with the numbers that the space has where none are set."""
    grouping, space = model.card.clustering.model_dump(mode="json"), model.net.space
    usual = {"bandwidth": space.bandwidth, "merge_margin": space.merge_margin}
    if grouping["method"] == "hdbscan":  # which takes each cluster where it is the most stable
        usual.pop("bandwidth")
    return grouping | {k: v for k, v in usual.items() if k in grouping and grouping[k] is None}


def units_per_pixel(config: NetworkConfig) -> float | None:
    """Return the units of embedding that a pixel's step adds; None without added coordinates."""
    if config.embedding.coordinates != "semiconv":
        return None
    return config.embedding.units_per_diameter / config.diameter


def tile_rule(config: NetworkConfig) -> str:
    """Return in a sentence how embeddings of tiles fit together."""
    axes = ", ".join(Axes.spatial_of(config.ndim)).lower()
    return COORDINATES[config.embedding.coordinates].format(ndim=config.ndim, axes=axes)
