"""Tensors to a file, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from napari_discembed.files import atomic_path


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors with texts besides; what was there stays until they are whole.

    Raises
    ------
    OSError
        If the file system does not take them, as when the disk is full.
    """
    # Not its save_file: that has a file of its own besides, .tmpXXXXXX, which a kill leaves.
    content = save(dict(tensors), dict(metadata))
    with atomic_path(path) as partial:
        partial.write_bytes(content)
