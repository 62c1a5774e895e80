"""Between napari's layers and the package's values."""

from napari_discembed.widgets.layers.editing import (
    holds_objects,
    objects_of,
    why_not_editable,
    write_undoable,
)
from napari_discembed.widgets.layers.features import set_features
from napari_discembed.widgets.layers.frames import frame_at, frame_axes, frames_said
from napari_discembed.widgets.layers.metadata import (
    BACKGROUND,
    COMPLETE,
    EMBEDDING,
    FRAMES,
    OBJECTS_OF,
    PAINTED,
    READ_AS,
    READ_CHANNEL,
    SAME_PIXELS,
    SEEDS_OF,
)
from napari_discembed.widgets.layers.placement import (
    move,
    on_grid,
    own_placement,
    place_as_text,
    placement,
)
from napari_discembed.widgets.layers.reading import (
    axes_choices,
    channel_choices,
    channels_first,
    image_of,
    pixels_of,
)
from napari_discembed.widgets.layers.results import (
    find_result,
    images_of,
    remove_result,
    result_of,
    show_labels,
    show_result,
    show_results,
    turn_to,
)
from napari_discembed.widgets.layers.segmentation import (
    layer_image,
    layer_segmentation,
    segmentation_of,
)
from napari_discembed.widgets.layers.source import Source, layer_by_id, source_of

__all__ = [
    "BACKGROUND",
    "COMPLETE",
    "EMBEDDING",
    "FRAMES",
    "OBJECTS_OF",
    "PAINTED",
    "READ_AS",
    "READ_CHANNEL",
    "SAME_PIXELS",
    "SEEDS_OF",
    "Source",
    "axes_choices",
    "channel_choices",
    "channels_first",
    "find_result",
    "frame_at",
    "frame_axes",
    "frames_said",
    "holds_objects",
    "image_of",
    "images_of",
    "layer_by_id",
    "layer_image",
    "layer_segmentation",
    "move",
    "objects_of",
    "on_grid",
    "own_placement",
    "pixels_of",
    "place_as_text",
    "placement",
    "remove_result",
    "result_of",
    "segmentation_of",
    "set_features",
    "show_labels",
    "show_result",
    "show_results",
    "source_of",
    "turn_to",
    "why_not_editable",
    "write_undoable",
]
