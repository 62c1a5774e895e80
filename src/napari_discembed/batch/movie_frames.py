"""What linking needs of each frame of a movie, found one after the other, and kept meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.batch.recipe import Recipe
from napari_discembed.config import CandidatesConfig, LinkingConfig, PairsConfig
from napari_discembed.inference import memory_of, remember
from napari_discembed.models import Model
from napari_discembed.movies import Hints, nested_masks
from napari_discembed.pipeline import cluster, embed
from napari_discembed.progress import Job
from napari_discembed.tracking.linker import GUIDED
from napari_discembed.types import Candidates, Image, Segmentation

HINT = "hint"
"""Name of what a network says of a frame beside its objects."""


def kept_of(linking: LinkingConfig) -> object:
    """Return what the kept frames depend on, of all that is said of linking: the method alone."""
    if linking.method in GUIDED or linking.grows:
        return linking.method
    return isinstance(linking, CandidatesConfig)


class FrameFinder:
    """Finds the objects of the frames of a movie, or nested masks, and the hints of the method.

    Parameters
    ----------
    frames
        Of the movie.
    recipe
        How the objects of each are found.
    model
        The network.
    linking
        How they will be linked.
    diameter
        Typical object diameter in image pixels, of all frames; None to estimate each frame's.
    """

    def __init__(
        self,
        frames: Sequence[Image],
        recipe: Recipe,
        model: Model,
        linking: LinkingConfig,
        diameter: float | None,
    ) -> None:
        self._frames, self._model, self._diameter = frames, model, diameter
        self._linking, self._tile = linking, recipe.tiling
        self._config = recipe.config or model.card.clustering
        self._memory = memory_of(model)
        self._hints = Hints(linking)
        self._next = 0

    def go_to(self, number: int) -> Job[None]:
        """Take in what a frame depends on of those before it, where an earlier run found them."""
        again = number
        if isinstance(self._linking, PairsConfig) and self._next != number:
            again = number - 1  # its embedding is not kept
        diameter, tile, memory = self._diameter, self._tile, self._memory
        if diameter is not None:  # else each frame has its own, and none depends on another
            frames, model = self._frames, self._model
            yield from remember(frames, again, model, memory, diameter=diameter, tile=tile)
        if again < number:
            embedding = yield from embed(
                self._frames[again],
                self._model,
                diameter=diameter,
                tile=tile,
                memory=memory,
            )
            self._hints.begin(embedding)

    def find(self, number: int) -> Job[dict[str, NDArray[Any]]]:
        """Return what is kept of a frame, after :meth:`go_to` it."""
        self._next = number + 1
        image, model = self._frames[number], self._model
        diameter, tile, memory = self._diameter, self._tile, self._memory
        if isinstance(self._linking, CandidatesConfig):
            masks = yield from nested_masks(
                image, model, diameter=diameter, config=self._config, tile=tile, memory=memory
            )
            return _of_masks(masks)
        embedding = yield from embed(image, model, diameter=diameter, tile=tile, memory=memory)
        objects = cluster(embedding, self._config)
        found = {"labels": objects.labels, **_about(objects)}
        hint = self._hints.of(embedding, self._config)
        if hint is not None:
            found[HINT] = hint.astype(np.float16) if hint.dtype.kind == "f" else hint
        return found


def _of_masks(masks: Candidates) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "smallest": masks.smallest,
        "first": masks.first,
        "parent": masks.parent,
        "birth": masks.birth,
        "foreground": masks.scores["foreground"],
    }
    return arrays | _about(masks)


def _about(frame: Segmentation | Candidates) -> dict[str, NDArray[Any]]:
    """Return what is known of a frame, as arrays."""
    origin = frame.provenance
    known = {
        "version": origin.version,
        "model": origin.model,
        "weights_hash": origin.weights_hash,
        "config": dict(origin.config),
    }
    return {
        "pixel_size": np.array(frame.pixel_size),
        "unit": np.array(frame.unit),
        "provenance": np.array(json.dumps(known)),
    }
