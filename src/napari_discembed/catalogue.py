"""Which models there are, told without loading torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.files import data_folder

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be loaded by name: ``"shipped"`` with the package, or ``"yours"``."""

    name: str
    path: Path
    origin: str


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
