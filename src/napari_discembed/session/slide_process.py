"""What the process of a large image does: segment it block by block, and write its labels."""

from __future__ import annotations

import hashlib
from pathlib import Path

from napari_discembed.batch.large import LargeWork
from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.batch.stores import StoreWork
from napari_discembed.inference.blocks import BLOCK
from napari_discembed.models import load_model
from napari_discembed.progress import Job
from napari_discembed.session.slides import SlideRequest
from napari_discembed.types import Axes

LEAST_BLOCK = 1024
"""Side of the smallest blocks, in image pixels."""


def segment_slide(request: str) -> Job[int]:
    """Segment a stored image, as a :class:`SlideRequest` in JSON says; a job of how many objects.

    Raises
    ------
    DiscembedError
        As :meth:`~napari_discembed.batch.stores.StoreWork.run`.
    """
    asked = SlideRequest.model_validate_json(request)
    model = load_model(asked.model)
    reading = Reading(like=Axes(asked.axes), channel=asked.channel)
    # By blocks from some ten megapixels on, as beside a viewer memory is short.
    step = (asked.diameter or model.config.diameter) / model.config.diameter
    block = max(LEAST_BLOCK, round(BLOCK * step))
    recipe = Recipe(model, asked.config, asked.diameter, asked.tile, reading, block)
    settings = recipe.settings_hash(model.card, asked.image)
    # Images of the same name in several folders keep apart.
    place = hashlib.sha256(str(asked.image.absolute()).encode()).hexdigest()[:16]
    source = Source(asked.image, Path(place))
    large = LargeWork(source, recipe, model, settings, asked.folder)
    found = yield from StoreWork(large, asked.label_name).run()
    large.blocks.clear()
    return sum(summary.count for summary in found.summaries)
