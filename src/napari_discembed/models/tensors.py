"""Tensors to a file, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from napari_discembed.files import atomic_path


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors with texts besides; what was there stays until they are whole.

    Raises
    ------
    OSError
        If the file system does not take them, as when the disk is full.
    """
    try:
        with atomic_path(path) as partial:
            save_file(dict(tensors), partial, metadata=dict(metadata))
    except SafetensorError as error:
        # What the library says of a full disk is no error of the system.
        raise OSError(f"{path} cannot be written: {error}. What was there before stays.") from error
