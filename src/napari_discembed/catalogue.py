"""Which models there are, told without loading torch."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from napari_discembed.files import data_folder
from napari_discembed.types import Kind

SHIPPED = Path(__file__).parent / "weights"
CARD = "discembed_card"
"""Key of a model's card in the header of its file."""
MODEL_SUFFIXES = (".safetensors", ".zip")
"""How the files of models end; a zip is a package for bioimage.io."""
PACKED = "discembed.safetensors"
"""The model's file within a package for bioimage.io."""
UNPACKING = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a package raises that is damaged, encrypted or packed in an unknown way."""
LONGEST_HEADER = 2**24
"""Bytes of a model's header that are read at most."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be loaded by name: ``"shipped"`` with the package, or ``"yours"``."""

    name: str
    path: Path
    origin: str


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a model takes: so many channels, of planes (2 axes) or of volumes (3)."""

    channels: int
    ndim: int


def user_folder() -> Path:
    """Return the folder of the user's models: ``DISCEMBED_MODELS``, or the system's place."""
    given = os.environ.get("DISCEMBED_MODELS")
    return Path(given) if given else data_folder() / "models"


def list_models() -> list[ModelEntry]:
    """Return the models that can be loaded by name, the shipped ones first."""
    return [
        ModelEntry(path.stem, path, origin)
        for folder, origin in ((SHIPPED, "shipped"), (user_folder(), "yours"))
        for path in sorted(folder.glob("*.safetensors"))
        if not path.name.endswith(".state.safetensors")
    ]


def last_made() -> str:
    """Return the file of the user's model that was written last; empty where there is none."""
    own = [entry.path for entry in list_models() if entry.origin != "shipped"]
    return str(max(own, key=lambda path: path.stat().st_mtime)) if own else ""


def model_input(model: str) -> ModelInput | None:
    """Return what a model takes, by its name or file; None where that cannot be read.

    Of the file's header alone: whether the model is whole is for who loads it to say.
    """
    card = _card_of(model)
    with suppress(KeyError, TypeError, ValueError):
        weights = card.get("channel_weights") or card.get("mix")
        channels = len(weights) if weights else card["config"]["in_channels"]
        return ModelInput(int(channels), int(card["config"]["ndim"]))
    return None


def model_kinds(model: str) -> tuple[Kind, ...]:
    """Return the kinds of objects that a model tells apart, by its name or file.

    None of a model of one kind, of one that has no names for them, and of a file that cannot be
    read.
    """
    with suppress(KeyError, TypeError, ValueError):
        kinds = tuple(Kind(one["name"], one["colour"]) for one in _card_of(model)["kinds"])
        return kinds if len(kinds) > 1 else ()
    return ()


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a model's file; that within a package for bioimage.io."""
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as package, package.open(PACKED) as packed:
        yield packed


def _card_of(model: str) -> dict[str, Any]:
    """Return the card of a model, out of its file's header alone; empty where there is none."""
    path = next((entry.path for entry in list_models() if entry.name == model), Path(model))
    with suppress(OSError, ValueError, KeyError, TypeError, *UNPACKING):
        with _opened(path) as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, LONGEST_HEADER)))
        card = json.loads(header["__metadata__"][CARD])
        return card if isinstance(card, dict) else {}
    return {}
