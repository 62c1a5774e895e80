"""Images as the network takes them: intensities, resampling, regions."""

from napari_discembed.imaging.intensity import (
    Intensities,
    check_finite,
    intensity_range,
    match_channels,
    normalise,
    rescale_intensity,
    subsample,
)
from napari_discembed.imaging.regions import (
    count_objects,
    equivalent_diameter,
    estimate_diameter,
    object_sizes,
    renumbered,
)
from napari_discembed.imaging.resampling import (
    Resampling,
    nearest_index,
    resample,
    resample_labels,
    window_around,
    zoom_factors,
    zoomed_shape,
)
from napari_discembed.imaging.whole import whole_labels

__all__ = [
    "Intensities",
    "Resampling",
    "check_finite",
    "count_objects",
    "equivalent_diameter",
    "estimate_diameter",
    "intensity_range",
    "match_channels",
    "nearest_index",
    "normalise",
    "object_sizes",
    "renumbered",
    "resample",
    "resample_labels",
    "rescale_intensity",
    "subsample",
    "whole_labels",
    "window_around",
    "zoom_factors",
    "zoomed_shape",
]
