"""From an image to its embedding, in tiles."""

from napari_discembed.inference.embedder import embed_channels, embed_image

__all__ = ["embed_channels", "embed_image"]
