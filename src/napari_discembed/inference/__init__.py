"""From an image to its embedding, in tiles."""

from napari_discembed.inference.embedder import embed_channels, embed_image
from napari_discembed.inference.scale import FirstLook, first_look

__all__ = ["FirstLook", "embed_channels", "embed_image", "first_look"]
