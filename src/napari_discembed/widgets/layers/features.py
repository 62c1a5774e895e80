"""Measurements in the features of a Labels layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import napari.layers
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def set_features(layer: napari.layers.Labels, columns: Mapping[str, NDArray[Any]]) -> None:
    """Set measurements as a layer's features; columns that only it has stay.

    Parameters
    ----------
    layer
        Whose objects were measured.
    columns
        A row an object, ``label`` among them.
    """
    import pandas as pd  # here: napari, too, loads it once it is needed

    measured = {name: column for name, column in columns.items() if name != "label"}
    table = pd.DataFrame({"index": columns["label"], **measured})
    layer.features = _beside(table, layer.features)


def _beside(table: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return a table of labels with the columns that only an older one has."""
    if "index" not in before.columns:  # napari's way: a row a label, background first
        before = before.assign(index=np.arange(len(before)))
    kept = [name for name in before.columns if name == "index" or name not in table.columns]
    return table.merge(before[kept], on="index", how="left") if len(kept) > 1 else table
