"""The colours of a Labels layer by how sure its objects are, and its own ones again."""

from __future__ import annotations

from collections import defaultdict

import napari.layers
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.colormaps.colormap import LabelColormapBase
from numpy.typing import NDArray

from napari_discembed.interaction.certainty_colour import colours
from napari_discembed.widgets.layers.features import set_features

NOT_JUDGED = np.array([0.5, 0.5, 0.5, 1.0])
COLUMN, QUALITY = "certainty", "quality"


class CertaintyColours:
    """Colours one Labels layer at a time; gives each its own colours back."""

    def __init__(self) -> None:
        self.layer: napari.layers.Labels | None = None
        self._own: LabelColormapBase | None = None
        self._ours: DirectLabelColormap | None = None

    def show(
        self,
        layer: napari.layers.Labels,
        label: NDArray[np.int64],
        certainty: NDArray[np.float64],
    ) -> None:
        """Colour a layer's objects.

        Parameters
        ----------
        layer
            To colour, in place of the one before.
        label, certainty
            ``(N,)`` of each object; others are grey.
        """
        if layer is not self.layer:
            self.clear()
            self.layer, self._own = layer, layer.colormap
        table = {int(n): c for n, c in zip(label, colours(certainty), strict=True)}
        table |= {0: np.zeros(4), None: NOT_JUDGED}  # type: ignore[dict-item] # napari's default
        layer.colormap = self._ours = DirectLabelColormap(
            color_dict=defaultdict(lambda: NOT_JUDGED, table)
        )

    def clear(self) -> None:
        """Give the layer its own colours back, unless a person has chosen others meanwhile."""
        layer, own, ours = self.layer, self._own, self._ours
        self.layer = self._own = self._ours = None
        if layer is not None and own is not None and layer.colormap is ours:
            layer.colormap = own


def keep_certainty(
    layer: napari.layers.Labels,
    label: NDArray[np.int64],
    certainty: NDArray[np.float64],
    quality: NDArray[np.float64] | None = None,
) -> None:
    """Write how sure each object is into the layer's features, and its quality where known."""
    known = {} if quality is None else {QUALITY: quality}
    set_features(layer, {"label": label, COLUMN: certainty, **known})
