"""GeoJSON of QuPath: objects with class and measurements, outlines with holes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_discembed.config.base import first_problem
from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.files import atomic_path
from napari_discembed.imaging.polygons import trace_polygons
from napari_discembed.io.outlines import Outline, instances_of
from napari_discembed.io.planes import OURS, Picture, PlaneMask, planes_of
from napari_discembed.text import pluralize
from napari_discembed.types import Instances, ObjectTable

ObjectType: TypeAlias = Literal["detection", "annotation"]
"""What objects are in QuPath: many that are measured, or some that a person edits."""
NOT_MEASURED = frozenset({"label", "frame", "plane", "class"})
"""Columns of a table that are no measurements."""
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Point = Annotated[list[_Number], Field(min_length=2)]
_Ring = Annotated[list[_Point], Field(min_length=3)]
_Polygon = Annotated[list[_Ring], Field(min_length=1)]
_Index = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Plane(_Part):
    z: _Index = 0
    t: _Index = 0


class _Geometry(_Part):
    type: str
    coordinates: Any = None
    plane: _Plane | None = None


class _Polygons(_Part):
    coordinates: Annotated[list[_Polygon], Field(min_length=1)]


class _Properties(_Part):
    classification: dict[str, Any] | str | None = None
    measurements: dict[str, Any] | list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None


class _Feature(_Part):
    geometry: _Geometry | None
    properties: _Properties | None = None
    nucleus: Any = Field(None, alias="nucleusGeometry")


class _Collection(_Part):
    features: list[_Feature]


def write_geojson(
    path: str | Path,
    instances: Instances,
    table: ObjectTable | None = None,
    *,
    object_type: ObjectType = "detection",
) -> None:
    """Write objects for QuPath, whole or not at all.

    Parameters
    ----------
    path
        Ends in ``.geojson``.
    instances
        Each plane of an object is a feature of its own.
    table
        A row an object, whose numbers become measurements; None for the size alone.
    object_type
        What they are in QuPath.

    Raises
    ------
    InputError
        If the table has another number of rows.
    """
    table = instances.table() if table is None else table
    if len(table) != len(instances):
        raise InputError(f"Expected a row for each of {len(instances)} objects, got {len(table)}.")
    measured = _measurements(table)
    frames = instances.frames.tolist()
    rows = {(*f, n): i for i, (f, n) in enumerate(zip(frames, instances.numbers, strict=True))}
    n_frames = len(instances.frame_axes or "")
    features = [
        _feature(mask, measured[rows[*[*mask.index.values()][:n_frames], mask.number]], object_type)
        for mask in planes_of(instances)
    ]
    document = {
        "type": "FeatureCollection",
        OURS: Picture.of(instances).model_dump(),
        "features": features,
    }
    with atomic_path(Path(path)) as partial:
        partial.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")


def _measurements(table: ObjectTable) -> list[dict[str, float]]:
    """Return the numbers of each row, under names with their units."""
    units = {
        name: _unit(name, table.unit)
        for name, column in table.columns.items()
        if name not in NOT_MEASURED and np.asarray(column).dtype.kind in "uif"
    }
    columns = {f"{name}{unit}": np.asarray(table[name], float) for name, unit in units.items()}
    return [
        {name: float(column[i]) for name, column in columns.items() if np.isfinite(column[i])}
        for i in range(len(table))
    ]


def _unit(name: str, unit: str) -> str:
    """Return the unit of a column, to be added to its name; nothing for what has none."""
    powers = {"area": "^2", "volume": "^3"}
    lengths = ("centroid_", "equivalent_diameter", "length", "width", "perimeter")
    if name in powers:
        return f" ({unit}{powers[name]})"
    return f" ({unit})" if name.startswith(lengths) else ""


def _feature(
    mask: PlaneMask, measured: Mapping[str, float], object_type: ObjectType
) -> dict[str, Any]:
    polygons = [
        [_closed(ring + mask.start[::-1]) for ring in polygon]
        for polygon in trace_polygons(mask.mask)
    ]
    several = len(polygons) > 1
    geometry: dict[str, Any] = {
        "type": "MultiPolygon" if several else "Polygon",
        "coordinates": polygons if several else polygons[0],
    }
    if mask.index:
        place = {"z": mask.index.get("Z", 0), "t": mask.index.get("T", 0)}
        geometry["plane"] = {"c": -1, **place}
    properties: dict[str, Any] = {
        "objectType": object_type,
        "name": str(mask.number),
        "measurements": measured,
        "metadata": {"label": str(mask.number)},
    }
    if mask.kind:
        properties["classification"] = {"name": mask.kind}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _closed(ring: Any) -> list[list[int]]:  # noqa: ANN401
    points: list[list[int]] = ring.tolist()
    return [*points, points[0]]


def looks_like_geojson(document: object) -> bool:
    """Tell whether a JSON document is GeoJSON: features, alone, in a list or a collection."""
    if isinstance(document, list):
        return bool(document) and looks_like_geojson(document[0])
    kind = document.get("type") if isinstance(document, dict) else None
    return kind in ("FeatureCollection", "Feature")


def read_geojson(
    path: Path, document: object, like: Picture | None = None, *, smallest: bool = False
) -> Instances:
    """Read the objects of a JSON document.

    Parameters
    ----------
    path
        Of the file, for messages.
    document
        Such as :func:`looks_like_geojson` knows.
    like, smallest
        As :func:`~napari_discembed.io.outlines.instances_of` has them.

    Raises
    ------
    FileFormatError
        If a part is missing or cannot be.
    InputError
        If the size of the image is not known.

    Warns
    -----
    FileNote
        Of points and lines, which have no pixels, and of nuclei within cells; both are left out.
    """
    own = Picture.read(document.get(OURS)) if isinstance(document, dict) else None
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = [document]
    try:
        wrapped = {"features": document} if isinstance(document, list) else document
        features = _Collection.model_validate(wrapped).features
        outlines = [o for feature in features if (o := _outline(feature)) is not None]
    except ValidationError as error:
        raise FileFormatError(
            f"{path}: expected GeoJSON of outlines, got something else: {first_problem(error)}"
        ) from error
    for note in _notes(features, len(outlines)):
        warnings.warn(f"{path}: {note}", FileNote, stacklevel=3)
    return instances_of(path, outlines, own, like, smallest=smallest)


def _notes(features: Sequence[_Feature], outlined: int) -> Iterator[str]:
    if outlined < len(features):
        yield (
            f"{pluralize(len(features) - outlined, 'feature')} without an area (points, lines) "
            "left out."
        )
    nuclei = sum(feature.nucleus is not None for feature in features)
    if nuclei:
        yield f"{pluralize(nuclei, 'nucleus outline')} left out; the outlines of cells were read."


def _outline(feature: _Feature) -> Outline | None:
    """Return the outline of a feature; None where it has no area."""
    geometry = feature.geometry
    if geometry is None or geometry.type not in ("Polygon", "MultiPolygon"):
        return None
    several = geometry.type == "MultiPolygon"
    parts = geometry.coordinates if several else [geometry.coordinates]
    polygons = _Polygons.model_validate({"coordinates": parts}).coordinates
    properties = feature.properties or _Properties()
    plane = geometry.plane
    return Outline(
        [[np.array([p[:2] for p in ring], float) for ring in polygon] for polygon in polygons],
        {} if plane is None else {"Z": plane.z, "T": plane.t},
        _number(properties.metadata),
        _score(properties.measurements),
        _kind(properties.classification),
    )


def _number(metadata: Mapping[str, Any] | None) -> int | None:
    label = str((metadata or {}).get("label", ""))
    return int(label) if label.isdecimal() and 0 < int(label) < 2**63 else None


def _score(measurements: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> float | None:
    if isinstance(measurements, Sequence):  # as QuPath wrote them before 0.4
        measurements = {str(m.get("name")): m.get("value") for m in measurements}
    for name, value in (measurements or {}).items():
        if name.lower() in ("score", "probability") and isinstance(value, int | float):
            return float(value)
    return None


def _kind(classification: Mapping[str, Any] | str | None) -> str:
    if isinstance(classification, Mapping):
        names = classification.get("names")
        both = ": ".join(map(str, names)) if isinstance(names, list) else ""
        return str(classification.get("name") or both)
    return classification or ""
