"""From an image to its embedding, in tiles, and what suits it."""

from napari_discembed.inference.bandwidth import suited_bandwidth
from napari_discembed.inference.embedder import embed_channels, embed_image
from napari_discembed.inference.scale import FirstLook, first_look

__all__ = ["FirstLook", "embed_channels", "embed_image", "first_look", "suited_bandwidth"]
