"""``discembed segment`` of a large tiled TIFF: block by block, and as the same image in a store."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io import tiff_windows
from napari_discembed.io.labels import is_ours, read_segmentation
from napari_discembed.io.tiff_windows import TiffWindows

Write = Callable[..., Path]


@pytest.fixture
def pixels() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return squares, one every 24 pixels, of 4 blocks of 128."""
    y, x = np.mgrid[:250, :256] % 24
    squares = ((y < 14) & (x < 14)).astype(np.uint8) * 180
    return squares + np.random.default_rng(0).integers(0, 30, squares.shape, dtype=np.uint8)


@pytest.fixture
def slide(pixels: np.ndarray[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a pyramid of tiles, which is read window by window."""
    monkeypatch.setattr(tiff_windows, "LAZY_FROM", 2**14)
    path = tmp_path / "slides" / "slide.ome.tif"
    path.parent.mkdir()
    about = {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    with tifffile.TiffWriter(path, ome=True, bigtiff=True) as file:
        how: dict[str, Any] = {"tile": (64, 64), "compression": "zlib"}
        file.write(pixels, subifds=1, metadata=about, **how)
        file.write(pixels[::2, ::2], subfiletype=1, **how)
    return path


def words_of(image: Path, model_file: Path, out: Path, *more: str) -> list[str]:
    return ["segment", str(image), "--model", str(model_file), "--output", str(out), "--diameter",
            "16", *more]  # fmt: skip


def test_a_slide_has_the_labels_of_the_same_image_in_a_store(
    slide: Path,
    pixels: np.ndarray[Any, Any],
    model_file: Path,
    write_ome_zarr: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows: list[int] = []
    read = TiffWindows.__getitem__

    def noted(self: TiffWindows, index: Any) -> Any:
        found = read(self, index)
        windows.append(found.size)
        return found

    monkeypatch.setattr(TiffWindows, "__getitem__", noted)
    out, block = tmp_path / "out", ["--block-size", "128"]
    assert main(words_of(slide.parent, model_file, out, *block)) == 0
    assert len(windows) > 4
    store = write_ome_zarr(tmp_path / "slide.zarr", pixels, chunks=128)
    assert main(words_of(store, model_file, tmp_path / "stored", *block)) == 0
    file = out / "slide.ome_labels.tif"
    found, stored = read_segmentation(file), read_segmentation(store / "labels" / "discembed")
    assert found.count > 10
    np.testing.assert_array_equal(found.labels, stored.labels)
    assert (found.pixel_size, found.unit) == ((0.5, 0.5), "micrometer")
    assert is_ours(file)
    with tifffile.TiffFile(file) as written:
        assert written.pages.first.tile == (128, 128)
    with (out / "counts.csv").open() as lines:
        row = next(csv.DictReader(lines))
    assert (row["count"], row["unit"]) == (str(found.count), "micrometer^2")
    assert float(row["total_size"]) == pytest.approx((found.labels > 0).sum() / 4)
    assert sorted(p.name for p in out.iterdir()) == [
        "counts.csv", "segmentation.json", "slide.ome_labels.tif",
    ]  # fmt: skip


def test_a_slide_that_is_done_is_skipped_and_changed_labels_are_kept(
    slide: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = words_of(slide, model_file, out, "--block-size", "128")
    assert main(words) == 0
    file = out / "slide.ome_labels.tif"
    first = file.stat().st_mtime_ns
    assert main(words) == 0
    assert file.stat().st_mtime_ns == first
    tifffile.imwrite(file, np.ones((250, 256), np.uint8))
    assert main([*words, "--min-size", "3"]) == 1
    assert "painted or changed by someone" in capsys.readouterr().err


def test_a_coarser_level_of_a_slide_is_segmented_alone(
    slide: Path, model_file: Path, tmp_path: Path
) -> None:
    words = words_of(slide, model_file, tmp_path / "out", "--level", "1", "--block-size", "128")
    assert main(words) == 0
    found = read_segmentation(tmp_path / "out" / "slide.ome_labels.tif")
    assert (found.labels.shape, found.pixel_size) == ((125, 128), (1.0, 1.0))
