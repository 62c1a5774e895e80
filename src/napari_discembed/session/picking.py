"""The candidates of a frame that a person can pick among."""

from __future__ import annotations

from napari_discembed.clustering import LearnedClusterer, bandwidth_of
from napari_discembed.config import ClusteringConfig, LearnedConfig
from napari_discembed.interaction.picking import Picker
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Index


def picker_of(series: EmbeddingSeries, index: Index, config: ClusteringConfig) -> Picker:
    """Return what finds the candidates of a frame: those that were judged, or else of its tree.

    Parameters
    ----------
    series
        Embeddings of the image.
    index
        Of the frame.
    config
        How its pixels are grouped: which candidates are objects now.
    """
    embedding = series[series.number(index)]
    if embedding.candidates is not None and isinstance(config, LearnedConfig):
        chosen = LearnedClusterer.chosen(LearnedClusterer().prepare(embedding), config)
        return Picker(embedding, embedding.candidates, chosen, config.foreground_threshold)
    density = config.with_method("density")
    candidates = embedding.candidates
    if candidates is None:
        every = density.model_copy(update={"bandwidth": None})
        candidates = series.prepared(index).candidates(every)
    chosen = candidates.at(bandwidth_of(density, embedding.space))
    return Picker(embedding, candidates, chosen, config.foreground_threshold)
