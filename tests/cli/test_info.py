"""``discembed info``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

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


def test_info_lists_the_pictures_of_a_file_and_the_choice_is_heeded(
    tmp_path: Path, write_ome_set: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_ome_set(tmp_path, ["p0.ome.tif", "p1.ome.tif"], positions=True)
    path = str(tmp_path / "p1.ome.tif")
    for words, size, read in (([], 0.5, 1), (["--series", "0"], 0.25, 0)):
        assert main(["info", path, *words, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["pixel size"] == [size, size]
        ends = {0: "not read", 1: "not read", read: "; read"}
        assert all(told[f"series {n}"].endswith(end) for n, end in ends.items())
        assert told["series 0"].startswith("Pos0; YX [8, 9] uint16; in p0.ome.tif")


def test_info_describes_an_image_by_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.lsm", "a.unknown"):
        tifffile.imwrite(tmp_path / name, np.zeros((3, 8, 9), np.uint8), photometric="minisblack")
        assert main(["info", str(tmp_path / name), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["shape"] == [3, 8, 9]
    (tmp_path / "bad.lsm").write_bytes(b"II*\0 cut")
    assert main(["info", str(tmp_path / "bad.lsm")]) == 1
    assert "not a TIFF image, damaged" in capsys.readouterr().err


def test_what_is_noted_of_a_file_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9), np.uint8), imagej=True,
                     resolution=(4, 4), metadata={"unit": "?m"})  # fmt: skip
    for _ in range(2):
        assert main(["info", str(tmp_path / "a.tif"), "--json"]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["unit"] == "pixel"
        assert told.err.splitlines() == [
            f"note: {tmp_path / 'a.tif'}: its unit of length, '?m', is none: sizes are in pixels."
        ]


def test_info_says_what_is_in_a_store(
    tmp_path: Path, write_ome_zarr: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grey = 1 + np.arange(32 * 48, dtype=np.uint16).reshape(32, 48)
    image = write_ome_zarr(tmp_path / "a.zarr", grey, levels=2, scale=(0.5, 0.5))
    assert main(["info", str(image), "--level", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["axes"], told["shape"], told["pixel size"]) == ("YX", [16, 24], [1.0, 1.0])
    assert (told["unit"], told["minimum"]) == ("micrometer", 1.0)
    assert told["series 0"] == (
        "drawn; YX [32, 48] uint16; levels 0 [32, 48], 1 [16, 24]; in a.zarr; level 1 read"
    )


def test_info_lists_the_images_of_a_plate_and_refuses_other_folders(
    tmp_path: Path, write_ome_zarr: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    import zarr

    plate = tmp_path / "plate.zarr"
    zarr.create_group(str(plate)).attrs["ome"] = {"plate": {"wells": [{"path": "A/1"}]}}
    zarr.create_group(str(plate / "A" / "1")).attrs["ome"] = {"well": {"images": [{"path": "0"}]}}
    write_ome_zarr(plate / "A" / "1" / "0", np.ones((8, 9), np.uint8))
    assert main(["info", str(plate)]) == 0
    told = capsys.readouterr().out
    assert "1 image; `info" in told
    assert "A/1/0  an image" in told
    assert main(["info", str(tmp_path)]) == 1
    assert "got a folder with neither zarr.json nor .zattrs" in capsys.readouterr().err
