"""Layers of results are found again and replaced."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np

from napari_discembed.widgets.layers import (
    find_result,
    remove_result,
    result_of,
    show_result,
)
from napari_discembed.widgets.sessions import unwrapped


def test_a_copy_of_a_result_is_the_persons_own(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    shown = show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    copy = napari.layers.Labels(shown.data.copy(), name="copy", metadata=dict(shown.metadata))
    viewer.layers.append(copy)
    viewer.layers.remove(shown)
    assert result_of(copy) is None
    assert find_result(viewer, source, "objects") is None


def test_a_result_is_replaced_and_not_piled_up(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    labels = viewer.add_labels(np.zeros((8, 9), int), name="mine")
    viewer.layers.selection.active = source
    for _ in range(3):
        show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    picture = show_result(viewer, source, "foreground", np.ones((8, 9)), napari.layers.Image)
    assert [x.name for x in viewer.layers] == [
        "cells", "cells | foreground", "mine", "cells | objects",
    ]  # fmt: skip
    assert viewer.layers.selection.active is source
    source.name, picture.name = "renamed", "other"
    assert find_result(viewer, source, "foreground") is picture
    remove_result(viewer, source, "foreground")
    assert find_result(viewer, source, "foreground") is None
    assert labels in viewer.layers
