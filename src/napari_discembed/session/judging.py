"""How sure the objects of embedded images are."""

from __future__ import annotations

from napari_discembed.clustering import WITHOUT_BANDWIDTH
from napari_discembed.config import ClusteringConfig
from napari_discembed.interaction.certainty import Certainty, certainty
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.settings import fitting_config
from napari_discembed.types import Index, IntArray


def judge_objects(
    series: EmbeddingSeries, index: Index, labels: IntArray, config: ClusteringConfig
) -> Certainty:
    """Return how sure each object of a frame is.

    Parameters
    ----------
    series
        Embeddings of the image.
    index
        Of the frame.
    labels
        ``(*S)``: its objects, by clustering or by hand.
    config
        How its pixels are grouped. Of a method that has no bandwidth to vary, or needs a person,
        what other methods read too.
    """
    config = fitting_config(config, series[series.number(index)])
    if config.method in WITHOUT_BANDWIDTH:
        config = config.with_method("density")
    return certainty(labels, series.prepared(index, config.method), config)
