"""ONNX: the network for any runtime, one file of any batch and size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from napari_discembed.files import atomic_path
from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.about import ABOUT, describe
from napari_discembed.models.exchange.exported import INPUT, ExportedNet
from napari_discembed.models.exchange.quiet import quiet, require
from napari_discembed.types import Axes

OPSET = 20
"""Version of ONNX's operators: what PyTorch's exporter writes and runtimes of 2024 read."""


def write_onnx(model: Model, path: Path) -> None:
    """Write a model's network as an ONNX file with a named output a head.

    Batch and spatial sizes are free; sizes are multiples of the network's stride. The description
    of :func:`~.about.describe` and the model's card are among the file's metadata, as
    ``discembed`` and ``discembed_card``.

    Parameters
    ----------
    model
        What is exported.
    path
        The file.

    Raises
    ------
    MissingDependencyError
        If the exporter's libraries are not installed.
    """
    require(("onnx", "onnxscript"), "ONNX")
    exported = ExportedNet(model.net)
    program = _program(exported)
    for node in program.model.graph:  # where the code lies on this computer is nobody's business
        node.metadata_props.clear()
    program.model.metadata_props[ABOUT] = json.dumps(describe(model))
    program.model.metadata_props[f"{ABOUT}_card"] = model.card.model_dump_json()
    program.model.doc_string = model.card.description
    with atomic_path(path) as partial:
        program.save(str(partial), external_data=False)


def _program(exported: ExportedNet) -> Any:  # noqa: ANN401 - of torch, untyped
    """Return the network in ONNX, its sizes as symbols."""
    net = exported.net
    sizes: dict[int, Any] = {0: torch.export.Dim("batch", min=1)}
    for axis, letter in enumerate(Axes.spatial_of(net.config.ndim), start=2):
        sizes[axis] = net.stride * torch.export.Dim(f"{letter.lower()}_steps", min=1)
    with quiet():
        return torch.onnx.export(
            exported,
            (exported.example(),),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(exported.names),
            dynamic_shapes=(sizes,),
            external_data=False,
        )
