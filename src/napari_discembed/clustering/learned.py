"""Objects chosen among nested candidates by scores that a judge has learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import Clusterer, bandwidth_of, grid_min_size
from napari_discembed.clustering.components import label_components
from napari_discembed.config import LearnedConfig
from napari_discembed.errors import InputError
from napari_discembed.types import Candidates, Embedding, IntArray
from napari_discembed.types.candidates import QUALITY, THRESHOLD

JOIN = 0.25
"""What a merge is worth more at twice the usual bandwidth, in overlap."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedPrepared:
    """An embedding whose candidates have been judged.

    Attributes
    ----------
    embedding
        What was prepared.
    candidates
        Its candidates.
    merges
        ``(N,)``: how many candidates of the lowest level each holds, less one.
    """

    embedding: Embedding
    candidates: Candidates
    merges: NDArray[np.float64]


class LearnedClusterer(Clusterer[LearnedPrepared, LearnedConfig]):
    """The consistent set of nested candidates whose expected overlaps with objects are best.

    Each candidate is worth its quality less the least that an object must have, and what the
    bandwidth says of merges; the best set of which none holds another is found exactly, by dynamic
    programming (:func:`best_set`). There is no one bandwidth for the image: each object is cut out
    of the merge tree at its own.
    """

    method = "learned"

    def prepare(self, embedding: Embedding) -> LearnedPrepared:
        """Take the candidates that came with the embedding.

        Raises
        ------
        InputError
            If they were not judged.
        """
        candidates = embedding.candidates
        if candidates is None:
            raise InputError(
                "Expected candidates that were judged for the method 'learned', got none with "
                "this embedding: its model has no judge, or it was made larger than memory. Choose "
                "the method 'density'."
            )
        lowest = np.ones(len(candidates), dtype=np.int64)
        lowest[candidates.parent[candidates.parent >= 0]] = 0
        merges = np.cumsum(lowest) - np.append(0, np.cumsum(lowest))[candidates.first] - 1.0
        return LearnedPrepared(embedding, candidates, merges)

    def cluster(self, prepared: LearnedPrepared, config: LearnedConfig) -> IntArray:
        """Choose, and clean up."""
        candidates, embedding = prepared.candidates, prepared.embedding
        chosen = self.chosen(prepared, config)
        owners = candidates.owners(chosen).astype(np.int32)
        threshold = self.thresholds(prepared, config)
        regions = owners[candidates.smallest]
        probability = np.asarray(embedding.foreground_probability)
        components = label_components(regions, probability >= threshold[regions], probability)
        objects = np.arange(len(candidates) + 1)
        return components.labels(objects, config, grid_min_size(config, embedding))

    def thresholds(self, prepared: LearnedPrepared, config: LearnedConfig) -> NDArray[np.float64]:
        """Return the foreground probability at which each candidate's mask is judged best.

        They move with the config's, and are by the number of the object; that of none is first.
        """
        moved = config.foreground_threshold - LearnedConfig().foreground_threshold
        return np.append(2.0, prepared.candidates.scores[THRESHOLD]) + moved

    def candidates(self, prepared: LearnedPrepared, config: LearnedConfig) -> Candidates:
        """Return the candidates that objects are chosen from."""
        del config
        return prepared.candidates

    @staticmethod
    def chosen(prepared: LearnedPrepared, config: LearnedConfig) -> NDArray[np.intp]:
        """Return the candidates that are the objects."""
        space = prepared.embedding.space
        joining = JOIN * np.log2(bandwidth_of(config, space) / space.bandwidth)
        value = prepared.candidates.scores[QUALITY] - config.quality_threshold
        chosen = best_set(prepared.candidates, value + joining * prepared.merges)
        return chosen[value[chosen] >= 0]


def best_set(candidates: Candidates, value: NDArray[np.float64]) -> NDArray[np.intp]:
    """Choose candidates, none holding another, whose values have the greatest sum.

    Exact, by dynamic programming from the leaves up: a candidate is taken where it is worth more
    than the best choice among those that it holds (as Arteta 2012 chooses among nested regions).

    Parameters
    ----------
    candidates
        Nested masks.
    value
        ``(N,)``: what each is worth; one that is worth nothing or less is never taken.

    Returns
    -------
    The chosen, in the order of the candidates.
    """
    n = len(candidates)
    parent = candidates.parent.tolist()
    held = [0.0] * (n + 1)  # the best sum among what each holds; the last for what is above all
    taken = [False] * n
    for i, own in enumerate(value.tolist()):  # in post-order: all that it holds has been seen
        taken[i] = own > held[i]
        held[parent[i]] += own if taken[i] else held[i]
    chosen: list[int] = []
    covered = n  # all from here on are held by one that is taken
    for i in range(n - 1, -1, -1):
        if i < covered and taken[i]:
            chosen.append(i)
            covered = int(candidates.first[i])
    return np.array(chosen[::-1], dtype=np.intp)
