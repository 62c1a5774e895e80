"""A model to a file of another program's format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from napari_discembed.errors import InputError
from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.bioimageio import write_bioimageio
from napari_discembed.models.exchange.onnx import write_onnx
from napari_discembed.models.exchange.torchscript import write_torchscript
from napari_discembed.models.library import load_model

ModelFormat: TypeAlias = Literal["onnx", "bioimageio", "torchscript"]

SUFFIXES: dict[ModelFormat, str] = {"onnx": ".onnx", "bioimageio": ".zip", "torchscript": ".pt"}
"""How a file of each format ends."""


def export_model(
    model: Model | str,
    path: str | Path,
    to: ModelFormat | None = None,
    *,
    authors: Sequence[str] = (),
    overwrite: bool = False,
) -> Path:
    """Write a model for other programs, whole or not at all.

    Parameters
    ----------
    model
        The model, or its name or file.
    path
        File to write; ends in ``.onnx``, ``.pt`` (TorchScript) or ``.zip`` (bioimage.io).
    to
        The format; None for what the file's ending says.
    authors
        Names of who made the model, for bioimage.io; of nobody for this program's developers.
    overwrite
        Whether a file that is there is replaced.

    Returns
    -------
    The file.

    Raises
    ------
    InputError
        If the ending is of another format, authors are given for one that names none, or a file is
        there.
    MissingDependencyError
        If the libraries of the format are not installed.
    """
    path = Path(path)
    chosen = _format(path, to)
    if authors and chosen != "bioimageio":
        raise InputError(f"Authors are for bioimageio; {chosen} knows no such thing.")
    if path.is_dir() or (path.exists() and not overwrite):
        kind = "a folder" if path.is_dir() else "a file already (overwrite it, if you mean to)"
        raise InputError(f"{path}: expected a new file, got {kind}. Choose another name.")
    model = load_model(model) if isinstance(model, str) else model
    if chosen == "onnx":
        write_onnx(model, path)
    elif chosen == "torchscript":
        write_torchscript(model, path)
    else:
        write_bioimageio(model, path, authors)
    return path


def _format(path: Path, to: ModelFormat | None) -> ModelFormat:
    """Return the format to write, which the file's ending must fit."""
    endings = ", ".join(f"{suffix} ({name})" for name, suffix in SUFFIXES.items())
    found = next((name for name, s in SUFFIXES.items() if path.suffix.lower() == s), None)
    if to is not None and to not in get_args(ModelFormat):
        raise InputError(f"Expected a format of {', '.join(SUFFIXES)}, got {to!r}.")
    if found is None or to not in (None, found):
        wanted = endings if to is None else f"{SUFFIXES[to]} for {to}"
        raise InputError(f"{path}: expected a name that ends in {wanted}, got {path.suffix!r}.")
    return found
