"""Tracks as a graph in the Graph Exchange File Format (GEFF), for other programs of tracking.

A node is an object of a frame, an edge leads to what it is, or divides into, later
(https://liveimagetrackingtools.org/geff).
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError, MissingDependencyError
from napari_discembed.files import replaced_folder
from napari_discembed.types import TrackPoints, Tracks, track_points
from napari_discembed.types.lineages import roots, track_edges

SUFFIX = ".geff"
CONFIDENCE = "confidence"
"""The property of edges that says how sure they are."""
EXTRA = "napari_discembed"
"""Key in the metadata under which the graph's origin stands."""


def has_geff() -> bool:
    """Tell whether the library that writes GEFF is installed."""
    return importlib.util.find_spec("geff") is not None


def write_geff(path: str | Path, tracks: Tracks, points: TrackPoints | None = None) -> None:
    """Write tracks as a GEFF store, whole or not at all.

    Axes are declared: time in frames, space in pixels with its scale and unit. Nodes have the
    properties ``track`` (declared as the tracklet), ``lineage`` and ``size`` in pixels, edges
    ``confidence`` where it is known.

    Parameters
    ----------
    path
        Of the folder, ending in ``.geff``.
    tracks
        To write.
    points
        From :func:`~napari_discembed.types.track_points`; None to look.

    Raises
    ------
    MissingDependencyError
        If the library ``geff`` is not installed.
    InputError
        If the name ends otherwise, or something else is there.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        raise InputError(f"{path}: expected a name that ends in {SUFFIX}.")
    try:
        from geff.core_io import write_arrays
    except ImportError as error:
        raise MissingDependencyError(
            "Writing GEFF needs the library geff: pip install 'napari-discembed[tracking]'."
        ) from error
    points = track_points(tracks) if points is None else points
    edges, confidence = track_edges(tracks.table, tracks.links, points)
    nodes: dict[str, NDArray[Any]] = {
        "t": points.frames.astype(np.float64),
        **{
            letter.lower(): points.centroids[:, axis]
            for axis, letter in enumerate(tracks.axes.spatial)
        },
        "track": points.ids.astype(np.int64),
        "lineage": roots(tracks.table)[np.searchsorted(tracks.table.ids, points.ids)],
        "size": points.sizes.astype(np.int64),
    }
    links = {CONFIDENCE: confidence} if len(tracks.links) else {}
    with replaced_folder(path, is_ours=is_our_geff) as fresh, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of zarr, about formats to come
        write_arrays(
            fresh,
            np.arange(len(points), dtype=np.uint64),
            _properties(nodes),
            edges.astype(np.uint64),
            _properties(links),
            _metadata(tracks),
        )


def is_our_geff(path: Path) -> bool:
    """Tell whether a folder is a store that :func:`write_geff` wrote."""
    attributes = path / ".zattrs"
    return attributes.is_file() and f'"{EXTRA}"' in attributes.read_text("utf-8", "replace")


def _metadata(tracks: Tracks) -> Any:  # noqa: ANN401 - a GeffMetadata
    from geff import GeffMetadata

    about = tracks.segmentation
    axes: list[dict[str, Any]] = [{"name": "t", "type": "time", "unit": "frame"}]
    for letter, size in zip(about.axes.spatial, about.pixel_size, strict=True):
        axis = {"name": letter.lower(), "type": "space", "unit": "pixel"}
        scaled = {"scale": size, "scaled_unit": about.unit} if about.unit != "pixel" else {}
        axes.append(axis | scaled)
    origin = {"name": about.name, "version": about.provenance.version}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # units that OME-NGFF does not list, such as pixels
        return GeffMetadata.model_validate(
            {
                "directed": True,
                "axes": axes,
                "node_props_metadata": {},
                "edge_props_metadata": {},
                "track_node_props": {"tracklet": "track", "lineage": "lineage"},
                "extra": {EXTRA: origin},
            }
        )


def _properties(columns: dict[str, NDArray[Any]]) -> dict[str, Any]:
    return {name: {"values": values, "missing": None} for name, values in columns.items()}
