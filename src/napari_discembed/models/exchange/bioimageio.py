"""bioimage.io: a package of the network, how it is used, a test and who made it.

The description follows the specification of models, version 0.5
(https://bioimage-io.github.io/spec-bioimage-io/). It is written as it stands there: the library
bioimageio.spec serves to check it, and is not needed to write it.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from napari_discembed.catalogue import PACKED
from napari_discembed.files import atomic_path
from napari_discembed.imaging.intensity import CLIP, PERCENTILES
from napari_discembed.models.checkpoint import Model, save_model
from napari_discembed.models.exchange import texts
from napari_discembed.models.exchange.about import ABOUT, MEANINGS, describe
from napari_discembed.models.exchange.exported import INPUT
from napari_discembed.models.exchange.onnx import OPSET, write_onnx
from napari_discembed.models.exchange.package import DESCRIPTIONS
from napari_discembed.models.exchange.quiet import require
from napari_discembed.models.exchange.testing import EPSILON, write_test_tensors
from napari_discembed.models.exchange.torchscript import write_torchscript
from napari_discembed.types import Axes

FORMAT_VERSION = "0.5.4"
DEVELOPERS = ("The napari-discembed developers",)
TORCHSCRIPT, ONNX, README, LICENCES = "weights.pt", "weights.onnx", "README.md", "LICENSE.txt"


def write_bioimageio(model: Model, path: Path, authors: Sequence[str] = ()) -> None:
    """Write a model as a package for bioimage.io, a zip file with ``rdf.yaml``.

    It holds the network as TorchScript and as ONNX, a test image and the maps of it, the licence,
    and the model itself (``.safetensors``), from which it is read back. How pixels are grouped is
    under ``config: discembed``.

    Parameters
    ----------
    model
        What is exported.
    path
        The file.
    authors
        Names of who made the model; of nobody for this program's developers.

    Raises
    ------
    MissingDependencyError
        If the exporter's libraries are not installed.
    """
    require(("yaml", "onnx", "onnxscript"), "bioimage.io")
    import yaml

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_torchscript(model, folder / TORCHSCRIPT)
        write_onnx(model, folder / ONNX)
        save_model(folder / PACKED, model)
        (folder / README).write_text(texts.readme(model), encoding="utf-8")
        if _is_compound(model.card.licence):
            (folder / LICENCES).write_text(texts.licences(model), encoding="utf-8")
        tests = write_test_tensors(model, folder)
        about = _description(model, folder, tests, tuple(authors) or DEVELOPERS)
        text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
        (folder / DESCRIPTIONS[0]).write_text(text, encoding="utf-8")
        with atomic_path(path) as partial, zipfile.ZipFile(partial, "w") as package:
            for file in sorted(folder.iterdir()):
                package.write(file, file.name, zipfile.ZIP_DEFLATED)


def _description(
    model: Model, folder: Path, tests: Mapping[str, Path], authors: Sequence[str]
) -> dict[str, Any]:
    """Return the description of a package whose files lie in a folder."""
    card = model.card
    compound = _is_compound(card.licence)
    return {
        "type": "model",
        "format_version": FORMAT_VERSION,
        "name": texts.name_of(model),
        "description": (card.description or "Instance segmentation by pixel embeddings.")[:1000],
        "authors": [{"name": name} for name in authors],
        "cite": [{"text": text, "doi": doi} for text, doi in texts.PAPERS.items()],
        "license": _file(folder / LICENCES) if compound else card.licence,
        "documentation": _file(folder / README),
        "attachments": [_file(folder / PACKED)],
        "tags": [
            "instance-segmentation",
            "embedding",
            "napari",
            f"{model.config.ndim}d",
            "pytorch",
        ],
        "git_repo": texts.REPOSITORY,
        "inputs": [_input(model, _file(tests[INPUT]))],
        "outputs": [_output(model, name, _file(tests[name])) for name in model.net.named_heads()],
        "weights": {
            "torchscript": {
                **_file(folder / TORCHSCRIPT),
                "pytorch_version": torch.__version__.partition("+")[0],
            },
            "onnx": {
                **_file(folder / ONNX),
                "opset_version": OPSET,
                "parent": "torchscript",
            },
        },
        "config": {ABOUT: describe(model)},
    }


def _is_compound(licence: str) -> bool:
    """Tell whether an expression is of several licences, for which there is no identifier."""
    return " " in licence


def _file(path: Path) -> dict[str, str]:
    return {"source": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _input(model: Model, test: dict[str, str]) -> dict[str, Any]:
    """Return how images are given: of any intensities, which become 0 to 1 as here."""
    config, step = model.config, model.net.stride
    axes = _spatial(model)
    low, high = PERCENTILES
    scale = {"axes": axes, "min_percentile": low, "max_percentile": high, "eps": EPSILON}
    return {
        "id": INPUT,
        "description": f"Objects are about {config.diameter:g} pixels across: resize it so.",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": _channels("channel", config.in_channels)},
            *({"type": "space", "id": a, "size": {"min": step, "step": step}} for a in axes),
        ],
        "data": {"type": "float32"},
        "test_tensor": test,
        "preprocessing": [
            {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}},
            {"id": "scale_range", "kwargs": scale},
            {"id": "clip", "kwargs": {"min": CLIP[0], "max": CLIP[1]}},
        ],
    }


def _output(model: Model, name: str, test: dict[str, str]) -> dict[str, Any]:
    """Return what a head's map is, as large as the image."""
    head = model.net.named_heads()[name]
    return {
        "id": name,
        "description": MEANINGS.get(head.kind, head.kind)[:128],
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": _channels(name, head.channels)},
            *(
                {"type": "space", "id": a, "size": {"tensor_id": INPUT, "axis_id": a}}
                for a in _spatial(model)
            ),
        ],
        "data": {"type": "float32"},
        "test_tensor": test,
    }


def _spatial(model: Model) -> list[str]:
    return list(Axes.spatial_of(model.config.ndim).lower())


def _channels(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}_{i}" for i in range(count)]
