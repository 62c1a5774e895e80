"""Models by name: those shipped with the package and those of the user."""

from __future__ import annotations

from pathlib import Path

from napari_discembed.catalogue import list_models
from napari_discembed.errors import ModelNotFoundError
from napari_discembed.models.checkpoint import Model, load_model_file
from napari_discembed.models.exchange.package import is_package, read_package


def load_model(name: str | Path) -> Model:
    """Load a model by its name or its file.

    Parameters
    ----------
    name
        Of a shipped model, of a file, or of a model in the user's folder; in this order. A file is
        a ``.safetensors`` or a package for bioimage.io (``.zip``) that holds one.

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
            f"No model {str(name)!r}: expected a .safetensors or .zip file or one of the known "
            f"models ({known})."
        )
    return read_package(path) if is_package(path) else load_model_file(path)
