"""Rosettes seen from above: overlapping leaves on soil, as a phenotyping camera sees them."""

from napari_discembed.datasets.synthetic.rosettes.growing import GrowingConfig, draw_growing
from napari_discembed.datasets.synthetic.rosettes.scene import RosettesConfig, draw_rosettes
from napari_discembed.datasets.synthetic.rosettes.traits import SPECIES, Species

__all__ = [
    "SPECIES",
    "GrowingConfig",
    "RosettesConfig",
    "Species",
    "draw_growing",
    "draw_rosettes",
]
