"""Embeddings from and to ``.dembed`` folders.

A folder of ``.npy`` arrays and one ``embedding.json``: the arrays are mapped, not read, so that an
embedding larger than memory opens at once. See :mod:`napari_discembed.io.store` for why not zarr.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.errors import FileFormatError
from napari_discembed.files import atomic_path
from napari_discembed.io.store import new_folder, read_maps
from napari_discembed.types import Embedding, Margins, Provenance

SUFFIX = ".dembed"
CARD = "embedding.json"
FORMAT = 1


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
    arrays = {"values": embedding.values, "foreground": embedding.foreground}
    if embedding.seediness is not None:
        arrays["seediness"] = embedding.seediness[None]
    fresh = path.with_name(f".{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    everything = (slice(None),) * len(embedding.shape)
    with new_folder(fresh, {name: array.shape for name, array in arrays.items()}) as maps:
        for name, array in arrays.items():
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
    except (OSError, ValueError, KeyError) as error:
        raise FileFormatError(
            f"{path}: expected a {SUFFIX} folder with {CARD}, as napari-discembed writes it."
        ) from error
    if version != FORMAT:
        raise FileFormatError(f"{path}: expected embedding format {FORMAT}, got {version}.")
    try:
        arrays = read_maps(path)
        seediness = arrays.get("seediness")
        return Embedding(
            values=arrays["values"],
            foreground=arrays["foreground"],
            seediness=None if seediness is None else seediness[0],
            margins=Margins(**card.pop("margins")),
            provenance=Provenance(**card.pop("provenance")),
            image_shape=tuple(card.pop("image_shape")),
            pixel_size=tuple(card.pop("pixel_size")),
            **card,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{path}: the embedding is incomplete or damaged ({error}). Embed the image again."
        ) from error


def _card(embedding: Embedding) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "margins": asdict(embedding.margins),
        "diameter": embedding.diameter,
        "image_shape": embedding.image_shape,
        "spatial": embedding.spatial,
        "pixel_size": embedding.pixel_size,
        "unit": embedding.unit,
        "name": embedding.name,
        "provenance": asdict(embedding.provenance),
    }
