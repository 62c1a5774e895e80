"""TorchScript: the network as PyTorch runs it without this package, in Python, Java or C++."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import torch

from napari_discembed.files import atomic_path
from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.about import ABOUT, describe
from napari_discembed.models.exchange.exported import ExportedNet
from napari_discembed.models.exchange.quiet import quiet


def write_torchscript(model: Model, path: Path) -> None:
    """Write a model's network as a TorchScript file, for ``torch.jit.load``.

    The file holds the description of :func:`~.about.describe` as the extra file ``discembed.json``.

    Parameters
    ----------
    model
        What is exported.
    path
        The file.
    """
    exported = ExportedNet(model.net)
    with quiet(), torch.no_grad():
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            exported, exported.example(), check_trace=False
        )
        # Not to the file itself, whose passing name would be within it.
        written = io.BytesIO()
        extra = {f"{ABOUT}.json": json.dumps(describe(model))}
        torch.jit.save(traced, written, _extra_files=extra)
    with atomic_path(path) as partial:
        partial.write_bytes(_without_sources(written))


def _without_sources(written: io.BytesIO) -> bytes:
    """Return a TorchScript file without the parts that say where its code lay on this computer."""
    kept = io.BytesIO()
    with zipfile.ZipFile(written) as whole, zipfile.ZipFile(kept, "w") as small:
        for part in whole.infolist():
            if not part.filename.endswith(".debug_pkl"):
                small.writestr(part.filename, whole.read(part))
    return kept.getvalue()
