"""What a group of labels says of itself, and the list of the labels of an image."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_discembed.files import atomic_path
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.lock import locked
from napari_discembed.types import IntArray, Kind, Provenance
from napari_discembed.types.axes import CHANNEL

if TYPE_CHECKING:
    from napari_discembed.io.ome_zarr.label_target import LabelTarget

OURS = "discembed"
"""Key of what this program says besides: version, model and settings."""

_TYPES = {"T": "time", CHANNEL: "channel"}
_VERSIONS = {2: "0.4", 3: "0.5"}
_LOCK = ".discembed.lock"


def label_attributes(target: LabelTarget, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a group of labels.

    Parameters
    ----------
    target
        Where the labels go; levels, scales and units are those of its image.
    about
        ``properties`` and ``colors`` of the numbers, as NGFF has them, and what this program says
        under :data:`OURS`.
    """
    version = _VERSIONS[target.image.zarr_format]
    known = {key: about[key] for key in ("colors", "properties") if about.get(key)}
    label = {"version": version, "source": {"image": "../../"}, **known}
    found = {"multiscales": [_multiscale(target, version)], "image-label": label}
    ours = {OURS: about[OURS]} if OURS in about else {}
    if target.image.zarr_format == 2:
        return {**found, **ours}
    return {"ome": {"version": version, **found}, **ours}


def notes_of(
    classes: IntArray | None, kinds: Sequence[Kind], provenance: Provenance, settings: str = ""
) -> dict[str, Any]:
    """Return what a group of labels says of the objects and of how they were found.

    Parameters
    ----------
    classes
        ``(N,)``: the class, from 1, of the object of each number, from 1; None for one class.
    kinds
        What the classes are called.
    provenance
        Of the labels.
    settings
        Hash of all that the labels depend on, by which they are known again.
    """
    named = [] if classes is None else classes.tolist()
    return {
        "properties": [
            {"label-value": number, "class": kinds[of - 1].name}
            for number, of in enumerate(named, 1)
            if of
        ],
        OURS: {**asdict(provenance), "settings": settings},
    }


def _multiscale(target: LabelTarget, version: str) -> dict[str, Any]:
    multiscale = target.image.multiscale
    kept = [i for i, letter in enumerate(target.letters) if letter != CHANNEL]
    levels = range(target.level, len(target.image.arrays))
    datasets = [
        {"path": str(i), "coordinateTransformations": _transformations(target, level, kept)}
        for i, level in enumerate(levels)
    ]
    axes = [multiscale.axes[i].model_dump(exclude_none=True) for i in kept if multiscale.axes]
    if not axes:
        axes = [{"name": a.lower(), "type": _TYPES.get(a, "space")} for a in target.axes]
    found = {"name": target.name, "axes": axes, "datasets": datasets}
    return {"version": version, **found} if target.image.zarr_format == 2 else found


def _transformations(target: LabelTarget, level: int, kept: list[int]) -> list[dict[str, Any]]:
    """Return the scale, and the translation if there is one, of a level of the image."""
    multiscale, n = target.image.multiscale, len(target.letters)
    scale = multiscale.scale(level)
    if scale is None or len(scale) != n or not all(s > 0 for s in scale):
        arrays = target.image.arrays
        shapes = zip(arrays[0].shape, arrays[level].shape, strict=True)
        scale = tuple(fine / coarse for fine, coarse in shapes)
    found: list[dict[str, Any]] = [{"type": "scale", "scale": [float(scale[i]) for i in kept]}]
    moved = multiscale.translation(level)
    if moved is not None and len(moved) == n:
        found.append({"type": "translation", "translation": [float(moved[i]) for i in kept]})
    return found


def register_label(folder: Path, name: str, zarr_format: int) -> None:
    """Add a name to the list of the labels of an image, if it is not there.

    Parameters
    ----------
    folder
        The group of all labels of the image.
    name
        Of the labels.
    zarr_format
        2 or 3.
    """

    def registered(about: dict[str, Any]) -> dict[str, Any]:
        if zarr_format == 2:
            return {**about, "labels": _with(about, "labels", name)}
        ome = dict(about.get("ome") or {"version": _VERSIONS[3]})
        return {**about, "ome": {**ome, "labels": _with(ome, "labels", name)}}

    with locked(folder / _LOCK):
        change_group(folder, zarr_format, registered)


def register_table(folder: Path, name: str, zarr_format: int) -> None:
    """Add a name to the list of the tables of an image, as :func:`register_label` does."""
    with locked(folder / _LOCK):
        change_group(
            folder, zarr_format, lambda about: {**about, "tables": _with(about, "tables", name)}
        )


def change_group(
    folder: Path, zarr_format: int, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Change what a group says of itself; it is made where there is none.

    Parameters
    ----------
    folder
        The group.
    zarr_format
        2 or 3.
    change
        Takes its attributes and returns the new ones.
    """
    if zarr_format == 2:
        if not (folder / ".zgroup").is_file():
            _write(folder / ".zgroup", {"zarr_format": 2})
        _write(folder / ".zattrs", change(_read(folder / ".zattrs")))
        return
    node = _read(folder / "zarr.json") or {"zarr_format": 3, "node_type": "group"}
    _write(folder / "zarr.json", {**node, "attributes": change(dict(node.get("attributes") or {}))})


def check_list(folder: Path) -> None:
    """Refuse a group of labels or tables whose list cannot be read, and so not be added to.

    Raises
    ------
    FileFormatError
        If it is damaged.
    """
    for name in (".zattrs", "zarr.json"):
        _read(folder / name)


def _with(about: Mapping[str, Any], key: str, name: str) -> list[str]:
    names = about.get(key, [])
    known = [str(n) for n in names] if isinstance(names, list) else []
    return known if name in known else [*known, name]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with told_as_damaged(path, "the metadata of a zarr group", "Repair it, or delete that group."):
        found: dict[str, Any] = dict(json.loads(path.read_bytes()))
        return found


def _write(path: Path, values: Mapping[str, Any]) -> None:
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(values, indent=2), encoding="utf-8")
