"""Embeddings from and to ``.dembed`` folders.

A folder of ``.npy`` arrays, one for each map, and one ``embedding.json``: the arrays are mapped,
not read, so that an embedding larger than memory opens at once. See
:mod:`napari_discembed.io.store` for why not zarr.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.errors import FileFormatError
from napari_discembed.files import atomic_path
from napari_discembed.io.store import new_folder, read_maps
from napari_discembed.types import Embedding, EuclideanSpace, Margins, Provenance

SUFFIX = ".dembed"
CARD = "embedding.json"
FORMAT = 2


def write_embedding(path: str | Path, embedding: Embedding) -> Path:
    """Write an embedding as a folder, whole or not at all; one of the same name is replaced.

    Parameters
    ----------
    path
        A name that ends in ``.dembed``; where it does not, that is added.
    embedding
        What to write.

    Returns
    -------
    The folder.
    """
    path = Path(path)
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    fresh = path.with_name(f".{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    everything = (slice(None),) * len(embedding.shape)
    with new_folder(fresh, {name: array.shape for name, array in embedding.maps.items()}) as maps:
        for name, array in embedding.maps.items():
            maps.write(name, everything, np.asarray(array, dtype=np.float32))
        with atomic_path(maps.folder / CARD) as partial:
            partial.write_text(json.dumps(_card(embedding), indent=1))
    if path.exists():
        shutil.rmtree(path)
    fresh.rename(path)
    return path


def read_embedding(path: str | Path) -> Embedding:
    """Open an embedding; its arrays are memory maps.

    Raises
    ------
    FileFormatError
        If the folder is no embedding, incomplete, or of another version.
    """
    path = Path(path)
    try:
        card = json.loads((path / CARD).read_text())
        version = card.pop("format")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileFormatError(
            f"{path}: expected a {SUFFIX} folder with {CARD}, as napari-discembed writes it."
        ) from error
    if version not in range(1, FORMAT + 1):
        raise FileFormatError(
            f"{path}: expected embedding format 1 to {FORMAT}, got {version}. Update "
            "napari-discembed, or embed the image again."
        )
    try:
        maps = read_maps(path)
        if version == 1:
            card, maps = _migrated(card), {_FORMAT_1.get(k, k): v for k, v in maps.items()}
        return Embedding(
            maps=maps,
            space=_space(card["space"]),
            diameter=float(card["diameter"]),
            image_shape=tuple(card["image_shape"]),
            pixel_size=tuple(card["pixel_size"]),
            unit=str(card["unit"]),
            name=str(card["name"]),
            provenance=Provenance(**card["provenance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{path}: the embedding is incomplete or damaged ({error}). Embed the image again."
        ) from error


_FORMAT_1 = {"values": "embedding"}
"""Names of maps in format 1 (release 0.1), and what they are called now."""


def _migrated(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card of format 1, which had margins and a flag in place of the space."""
    space = {"kind": "euclidean", **card["margins"], "has_coordinates": card["spatial"]}
    return {**card, "space": space}


def _space(values: Mapping[str, Any]) -> EuclideanSpace:
    if values["kind"] != "euclidean":
        raise ValueError(f"its space {values['kind']!r} is not known here: update napari-discembed")
    margins = Margins(pull=float(values["pull"]), push=float(values["push"]))
    return EuclideanSpace(margins, bool(values["has_coordinates"]))


def _card(embedding: Embedding) -> dict[str, Any]:
    space = embedding.space
    return {
        "format": FORMAT,
        "space": {
            "kind": space.kind,
            **asdict(space.margins),
            "has_coordinates": space.has_coordinates,
        },
        "diameter": embedding.diameter,
        "image_shape": embedding.image_shape,
        "pixel_size": embedding.pixel_size,
        "unit": embedding.unit,
        "name": embedding.name,
        "provenance": asdict(embedding.provenance),
    }
