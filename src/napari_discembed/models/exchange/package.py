"""Reading a package of bioimage.io that holds a model of this program."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from napari_discembed.catalogue import PACKED, UNPACKING
from napari_discembed.errors import CheckpointError
from napari_discembed.models.checkpoint import Model, load_model_file

DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
"""Names of the file that describes a package."""

LARGEST = 2**30
"""Bytes of a model that are unpacked at most; the shipped ones have some five million."""


def is_package(path: Path) -> bool:
    """Tell whether a file is a package: a zip that is called so or describes itself as one."""
    if not zipfile.is_zipfile(path):
        return False
    return path.suffix.lower() == ".zip" or _described(path) is not None


def _described(path: Path) -> str | None:
    """Return the name of the description in a zip file; None where there is none."""
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
    except UNPACKING:
        return None
    return next((name for name in DESCRIPTIONS if name in names), None)


def read_package(path: Path) -> Model:
    """Read the model of a package that :func:`~.bioimageio.write_bioimageio` wrote.

    Raises
    ------
    CheckpointError
        If it is no package, holds no model of this program, or a damaged one.
    """
    try:
        with zipfile.ZipFile(path) as package, tempfile.TemporaryDirectory() as folder:
            member = _member(path, package)
            unpacked = Path(folder) / PACKED
            with package.open(member) as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file)
            return _read(path, unpacked)
    except UNPACKING as error:
        raise CheckpointError(
            f"{path}: damaged or cut short ({error}). Copy or download the package again."
        ) from error


def _read(path: Path, unpacked: Path) -> Model:
    """Read what was unpacked, and call it by the name of the package if it is not as it should."""
    try:
        return load_model_file(unpacked)
    except CheckpointError as error:
        message = str(error).replace(str(unpacked), f"{path} ({PACKED})")
        raise CheckpointError(message) from error


def _member(path: Path, package: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return where in a package the model is."""
    names = package.namelist()
    description = next((name for name in DESCRIPTIONS if name in names), None)
    if description is None:
        raise CheckpointError(
            f"{path}: expected a package of bioimage.io, a zip file with rdf.yaml, got one "
            "without. Choose the package as it was downloaded, or a .safetensors file."
        )
    if PACKED not in names:
        with package.open(description) as file:
            about = file.read(100_000).decode(errors="replace")
        raise CheckpointError(
            f"{path}: expected a package that was written by `discembed export --to bioimageio`, "
            f"got {_named(about)} without {PACKED}. Run it in bioimageio.core, or choose another."
        )
    info = package.getinfo(PACKED)
    if info.file_size > LARGEST:
        raise CheckpointError(
            f"{path}: expected a model of at most {LARGEST:.0e} bytes, got {info.file_size:.1e}. "
            "Choose another."
        )
    return info


def _named(description: str) -> str:
    """Return what a description calls its package: kind and name."""
    kind, name = (
        re.search(rf"^{key}:\s*(.{{1,80}})", description, re.MULTILINE) for key in ("type", "name")
    )
    words = ["the", kind[1].strip() if kind else "package"]
    return " ".join([*words, repr(name[1].strip(" '\"\r")) if name else "of no name"])
