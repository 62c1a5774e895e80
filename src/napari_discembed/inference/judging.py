"""From an embedding to its judged candidates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_discembed.inference.embedder import grey_on_grid
from napari_discembed.mining import judge_candidates, perceive
from napari_discembed.models import Model
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Embedding, Image


def judged(model: Model, image: Image, embedding: Embedding) -> Job[Embedding]:
    """Return an embedding with its candidates, each of which the model's judge has scored.

    Parameters
    ----------
    model
        Whose judge it is; without one the embedding is returned as it is.
    image
        What was embedded.
    embedding
        In memory.
    """
    if model.judge is None:
        return embedding
    yield Progress(0.0, "finding candidates")
    found = perceive(embedding)
    grey = grey_on_grid(model, image, embedding)
    scored = yield from judge_candidates(found, embedding, model.judge, np.asarray(grey))
    return replace(embedding, candidates=scored)
