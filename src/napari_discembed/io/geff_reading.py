"""Tracks of other programs: the Graph Exchange File Format (GEFF), and TrackMate's XML.

Such a file says where a program saw objects and which is which later; the masks are elsewhere.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError, InputError, MissingDependencyError
from napari_discembed.io.calibration import PIXEL, canonical_unit
from napari_discembed.io.geff import CONFIDENCE, SUFFIX
from napari_discembed.types import Axes, IntArray

TRACKMATE = ".xml"
FRAME_PROPERTY = "FRAME"
"""What TrackMate calls the frame, beside a time in seconds."""
_LETTERS = {2: ("Y", "X"), 3: ("Z", "Y", "X")}


@dataclass(frozen=True, slots=True, eq=False)
class TrackGraph:
    """What another program saw in a movie, and which is the same object, or its child, later.

    Attributes
    ----------
    frames
        ``(N,)``: of each node, from 0.
    places
        ``(N, D)``: where it is.
    axes
        ``YX`` or ``ZYX``: of the places.
    unit
        Of the places, such as ``micrometer``; ``pixel`` where none is said.
    edges
        ``(L, 2)`` nodes that are one object, or parent and child, in any order.
    confidence
        ``(L,)``: how sure each edge is, in [0, 1]; NaN where that is not known.
    name
        Of the file.
    """

    frames: IntArray
    places: NDArray[np.float64]
    axes: Axes
    unit: str
    edges: IntArray
    confidence: NDArray[np.float64]
    name: str

    def __len__(self) -> int:
        """Return the number of nodes, N."""
        return len(self.frames)


def read_graph(path: str | Path) -> TrackGraph:
    """Read tracks without masks.

    Parameters
    ----------
    path
        A GEFF store, whose name ends in ``.geff``, or TrackMate's ``.xml``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    MissingDependencyError
        If the library ``geff`` is not installed.
    InputError
        If the name ends otherwise, no axes are declared, or time is not in frames.
    FileFormatError
        If it is damaged, or no such file.
    """
    path = Path(path)
    if path.suffix not in (SUFFIX, TRACKMATE):
        raise InputError(f"{path}: expected a name that ends in {SUFFIX} or {TRACKMATE}.")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. Check the spelling.")
    try:
        import geff  # noqa: F401 - is it here?
    except ImportError as error:
        raise MissingDependencyError(
            "Reading GEFF needs the library geff: pip install 'napari-discembed[tracking]'."
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of properties and units that are not asked for here
        if path.suffix == SUFFIX:
            return _read(path, path.name)
        return _read_trackmate(path)


def _read_trackmate(path: Path) -> TrackGraph:
    from geff.convert import from_trackmate_xml_to_geff

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / f"tracks{SUFFIX}"
        try:
            from_trackmate_xml_to_geff(path, store)
        except Exception as error:
            raise FileFormatError(
                f"{path}: expected TrackMate's XML, with its model of spots and tracks, and it "
                f"cannot be read ({_first_line(error)}). Save it once more from TrackMate."
            ) from error
        return _read(store, path.name)


def _read(path: Path, name: str) -> TrackGraph:
    from geff import GeffMetadata
    from geff.core_io import read_to_memory

    try:
        about = GeffMetadata.read(path)
        axes = list(about.axes or [])
        wanted = [axis.name for axis in axes]
        extra = [FRAME_PROPERTY] if FRAME_PROPERTY in about.node_props_metadata else []
        sure = [CONFIDENCE] if CONFIDENCE in about.edge_props_metadata else []
        graph = read_to_memory(path, node_props=[*wanted, *extra], edge_props=sure)
    except Exception as error:
        raise FileFormatError(
            f"{path}: expected a GEFF store, and it cannot be read ({_first_line(error)}). Write "
            "it again."
        ) from error
    columns = {key: np.asarray(column["values"]) for key, column in graph["node_props"].items()}
    space = _spatial_axes(axes, name)
    unit = _unit([axis for axis in axes if axis.name in space.values()], name)
    places = [columns[space[letter]].astype(np.float64) for letter in space]
    nodes, edges = np.asarray(graph["node_ids"]), np.asarray(graph["edge_ids"])
    if not np.isin(edges, nodes).all():
        raise FileFormatError(
            f"{path}: expected edges between its nodes, got others. Write it again."
        )
    order = np.argsort(nodes, kind="stable")
    ends = order[np.searchsorted(nodes[order], edges.reshape(-1, 2))]
    return TrackGraph(
        _frames(axes, columns, name),
        np.stack(places, axis=1),
        Axes("".join(space)),
        unit,
        ends.astype(np.int64),
        _confidence(graph["edge_props"], len(ends)),
        name,
    )


def _spatial_axes(axes: list[Any], name: str) -> dict[str, str]:
    """Return which property is the place along Z, Y and X, in that order."""
    found = [axis.name for axis in axes if str(axis.type) == "space"]
    by_letter = {key[-1:].upper(): key for key in found}
    if len(by_letter) == len(found) and by_letter.keys() <= set("ZYX"):
        kept = {letter: by_letter[letter] for letter in "ZYX" if letter in by_letter}
    else:
        kept = dict(zip(_LETTERS.get(len(found), ()), found, strict=False))
    if not kept.keys() >= {"Y", "X"}:
        raise InputError(
            f"{name}: expected declared axes in space, two or three, got {found or 'none'}. "
            "Declare them where it was written."
        )
    return kept


def _unit(axes: list[Any], name: str) -> str:
    units = {canonical_unit(axis.unit) for axis in axes}
    if len(units) > 1:
        raise InputError(f"{name}: expected one unit of all axes in space, got {sorted(units)}.")
    return units.pop() if units else PIXEL


def _frames(axes: list[Any], columns: dict[str, NDArray[Any]], name: str) -> IntArray:
    time = [axis.name for axis in axes if str(axis.type) == "time"]
    key = FRAME_PROPERTY if FRAME_PROPERTY in columns else (time[0] if time else "")
    if key not in columns:
        raise InputError(f"{name}: expected a declared axis of time, got none.")
    values = columns[key].astype(np.float64)
    frames = np.rint(values)
    if not np.allclose(values, frames, atol=1e-6) or (frames < 0).any():
        raise InputError(
            f"{name}: expected time in frames from 0, whole numbers, got {values.min():g} to "
            f"{values.max():g} in the property {key}. Write it with frames as the axis of time."
        )
    return frames.astype(np.int64)


def _confidence(columns: Mapping[str, Any], n: int) -> NDArray[np.float64]:
    column = columns.get(CONFIDENCE)
    if column is None:
        return np.full(n, np.nan)
    values = np.asarray(column["values"], dtype=np.float64)
    missing = column.get("missing")
    known = (values >= 0) & (values <= 1) & (True if missing is None else ~np.asarray(missing))
    return np.where(known, values, np.nan)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
