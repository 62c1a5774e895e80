"""Models that release 0.1 wrote give what they gave there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.config import TilingConfig
from napari_discembed.inference import embed_image
from napari_discembed.models import load_model
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

REFERENCE = json.loads((Path(__file__).parent / "release_0_1.json").read_text())
PIXELS = ((0, 0), (17, 90), (50, 64), (80, 3), (95, 127))


def picture() -> Image:
    y, x = np.mgrid[:96, :128]
    channels = [np.sin(x / 9) * np.cos(y / 7), np.cos(x / 11 + 1), np.sin((x + y) / 13)]
    return Image(((np.stack(channels, -1) + 1) * 100).round().astype(np.uint8), Axes("YXC"))


def test_a_model_shipped_since_then_gives_the_maps_of_release_0_1() -> None:
    model, expected = load_model("generalist"), REFERENCE["generalist"]
    tile = TilingConfig(precision="float32", device="cpu")
    found = run(embed_image(model, picture(), diameter=model.config.diameter, tile=tile))
    for head, values in found.maps.items():
        at_pixels = [[float(v) for v in values[:, y, x]] for y, x in PIXELS]
        # Points hold coordinates of tens of units: single precision has six digits.
        np.testing.assert_allclose(at_pixels, expected[head], rtol=1e-6, atol=1e-6)
        assert float(values.mean()) == pytest.approx(expected["mean"][head], rel=1e-6, abs=1e-6)
    assert model.card.weights_sha256 == expected["weights_sha256"]
    assert model.card.task == "instance segmentation"
