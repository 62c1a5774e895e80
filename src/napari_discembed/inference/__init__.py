"""From an image to its embedding, in tiles, and the scale that suits it."""

from napari_discembed.inference.embedder import embed_channels, embed_image
from napari_discembed.inference.memory import FrameMemory, memory_of
from napari_discembed.inference.scale import ScaleEstimate, estimate_scale
from napari_discembed.inference.series import motion, remember

__all__ = [
    "FrameMemory",
    "ScaleEstimate",
    "embed_channels",
    "embed_image",
    "estimate_scale",
    "memory_of",
    "motion",
    "remember",
]
