"""From an embedding to its judged candidates."""

from __future__ import annotations

from dataclasses import replace

from napari_discembed.mining import judge_candidates, perceive
from napari_discembed.models import Model
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Embedding


def judged(model: Model, embedding: Embedding) -> Job[Embedding]:
    """Return an embedding with its candidates, each of which the model's judge has scored.

    Parameters
    ----------
    model
        Whose judge it is; without one the embedding is returned as it is.
    embedding
        In memory.
    """
    if model.judge is None:
        return embedding
    yield Progress(0.0, "finding candidates")
    found = perceive(embedding)
    scored = yield from judge_candidates(found, embedding, model.judge)
    return replace(embedding, candidates=scored)
