"""Embeddings from and to ``.dembed`` folders.

A folder of ``.npy`` arrays, one for each map, and one ``embedding.json``, with a checksum of each:
the arrays are mapped, so that an embedding may be larger than memory. See
:mod:`napari_discembed.io.store` for why not zarr.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt

from napari_discembed.checksums import file_checksum, is_sound, sealed
from napari_discembed.config import Config
from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.files import atomic_path, replaced_folder, restore_folder
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.store import new_folder, read_maps
from napari_discembed.types import (
    CosineSpace,
    Embedding,
    EmbeddingSpace,
    EuclideanSpace,
    Kind,
    Margins,
    Provenance,
)
from napari_discembed.types.kinds import MOST_KINDS

SUFFIX = ".dembed"
CARD = "embedding.json"
FORMAT = 2
_CHANGED = (
    "{path}: damaged: {file} is not as it was written, as its checksum differs. Embed the image "
    "again."
)
MOST_PIXELS = 2**34
"""Of an image that labels are made of, so that a damaged card asks for no terabytes."""


class _SpaceCard(Config):
    """The embedding space, as written."""

    kind: Literal["euclidean", "cosine"]
    pull: PositiveFloat
    push: PositiveFloat
    has_coordinates: bool


class _Card(Config):
    """What is said of the maps. A newer release may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: Literal[2] = 2
    space: _SpaceCard
    diameter: float = Field(gt=0, le=100_000)
    image_shape: tuple[PositiveInt, ...] = Field(min_length=2, max_length=3)
    pixel_size: tuple[PositiveFloat, ...] = Field(min_length=2, max_length=3)
    unit: str
    name: str
    provenance: dict[str, Any]
    kinds: tuple[Kind, ...] = Field(default=(), max_length=MOST_KINDS)
    checksums: dict[str, int] | None = None


def write_embedding(path: str | Path, embedding: Embedding) -> Path:
    """Write an embedding as a folder, whole or not at all; an embedding of that name is replaced.

    Parameters
    ----------
    path
        A name that ends in ``.dembed``; where it does not, that is added.
    embedding
        What to write.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        If something else is there under this name.
    """
    path = Path(path)
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    everything = (slice(None),) * len(embedding.shape)
    shapes = {name: array.shape for name, array in embedding.maps.items()}
    with replaced_folder(path, is_ours=_is_embedding) as fresh, new_folder(fresh, shapes) as maps:
        for name, array in embedding.maps.items():
            maps.write(name, everything, np.asarray(array, dtype=np.float32))
        sums = {name: file_checksum(maps.folder / f"{name}.npy") for name in shapes}
        card = sealed(_card(embedding, sums).model_dump(mode="json"))
        with atomic_path(maps.folder / CARD) as partial:
            partial.write_text(json.dumps(card, indent=1), encoding="utf-8")
    return path


def _is_embedding(folder: Path) -> bool:
    """Tell whether a folder is an embedding and nothing else: what was added is a person's."""
    known = {CARD} | {file.name for file in folder.glob("*.npy")}
    return (folder / CARD).is_file() and {p.name for p in folder.iterdir()} <= known


def read_embedding(path: str | Path, *, check: bool = True) -> Embedding:
    """Open an embedding; its arrays are memory maps.

    Parameters
    ----------
    path
        Of the folder.
    check
        Whether the arrays are read once, block by block, to compare their checksums, about a
        second for each gigabyte. Without, any size opens at once, and a changed bit is not seen.
        Folders of earlier releases have no checksums.

    Raises
    ------
    FileFormatError
        If the folder is no embedding, incomplete, damaged, or of another version.
    """
    path = Path(path)
    restore_folder(path)
    what = f"an embedding as napari-discembed writes it ({SUFFIX} with {CARD})"
    with told_as_damaged(path, what, "Embed the image again."):
        if not (path / CARD).is_file():
            raise FileFormatError(f"{path}: expected {what}.")
        values = json.loads((path / CARD).read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise FileFormatError(f"{path}: expected {what}.")
        version = values.get("format")
        if version not in range(1, FORMAT + 1):
            raise FileFormatError(
                f"{path}: expected embedding format 1 to {FORMAT}, got {version}. Update "
                "napari-discembed, or embed the image again."
            )
        if not is_sound(values):
            raise FileFormatError(_CHANGED.format(path=path, file=CARD))
        maps = read_maps(path)
        if version == 1:
            values, maps = _migrated(values), {_FORMAT_1.get(k, k): v for k, v in maps.items()}
        card = _Card.model_validate(values)
        if check and card.checksums is not None:
            _check_arrays(path, card.checksums)
        return _checked(path, card, maps)


def _check_arrays(path: Path, checksums: Mapping[str, int]) -> None:
    """Refuse arrays that are not as they were written."""
    there = {file.stem for file in path.glob("*.npy")}
    if there != checksums.keys():
        raise FileFormatError(
            f"{path}: expected the arrays {', '.join(sorted(checksums))}, got "
            f"{', '.join(sorted(there)) or 'none'}. Embed the image again."
        )
    for name, written in checksums.items():
        if file_checksum(path / f"{name}.npy") != written:
            raise FileFormatError(_CHANGED.format(path=path, file=f"{name}.npy"))


def _checked(path: Path, card: _Card, maps: Mapping[str, NDArray[np.float32]]) -> Embedding:
    """Return the embedding, if card and maps fit each other."""
    for name, array in maps.items():
        if array.dtype != np.float32:
            raise FileFormatError(f"{path}: expected float32 in {name}.npy, got {array.dtype}.")
    ndim = len(card.image_shape)
    if any(array.ndim != ndim + 1 for array in maps.values()) or len(card.pixel_size) != ndim:
        raise FileFormatError(
            f"{path}: expected maps of {ndim} spatial axes, as the image of shape "
            f"{card.image_shape}, got shapes {[array.shape for array in maps.values()]}."
        )
    if math.prod(card.image_shape) > MOST_PIXELS:
        raise FileFormatError(
            f"{path}: expected an image of at most {MOST_PIXELS} pixels, got {card.image_shape}."
        )
    known = Provenance.__dataclass_fields__
    try:
        return Embedding(
            maps=maps,
            space=_space(card.space),
            diameter=card.diameter,
            image_shape=card.image_shape,
            pixel_size=card.pixel_size,
            unit=card.unit,
            name=card.name,
            provenance=Provenance(**{k: v for k, v in card.provenance.items() if k in known}),
            kinds=card.kinds,
        )
    except InputError as error:  # maps that do not fit each other
        raise FileFormatError(f"{path}: {error} Embed the image again.") from error


def _space(card: _SpaceCard) -> EmbeddingSpace:
    if card.kind == "cosine":
        return CosineSpace(card.pull)
    return EuclideanSpace(Margins(card.pull, card.push), card.has_coordinates)


_FORMAT_1 = {"values": "embedding"}
"""Names of maps in format 1 (release 0.1), and what they are called now."""


def _migrated(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card of format 1, which had margins and a flag in place of the space."""
    space = {"kind": "euclidean", **card["margins"], "has_coordinates": card["spatial"]}
    return {**card, "space": space, "format": FORMAT}


def _card(embedding: Embedding, checksums: Mapping[str, int]) -> _Card:
    space = embedding.space
    return _Card.model_validate(
        {
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
            "kinds": embedding.kinds,
            "checksums": checksums,
        }
    )
