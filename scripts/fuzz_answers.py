# ruff: noqa: D103 - run by hand
"""What is read of each kind of sound input, by which a damaged one is found silently wrong."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from napari_discembed.io.embeddings import read_embedding
from napari_discembed.io.images import read_image
from napari_discembed.models import load_model
from napari_discembed.models.checkpoint import weights_hash
from napari_discembed.session import autosave as autosaves
from napari_discembed.session.trainings import Training


def digest(*values: object) -> str:
    found = hashlib.sha256()
    for value in values:
        array = isinstance(value, np.ndarray)
        found.update(f"{value.dtype} {value.shape}".encode() if array else repr(value).encode())
        found.update(np.ascontiguousarray(value).tobytes() if array else b"")
    return found.hexdigest()


def picture(folder: str) -> Callable[[Path], str]:
    def read(root: Path) -> str:
        image = read_image(root / folder / "d.png")
        return digest(np.asarray(image.data), image.axes, image.pixel_size)

    return read


def model(root: Path) -> str:
    found = load_model(root / "tiny.safetensors")
    return digest(found.card.model_dump_json(), weights_hash(found.net.state_dict()))


def embedding(root: Path) -> str:
    found = read_embedding(root / "a.dembed")
    maps = [part for name in sorted(found.maps) for part in (name, np.asarray(found.maps[name]))]
    about = (found.space, found.diameter, found.image_shape, found.pixel_size, found.unit)
    return digest(*maps, *about, found.name, asdict(found.provenance))


def record(root: Path) -> str:
    """Return the counts; the labels themselves may have been corrected by a person."""
    with (root / "done" / "counts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return digest([{k: v for k, v in row.items() if k != "seconds"} for row in rows])


def autosave(root: Path) -> str:
    before, autosaves.is_in_use = autosaves.is_in_use, lambda _folder: False
    try:
        [(_, found)] = autosaves.left_over(root / "autosave")
    finally:
        autosaves.is_in_use = before
    labels = [part for name, array in found.labels.items() for part in (name, array)]
    return digest(*labels, found.config, found.model, found.places)


def training(root: Path) -> str:
    found = Training(next((root / "trainings").iterdir()))
    images, labels = found.pairs()
    about = [(i.axes, i.pixel_size, i.unit, i.name) for i in images]
    return digest(found.request, about, *(np.asarray(i.data) for i in images), *labels)


def learnt(root: Path) -> str:
    """Return the hash of the weights that a training which went on came to."""
    return load_model(root / "learnt" / "m.safetensors").card.weights_sha256


ANSWERS: dict[str, Callable[[Path], str]] = {
    "image": picture("images"), "labels": picture("labels"), "model": model, "dembed": embedding,
    "record": record, "autosave": autosave, "training": training, "state": learnt,
}  # fmt: skip
"""Of the kinds that carry a checksum, so that the only right answer is that of the sound input."""
