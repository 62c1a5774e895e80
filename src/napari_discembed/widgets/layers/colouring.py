"""The colours of a Labels layer by how sure its objects are or by kind, and its own ones again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import napari.layers
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.colormaps.colormap import LabelColormapBase
from numpy.typing import NDArray

from napari_discembed.session.kinds import Kinds
from napari_discembed.types import IntArray, Kind
from napari_discembed.widgets.layers.features import set_features
from napari_discembed.widgets.layers.kinds import kind_of, numbers_in

NOT_JUDGED = np.array([0.5, 0.5, 0.5, 1.0])
COLUMN, QUALITY = "certainty", "quality"


class ObjectColours:
    """Colours the objects of one Labels layer at a time; gives each layer its own colours back."""

    def __init__(self) -> None:
        self.layer: napari.layers.Labels | None = None
        self._own: LabelColormapBase | None = None
        self._ours: DirectLabelColormap | None = None

    def show(
        self,
        layer: napari.layers.Labels,
        label: NDArray[np.int64],
        colour: NDArray[np.floating[Any]],
    ) -> None:
        """Colour a layer's objects.

        Parameters
        ----------
        layer
            To colour, in place of the one before.
        label, colour
            ``(N,)``, and ``(N, 4)`` in [0, 1], of each object; others are grey.
        """
        if layer is not self.layer:
            self.clear()
            self.layer, self._own = layer, layer.colormap
        table = {int(n): np.asarray(c) for n, c in zip(label, colour, strict=True)}
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


def colours_of_kinds(
    layer: napari.layers.Labels, kinds: Kinds
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return ``(N,)`` numbers of a layer's objects, and ``(N, 4)`` the colours of their kinds."""
    numbers = numbers_in(layer)
    colours = [(*kind_of(layer, number, kinds).rgb, 1.0) for number in numbers]
    return np.array(numbers, np.int64), np.array(colours, np.float64).reshape(-1, 4)


def colour_classes(
    layer: napari.layers.Labels, classes: IntArray | None, kinds: Sequence[Kind]
) -> None:
    """Colour a preview by the classes of its numbers, from 1, where there are several kinds."""
    if classes is None or len(kinds) < 2 or int(classes.max(initial=0)) > len(kinds):
        return
    colours: dict[int | None, NDArray[np.float64]] = {
        n: np.array([*kinds[c - 1].rgb, 1.0]) for n, c in enumerate(classes.tolist(), 1) if c
    }
    nothing = np.zeros(4)
    table = defaultdict(lambda: nothing, colours | {None: nothing, 0: nothing})
    layer.colormap = DirectLabelColormap(color_dict=table)


def keep_certainty(
    layer: napari.layers.Labels,
    label: NDArray[np.int64],
    certainty: NDArray[np.float64],
    quality: NDArray[np.float64] | None = None,
) -> None:
    """Write how sure each object is into the layer's features, and its quality where known."""
    known = {} if quality is None else {QUALITY: quality}
    set_features(layer, {"label": label, COLUMN: certainty, **known})
