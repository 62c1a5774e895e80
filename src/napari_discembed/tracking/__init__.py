"""Linking of objects through time, and how well it is done.

One frame after the other: objects are observed, pairs of them scored, the best pairs chosen, what
is left over looked for further away and in later frames, and each object gets the number of its
track.
"""

from napari_discembed.tracking.linker import Linker, link_frames

__all__ = ["Linker", "link_frames"]
