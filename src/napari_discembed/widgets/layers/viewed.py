"""Which part of a layer the canvas shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_discembed.session.viewing import Box, view_box
from napari_discembed.widgets.layers.reading import pixels_of


def box_in_view(layer: Any) -> Box | None:  # noqa: ANN401 - an image or labels layer
    """Return which pixels of a layer's finest level the canvas shows, along Y and X."""
    corners, shape = np.array(layer.corner_pixels, np.float64), pixels_of(layer).shape[: layer.ndim]
    if layer.multiscale:
        corners *= layer.downsample_factors[layer.data_level]
    return view_box(corners[:, -2:], [int(n) for n in shape[-2:]])
