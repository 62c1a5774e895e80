"""The files of an autosaved annotation: a card in JSON, and the labels."""

from __future__ import annotations

import json
import math
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from napari_discembed.checksums import is_sound
from napari_discembed.config import (
    ClusteringConfig,
    DensityConfig,
    clustering_config,
    read_clustering,
)
from napari_discembed.errors import DiscembedError, FileFormatError
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.types import IntArray, Kind
from napari_discembed.types.kinds import MOST_KINDS

CARD, OWNER = "annotation.json", "owner.txt"
ARRAYS = "labels-*.npz"
REMEDY = "The labels may be in the file that ends in .npz, which numpy opens."


class Stopped(Exception):  # noqa: N818 - no error: someone asked
    """Writing was given up, since nobody needs it any more."""


class Card(BaseModel):
    """What is written beside the labels. What another release writes besides is left out.

    Attributes
    ----------
    names
        Of the layers.
    arrays
        Name of the file of labels, in the same folder.
    config
        Of the clustering, as plain values; ``knobs`` in release 0.1.
    model, places, saved, kinds, of_kinds
        As for :class:`~napari_discembed.session.autosave.Annotation`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    names: list[str]
    arrays: str
    config: Any = None
    knobs: Any = None
    model: str = ""
    places: dict[str, dict[str, Any]] = Field(default_factory=dict)
    saved: float = Field(allow_inf_nan=False)
    kinds: tuple[Kind, ...] = Field(default=(), max_length=MOST_KINDS)
    of_kinds: dict[str, dict[int, str]] = Field(default_factory=dict)

    @field_validator("arrays")
    @classmethod
    def _lies_beside(cls, name: str) -> str:
        if not Path(name).match(ARRAYS) or name != Path(name.replace("\\", "/")).name:
            msg = f"expected the name of a file like {ARRAYS}, got {name}"
            raise ValueError(msg)
        return name

    def clustering(self) -> ClusteringConfig:
        """Return the config; where another release wrote what this one does not know, the usual."""
        stored = self.knobs if self.config is None else self.config
        try:
            return clustering_config(**read_clustering(stored or {}))
        except (DiscembedError, TypeError, AttributeError):
            return DensityConfig()


def read_card(folder: Path) -> Card:
    """Read the card.

    Raises
    ------
    FileFormatError
        If it is missing, damaged, or names a file elsewhere.
    OSError
        If the file system does not give it.
    """
    path = folder / CARD
    if not path.exists():
        raise FileFormatError(f"{path}: not there. {REMEDY}")
    try:
        content = path.read_bytes()
        card = Card.model_validate_json(content)
        sound = is_sound(json.loads(content))
    except ValueError as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise FileFormatError(f"{path}: not as it is written here ({first}). {REMEDY}") from error
    if not sound:
        raise FileFormatError(f"{path}: damaged, as its checksum differs. {REMEDY}")
    return card


def read_labels(folder: Path, card: Card) -> dict[str, IntArray]:
    """Read the labels, without allocating more than the file holds.

    Raises
    ------
    FileFormatError
        If the file is damaged, or holds something else.
    OSError
        If the file system does not give it.
    """
    path = folder / card.arrays
    if not path.exists():
        raise FileFormatError(f"{path}: not there, although {CARD} names it. {REMEDY}")
    with (
        path.open("rb") as file,
        told_as_damaged(path, "the labels of an annotation", REMEDY),
        zipfile.ZipFile(file) as archive,
    ):
        return {name: _array(archive, f"{i}.npy") for i, name in enumerate(card.names)}


def _array(archive: zipfile.ZipFile, member: str) -> IntArray:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        shape, _, dtype = (read if version == (1, 0) else np.lib.format.read_array_header_2_0)(file)
    if (
        dtype.kind not in "uib"
        or math.prod(shape) * dtype.itemsize > archive.getinfo(member).file_size
    ):
        msg = f"{member} claims {shape} of {dtype}"
        raise ValueError(msg)
    with archive.open(member) as file:
        array: IntArray = np.lib.format.read_array(file, allow_pickle=False)
        if file.read(1):  # at the end, too, the archive compares its checksum
            msg = f"{member} holds more than {shape} of {dtype}"
            raise ValueError(msg)
        return array


def write_labels(path: Path, labels: Sequence[IntArray], stop: threading.Event) -> None:
    """Write labels, as ``numpy.load`` reads them, quickly rather than small.

    Raises
    ------
    Stopped
        If `stop` is set meanwhile.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for i, array in enumerate(labels):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(_Stoppable(file, stop), array, allow_pickle=False)


class _Stoppable:
    """A file that can be told to stop; numpy writes to it in parts of 16 MiB."""

    def __init__(self, file: IO[bytes], stop: threading.Event) -> None:
        self._file, self._stop = file, stop

    def write(self, data: bytes) -> int:
        if self._stop.is_set():
            raise Stopped
        return self._file.write(data)
