"""The values that flow through the pipeline: each frozen, each the next step's input.

Shapes: ``B`` batch, ``C`` channels, ``E`` embedding, ``K`` foreground classes, ``N`` instances,
``T`` frames, ``*S`` spatial axes (``Y, X`` or ``Z, Y, X``).
"""

from napari_discembed.types.arrays import FloatArray, IntArray
from napari_discembed.types.axes import Axes, label_axes
from napari_discembed.types.candidates import Candidates
from napari_discembed.types.embedding import Embedding
from napari_discembed.types.image import Image
from napari_discembed.types.instances import Instances, Winner
from napari_discembed.types.kinds import Kind
from napari_discembed.types.lineages import Lineages
from napari_discembed.types.overlaps import OverlappingPairs
from napari_discembed.types.provenance import Provenance
from napari_discembed.types.segmentation import Numbering, Segmentation, stacked
from napari_discembed.types.series import Index, Series
from napari_discembed.types.space import CosineSpace, EmbeddingSpace, EuclideanSpace, Margins
from napari_discembed.types.table import ObjectTable, concatenated
from napari_discembed.types.track_points import (
    TrackPoints,
    napari_tracks,
    point_table,
    track_points,
    track_table,
)
from napari_discembed.types.tracks import Links, Tracks, TrackTable

__all__ = [
    "Axes",
    "Candidates",
    "CosineSpace",
    "Embedding",
    "EmbeddingSpace",
    "EuclideanSpace",
    "FloatArray",
    "Image",
    "Index",
    "Instances",
    "IntArray",
    "Kind",
    "Lineages",
    "Links",
    "Margins",
    "Numbering",
    "ObjectTable",
    "OverlappingPairs",
    "Provenance",
    "Segmentation",
    "Series",
    "TrackPoints",
    "TrackTable",
    "Tracks",
    "Winner",
    "concatenated",
    "label_axes",
    "napari_tracks",
    "point_table",
    "stacked",
    "track_points",
    "track_table",
]
