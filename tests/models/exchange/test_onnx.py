"""ONNX: the same numbers as PyTorch, at any size, and all there is to know in one file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.models import Model
from napari_discembed.models.exchange.about import describe
from napari_discembed.models.exchange.exported import ExportedNet
from napari_discembed.models.exchange.onnx import write_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def test_onnx_gives_what_pytorch_gives_at_several_sizes(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write_onnx(model, path)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    exported, stride, ndim = ExportedNet(model.net), model.net.stride, model.config.ndim
    assert [output.name for output in session.get_outputs()] == list(exported.names)
    random = np.random.default_rng(0)
    for batch, *steps in [(1, 1, 1, 1), (1, 4, 3, 2), (3, 2, 5, 1)]:
        shape = (batch, model.config.in_channels, *(stride * n for n in steps[:ndim]))
        image = random.uniform(-1, 3, shape).astype(np.float32)
        found = session.run(None, {"image": image})
        for name, ours, theirs in zip(exported.names, exported.arrays(image), found, strict=True):
            np.testing.assert_allclose(theirs, ours, atol=1e-4, err_msg=f"{name} {shape}")
    check_metadata(model, path)


def check_metadata(model: Model, path: Path) -> None:
    graph = onnx.load(path)
    onnx.checker.check_model(graph)
    about = {entry.key: entry.value for entry in graph.metadata_props}
    assert json.loads(about["discembed"]) == json.loads(json.dumps(describe(model)))
    assert json.loads(about["discembed_card"])["name"] == model.name
    assert str(Path(__file__).parents[3]).encode() not in path.read_bytes()
