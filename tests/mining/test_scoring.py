"""Judging candidates, and teaching the judge."""

from __future__ import annotations

import numpy as np
import torch

from napari_discembed.clustering import QUALITY, THRESHOLD
from napari_discembed.mining import THRESHOLDS, Judge, judge_candidates, perceive
from napari_discembed.mining.crops import Descriptors
from napari_discembed.mining.scoring import predicted
from napari_discembed.mining.teaching import make_lesson, teach
from napari_discembed.progress import run
from napari_discembed.types import Embedding

from .scenes import clouds, squares


def test_each_candidate_gets_a_quality_and_a_threshold() -> None:
    embedding = clouds(squares(), spread=0.2)
    found = run(judge_candidates(perceive(embedding), embedding, Judge().eval()))
    quality, threshold = found.scores[QUALITY], found.scores[THRESHOLD]
    assert ((quality > 0) & (quality < 1)).all()
    assert set(threshold) <= set(THRESHOLDS)


def test_nothing_is_judged_where_there_is_nothing() -> None:
    embedding = clouds(np.zeros((16, 16), int))
    found = run(judge_candidates(perceive(embedding), embedding, Judge().eval()))
    assert len(found) == len(found.scores[QUALITY]) == 0


def test_a_taught_judge_tells_whole_objects_from_halves_and_pairs() -> None:
    torch.manual_seed(0)
    truth = squares(4, side=10)
    # The network cuts every other object in two, and runs it into one with the next at times.
    seen = truth.copy()
    for number in range(1, 17, 2):
        rows, columns = np.nonzero(truth == number)
        half = columns >= np.median(columns)
        seen[rows[half], columns[half]] = 16 + number
    embeddings = [near_pieces(seen, seed) for seed in range(4)]
    lessons = [make_lesson(embedding, truth) for embedding in embeddings[:3]]
    judge = run(teach(Judge(), lessons, steps=60))
    unseen = make_lesson(embeddings[3], truth)
    seen_now = Descriptors(unseen.seen.crops.float(), unseen.seen.figures)
    told = predicted(judge, seen_now).max(axis=1)
    true = unseen.overlaps.amax(dim=1).numpy()
    assert np.corrcoef(told, true)[0, 1] > 0.8


def near_pieces(seen: np.ndarray, seed: int) -> Embedding:
    """Return an embedding in which the two pieces of an object lie nearer than two objects."""
    embedding = clouds(np.where(seen > 16, seen - 16, seen), spread=0.15, seed=seed)
    values = np.array(embedding.values)
    values[0][seen > 16] += 1.4
    return Embedding.of(
        values, np.asarray(embedding.foreground), np.array(embedding.seediness), diameter=10
    )
