"""``discembed info``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.cli import main


def test_info_describes_a_model_and_an_image(
    play: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(model_file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["backbone"]["features"] == [4, 8]
    assert main(["info", str(play / "images" / "one.tif"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [64, 64]
    assert main(["info"]) == 0


def test_info_tells_of_pixels_that_are_no_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "nan.npy", np.array([[1.0, np.nan], [2.0, 3.0]]))
    np.save(tmp_path / "empty.npy", np.zeros((0, 4)))
    for name, smallest, bad in (("nan", 1.0, 1), ("empty", None, 0)):
        assert main(["info", str(tmp_path / f"{name}.npy"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["minimum"], told["not finite"]) == (smallest, bad)
