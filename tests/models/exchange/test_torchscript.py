"""TorchScript: the same numbers, without this package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from napari_discembed.models import Model
from napari_discembed.models.exchange.about import describe
from napari_discembed.models.exchange.exported import ExportedNet
from napari_discembed.models.exchange.torchscript import write_torchscript

ELSEWHERE = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore", DeprecationWarning)
import torch
files = {"discembed.json": ""}
net = torch.jit.load("model.pt", _extra_files=files)
assert "napari_discembed" not in sys.modules
for number in range(2):
    image = torch.from_numpy(np.load(f"image_{number}.npy"))
    with torch.inference_mode():
        np.savez(f"maps_{number}.npz", *(value.numpy() for value in net(image)))
print(files["discembed.json"].decode())
"""


def test_torchscript_gives_the_same_without_this_package(model: Model, tmp_path: Path) -> None:
    write_torchscript(model, tmp_path / "model.pt")
    assert str(Path(__file__).parents[3]).encode() not in (tmp_path / "model.pt").read_bytes()
    exported, stride, ndim = ExportedNet(model.net), model.net.stride, model.config.ndim
    random = np.random.default_rng(0)
    images = [
        random.random((batch, model.config.in_channels, *(stride * n for n in steps[:ndim])))
        for batch, *steps in [(1, 4, 3, 2), (3, 1, 5, 2)]
    ]
    for number, image in enumerate(images):
        np.save(tmp_path / f"image_{number}.npy", image.astype(np.float32))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(describe(model)))
    for number, image in enumerate(images):
        found = np.load(tmp_path / f"maps_{number}.npz")
        for theirs, ours in zip(
            found.values(), exported.arrays(image.astype(np.float32)), strict=True
        ):
            np.testing.assert_allclose(theirs, ours, atol=1e-5)
