"""Images from files: axes, pixel sizes, and what is no image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.imaging import normalise
from napari_discembed.io.images import read_image
from napari_discembed.pipeline import segment
from napari_discembed.progress import run


def test_an_imagej_stack_brings_its_axes_and_pixel_size(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((5, 2, 8, 9), np.uint16), imagej=True,
        resolution=(4, 2), metadata={"axes": "ZCYX", "spacing": 1.5, "unit": "um"},
    )  # fmt: skip
    image = read_image(tmp_path / "a.tif")
    assert (image.axes, image.unit) == ("ZCYX", "micrometer")
    assert image.pixel_size == (1.5, 0.5, 0.25)


def test_an_ome_file_brings_its_physical_size(tmp_path: Path) -> None:
    metadata = {"axes": "TCYX", "PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3}
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((3, 2, 8, 9), np.uint8), metadata=metadata)
    image = read_image(tmp_path / "a.ome.tif")
    assert (image.axes, image.pixel_size, image.unit) == ("TCYX", (0.3, 0.3), "micrometer")


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_colour_is_a_channel_axis(suffix: str, tmp_path: Path) -> None:
    pixels = np.zeros((8, 9, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, pixels, photometric="rgb")
    else:
        Picture.fromarray(pixels).save(path)
    assert read_image(path).axes == "YXC"


def test_a_large_plain_tiff_is_not_read_but_mapped(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((64, 64), np.uint16))
    assert isinstance(read_image(tmp_path / "a.tif").data, np.memmap)


def test_axes_of_length_one_go(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((1, 1, 8, 9), np.uint8), metadata={"axes": "TZYX"}
    )
    assert read_image(tmp_path / "a.tif").axes == "YX"


def test_the_axes_asked_for_win(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 8, 9)))
    assert read_image(tmp_path / "a.npy").axes == "ZYX"
    assert read_image(tmp_path / "a.npy", axes="TYX").n_frames == 5
    with pytest.raises(InputError, match="one letter for each"):
        read_image(tmp_path / "a.npy", axes="YX")


@pytest.mark.parametrize("dtype", [bool, np.uint64, np.float16, np.int8])
def test_every_dtype_is_normalised(dtype: type, tmp_path: Path) -> None:
    pixels = (np.arange(64).reshape(8, 8) % 2).astype(dtype)
    np.save(tmp_path / "a.npy", pixels)
    out = normalise(read_image(tmp_path / "a.npy").channels_first())
    assert (out.dtype, out.min(), out.max()) == (np.float32, 0, 1)


def test_rgba_is_read_and_its_alpha_dropped_later(tmp_path: Path) -> None:
    Picture.fromarray(np.zeros((8, 9, 4), np.uint8)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").n_channels == 4


@pytest.mark.parametrize("suffix", [".tif", ".png", ".npy"])
def test_an_empty_file_is_told(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").touch()
    with pytest.raises(FileFormatError, match="empty"):
        read_image(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".npy"])
def test_a_text_file_is_no_image(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_text("no pixels here at all")
    with pytest.raises(FileFormatError):
        read_image(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_truncated_tiff_is_told(compression: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    tifffile.imwrite(path, noise, compression=compression)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(FileFormatError, match=r"cut short"):
        read_image(path)


def test_a_truncated_png_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    Picture.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(FileFormatError, match="cut short"):
        read_image(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_image(tmp_path / "a.tif")


def test_nan_and_infinite_pixels_are_counted() -> None:
    with pytest.raises(InputError, match="2 that are NaN or infinite of 4"):
        normalise(np.array([[[np.nan, np.inf], [0, 1]]]))


def test_a_constant_image_becomes_zeros() -> None:
    assert (normalise(np.full((1, 4, 4), 7, np.uint8)) == 0).all()


def test_a_single_pixel_goes_through() -> None:
    found = run(segment(np.ones((1, 1), np.uint8), "generalist"))
    assert found.labels.shape == (1, 1)


def test_grey_with_alpha_is_grey(tmp_path: Path) -> None:
    Picture.new("LA", (6, 5), (40, 255)).save(tmp_path / "la.png")
    assert read_image(tmp_path / "la.png").axes == "YX"


def test_what_is_too_large_or_too_short_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "short.tif").write_bytes(b"II*")
    Picture.new("L", (60, 50)).save(tmp_path / "large.png")
    monkeypatch.setattr(Picture, "MAX_IMAGE_PIXELS", 100)
    for name in ("short.tif", "large.png"):
        with pytest.raises(FileFormatError):
            read_image(tmp_path / name)


@pytest.mark.parametrize(
    ("size", "unit", "expected"),
    [
        ({"PhysicalSizeX": 200, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 300,
          "PhysicalSizeYUnit": "nm", "PhysicalSizeZ": 1}, "micrometer", (1.0, 0.3, 0.2)),
        ({"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}, "micrometer",
         (2.0, 0.5, 0.5)),
        ({"PhysicalSizeX": 3, "PhysicalSizeXUnit": "reference frame"}, "pixel", (1.0, 1.0, 1.0)),
    ],
)  # fmt: skip
def test_the_unit_of_an_ome_file_is_heeded(
    tmp_path: Path, size: dict[str, object], unit: str, expected: tuple[float, ...]
) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((3, 8, 9), np.uint8), metadata={"axes": "ZYX", **size})
    image = read_image(path)
    assert (image.unit, image.pixel_size) == (unit, pytest.approx(expected))
