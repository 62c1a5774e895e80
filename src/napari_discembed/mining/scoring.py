"""Judging the candidates of an embedding: perceive many, and say how good each is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from napari_discembed import clustering
from napari_discembed.clustering import DensityClusterer
from napari_discembed.config import DensityConfig
from napari_discembed.mining.crops import Describer, Descriptors
from napari_discembed.mining.judge import THRESHOLDS, Judge
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Candidates, Embedding

PERCEIVED = DensityConfig(
    foreground_threshold=0.3, seed_threshold=0.1, object_threshold=0.0, merge_margin=0.0
)
"""What is perceived: dim and doubtful candidates too, since the judge tells them."""

KERNEL = 0.6
"""Width of the kernel under the merge tree, in that of one bandwidth: pieces that one bandwidth
would never tell apart are candidates too (benchmarks/LOG.md, 114)."""

AT_ONCE = 256
"""Candidates that are judged at once."""


def perceive(embedding: Embedding) -> Candidates:
    """Return the nested masks of an embedding that are to be judged."""
    clusterer = DensityClusterer(KERNEL)
    return clusterer.candidates(clusterer.prepare(embedding), PERCEIVED)


def judged(embedding: Embedding, judge: Judge) -> Job[Embedding]:
    """Return an embedding with its candidates, each of which a judge has scored.

    Parameters
    ----------
    embedding
        In memory.
    judge
        Of the model that made it.
    """
    yield Progress(0.0, "finding candidates")
    found = yield from judge_candidates(perceive(embedding), embedding, judge)
    return replace(embedding, candidates=found)


def judge_candidates(candidates: Candidates, embedding: Embedding, judge: Judge) -> Job[Candidates]:
    """Say of each candidate how well its mask is expected to cover one object.

    Parameters
    ----------
    candidates
        Of :func:`perceive`.
    embedding
        That they were made from.
    judge
        What tells it.

    Returns
    -------
    A job of the candidates, scored as :func:`with_overlaps` has it by what is expected.
    """
    count = len(candidates)
    quality = np.zeros((count, len(THRESHOLDS)))
    if count:
        describer = Describer(candidates, embedding, embedding.space.bandwidth)
        for start in range(0, count, AT_ONCE):
            yield Progress(start / count, "judging candidates")
            index = np.arange(start, min(start + AT_ONCE, count))
            quality[index] = predicted(judge, describer(index))
    return with_overlaps(candidates, quality)


def with_overlaps(candidates: Candidates, overlaps: NDArray[np.float64]) -> Candidates:
    """Return candidates scored by the overlap of each of their masks with one object.

    Parameters
    ----------
    candidates
        N of them.
    overlaps
        ``(N, T)``: overlap (IoU) in [0, 1] at each of :data:`~.judge.THRESHOLDS`.

    Returns
    -------
    The candidates, with the scores ``quality``, the best of them, and ``threshold``, the foreground
    probability at which the mask has it.
    """
    scores = {
        **candidates.scores,
        clustering.QUALITY: overlaps.max(axis=1),
        clustering.THRESHOLD: np.array(THRESHOLDS)[overlaps.argmax(axis=1)],
    }
    return replace(candidates, scores=scores)


@torch.inference_mode()
def predicted(judge: Judge, seen: Descriptors) -> NDArray[np.float64]:
    """Return ``(N, T)``: the overlap that is expected of each mask."""
    overlap: NDArray[np.float64] = torch.sigmoid(judge(seen)).double().numpy()
    return overlap
