"""Models by name: those shipped with the package and those of the user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from napari_discembed.errors import ModelNotFoundError
from napari_discembed.models.checkpoint import Model, load_model_file

SHIPPED = Path(__file__).parent.parent / "weights"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be loaded by name: ``"shipped"`` with the package, or ``"yours"``."""

    name: str
    path: Path
    origin: str


def user_folder() -> Path:
    """Return the folder of the user's models: ``DISCEMBED_MODELS``, or the system's place."""
    given = os.environ.get("DISCEMBED_MODELS")
    return Path(given) if given else user_data_path("napari-discembed", appauthor=False) / "models"


def list_models() -> list[ModelEntry]:
    """Return the models that can be loaded by name, the shipped ones first."""
    return [
        ModelEntry(path.stem, path, origin)
        for folder, origin in ((SHIPPED, "shipped"), (user_folder(), "yours"))
        for path in sorted(folder.glob("*.safetensors"))
        if not path.name.endswith(".state.safetensors")
    ]


def load_model(name: str | Path) -> Model:
    """Load a model by its name or its file.

    Parameters
    ----------
    name
        Of a shipped model, of a file, or of a model in the user's folder; in this order.

    Raises
    ------
    ModelNotFoundError
        If there is none of this name.
    CheckpointError
        If the file is no model, damaged or of another version.
    """
    entries = list_models()
    by_name = {entry.name: entry.path for entry in reversed(entries)}
    shipped = {entry.name: entry.path for entry in entries if entry.origin == "shipped"}
    path = shipped.get(str(name), Path(name).expanduser())
    if not path.is_file():
        path = by_name.get(str(name), path)
    if not path.is_file():
        known = ", ".join(sorted(by_name)) or "none yet"
        raise ModelNotFoundError(
            f"No model {str(name)!r}: expected a .safetensors file or one of the known models "
            f"({known})."
        )
    return load_model_file(path)
