"""Windows of large TIFF files: as the whole, of few tiles, refused where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_discembed.errors import FileFormatError
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.io import tiff_windows
from napari_discembed.io.images import read_image
from napari_discembed.io.tiff_windows import TiffWindows

KINDS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "tiles": ((90, 131), {"tile": (32, 48), "compression": "zlib"}),
    "strips": ((90, 131), {"rowsperstrip": 7, "compression": "lzw"}),
    "colours": ((90, 131, 3), {"tile": (32, 48), "compression": "zlib", "photometric": "rgb"}),
    "JPEG, as slides have": (
        (90, 131, 3),
        {"tile": (32, 48), "compression": "jpeg", "photometric": "rgb"},
    ),
    "colours in planes": (
        (3, 90, 131),
        {"tile": (32, 48), "photometric": "rgb", "planarconfig": "separate"},
    ),
    "stack": ((3, 90, 131), {"rowsperstrip": 7, "compression": "zlib", "photometric": 1}),
    "grey with alpha": (
        (90, 131, 2),
        {"tile": (32, 48), "photometric": 1, "extrasamples": [2], "planarconfig": 1},
    ),
}


@pytest.fixture
def lazily(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any plane for a large one."""
    monkeypatch.setattr(tiff_windows, "LAZY_FROM", 0)


def drawn(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_any_window_is_that_of_the_whole(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, how = KINDS[kind]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn(shape), **how)
    whole = read_image(path)
    monkeypatch.setattr(tiff_windows, "LAZY_FROM", 0)
    image = read_image(path)
    assert isinstance(image.data, LazyArray)
    assert image.axes == whole.axes
    rng = np.random.default_rng(1)
    for _ in range(20):
        bounds = [sorted(rng.integers(0, n + 1, 2)) for n in whole.data.shape]
        window: tuple[Any, ...] = tuple(slice(a, b, int(rng.integers(1, 60))) for a, b in bounds)
        if whole.axes.ndim > 2:
            window = (int(rng.integers(3)), *window[1:])
        np.testing.assert_array_equal(np.asarray(image.data[window]), whole.data[window])


@pytest.mark.usefixtures("lazily")
def test_only_the_tiles_of_a_window_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    decoded = TiffWindows._decoded

    def noted(self: TiffWindows, file: Any, plane: Any, number: int) -> Any:
        read.append(number)
        return decoded(self, file, plane, number)

    monkeypatch.setattr(TiffWindows, "_decoded", noted)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn((96, 96)), tile=(32, 32), compression="zlib")
    data = read_image(path).data
    assert read == []
    np.asarray(data[40:70, 33:64])
    assert read == [4, 7]  # of three a row
    read.clear()
    np.asarray(data[::64, ::64])
    assert read == [0, 2, 6, 8]


@pytest.mark.usefixtures("lazily")
def test_a_coarser_level_is_read_with_its_pixel_size(tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.ome.tif", drawn((128, 96))
    about = {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    with tifffile.TiffWriter(path, ome=True) as file:
        how: dict[str, Any] = {"tile": (32, 32), "compression": "zlib"}
        file.write(pixels, subifds=1, metadata=about, **how)
        file.write(pixels[::2, ::2], subfiletype=1, **how)
    fine, coarse = read_image(path), read_image(path, level=1)
    np.testing.assert_array_equal(np.asarray(fine.data), pixels)
    np.testing.assert_array_equal(np.asarray(coarse.data[10:40]), pixels[20:80:2, ::2])
    assert (fine.pixel_size, coarse.pixel_size) == ((0.5, 0.5), (1.0, 1.0))
    assert coarse.unit == "micrometer"


@pytest.mark.usefixtures("lazily")
def test_tiles_of_which_nothing_is_stored_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tiles = [drawn((32, 32)), None]
    tifffile.imwrite(
        path, iter(tiles), shape=(32, 64), dtype="uint8", tile=(32, 32), compression="zlib"
    )
    with pytest.warns(match="1 of its 2 strips or tiles are empty"):
        data = np.asarray(read_image(path).data)
    assert data[:, :32].any()
    assert not data[:, 32:].any()


@pytest.mark.usefixtures("lazily")
def test_a_damaged_tile_is_one_sentence_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn((64, 64)), tile=(32, 32), compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages.first.dataoffsets[3]
    with path.open("r+b") as stored:
        stored.seek(offset)
        stored.write(b"\xff" * 40)
    data = read_image(path).data
    assert np.asarray(data[:32]).any()
    with pytest.raises(FileFormatError, match=r"a\.tif: not a TIFF image, damaged or cut short"):
        np.asarray(data[40:])


@pytest.mark.usefixtures("lazily")
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"rowsperstrip": 64, "compression": "zlib"}, "its pixels lie in strips of 64 x 64, which"),
        (
            {"tile": (16, 16), "photometric": "miniswhite", "compression": "zlib"},
            "its colours, MINISWHITE, are made true",
        ),
        (
            {"tile": (16, 16), "compression": "zlib", "extratags": [(274, 3, 1, 3, True)]},
            "its pixels are stored turned",
        ),
    ],
)
def test_a_huge_picture_that_cannot_be_read_in_parts_is_refused(
    how: dict[str, Any], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff_windows, "LARGEST_PART", 1024)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn((64, 64)), **how)
    assert isinstance(read_image(path).data, np.ndarray)  # small enough as a whole
    monkeypatch.setattr(tiff_windows, "LARGEST_WHOLE", 4095)
    with pytest.raises(FileFormatError, match=f"too large .* and {reason}.*Save it in tiles"):
        read_image(path)


@pytest.mark.usefixtures("lazily")
def test_a_compression_that_is_not_known_is_told_before_anything_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn((64, 64)), tile=(32, 32), compression="zlib")
    with tifffile.TiffFile(path) as file:
        at = file.pages.first.tags["Compression"].valueoffset
    with path.open("r+b") as stored:
        stored.seek(at)
        stored.write((65000).to_bytes(2, "little"))
    with pytest.raises(FileFormatError, match=r"a\.tif: .*65000"):
        read_image(path)
