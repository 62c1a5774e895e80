"""Resolutions of a pyramid, and the size of their pixels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_discembed.errors import InputError
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_segmentation
from napari_discembed.io.readers import list_series

FINE = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
LEVELS = [FINE, FINE[::2, ::2] + 1, FINE[::4, ::4] + 2]
SCALE = {"resolution": (40_000, 20_000), "resolutionunit": "CENTIMETER"}  # 0.25 and 0.5 um
OF_OME = {"axes": "YX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5}


def subifds(path: Path, **metadata: Any) -> None:
    with tifffile.TiffWriter(path, ome=bool(metadata)) as file:
        file.write(LEVELS[0], subifds=2, metadata=metadata or None, **({} if metadata else SCALE))
        for level in LEVELS[1:]:
            file.write(level, subfiletype=1)


def ome(path: Path) -> None:
    subifds(path, **OF_OME)


def pages(path: Path, resolutions: tuple[float, ...] = (1, 1, 1)) -> None:
    """Write a page a level, each with a scale of its own."""
    with tifffile.TiffWriter(path) as file:
        for i, (level, factor) in enumerate(zip(LEVELS, resolutions, strict=True)):
            file.write(level, subfiletype=int(i > 0), metadata=None, resolutionunit="CENTIMETER",
                       resolution=(40_000 / factor, 20_000 / factor))  # fmt: skip


def own_sizes(path: Path) -> None:
    pages(path, (1, 2, 4.5))


def deep(path: Path) -> None:
    stack = np.stack([FINE, FINE, FINE, FINE])
    with tifffile.TiffWriter(path, ome=True) as file:
        file.write(stack, subifds=2, metadata={**OF_OME, "axes": "ZYX", "PhysicalSizeZ": 2.0})
        for level in LEVELS[1:]:
            file.write(np.stack([level] * 4), subfiletype=1)


@pytest.mark.parametrize("make", [subifds, ome, pages])
def test_each_level_has_its_pixels_and_their_size(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"  # of .ome.tif, tifffile writes a description always
    make(path)
    for n, level in enumerate(LEVELS):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = read_image(path, level=n)
        np.testing.assert_array_equal(image.data, level)
        assert image.unit == "micrometer"
        assert image.pixel_size == pytest.approx((0.5 * 2**n, 0.25 * 2**n), rel=1e-5)
    [found] = list_series(path)
    assert found.levels == ((64, 48), (32, 24), (16, 12))


def test_what_a_level_says_of_its_pixels_counts_more_than_its_shape(tmp_path: Path) -> None:
    own_sizes(tmp_path / "a.tif")
    sizes = [read_image(tmp_path / "a.tif", level=n).pixel_size[1] for n in range(3)]
    assert sizes == pytest.approx([0.25, 0.5, 0.25 * 4.5], rel=1e-4)


def test_planes_are_as_far_apart_at_each_level(tmp_path: Path) -> None:
    deep(tmp_path / "a.ome.tif")
    image = read_image(tmp_path / "a.ome.tif", level=1)
    assert (image.axes, image.data.shape) == ("ZYX", (4, 32, 24))
    assert image.pixel_size == pytest.approx((2.0, 1.0, 0.5))


def test_labels_are_read_at_a_level_too(tmp_path: Path) -> None:
    ome(tmp_path / "a.ome.tif")
    found = read_segmentation(tmp_path / "a.ome.tif", level=2)
    assert found.labels.tolist() == LEVELS[2].tolist()
    assert found.pixel_size == pytest.approx((2.0, 1.0))


def test_a_turned_level_is_turned_with_its_sizes(tmp_path: Path) -> None:
    turned = {"extratags": [(274, "H", 1, 6, True)]}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(FINE, subifds=1, metadata=None, **SCALE, **turned)
        file.write(LEVELS[1], subfiletype=1)
    image = read_image(tmp_path / "a.tif", level=1)
    assert image.data.shape == (24, 32)
    assert image.pixel_size == pytest.approx((0.5, 1.0))


def test_a_level_that_is_not_there_is_told(tmp_path: Path) -> None:
    ome(tmp_path / "a.ome.tif")
    tifffile.imwrite(tmp_path / "b.tif", FINE)
    np.save(tmp_path / "c.npy", FINE)
    with pytest.raises(InputError, match="a level from 0 to 2, got 3"):
        read_image(tmp_path / "a.ome.tif", level=3)
    with pytest.raises(InputError, match="from 0 to 2, got -1"):
        read_image(tmp_path / "a.ome.tif", level=-1)
    for name in ("b.tif", "c.npy"):
        with pytest.raises(InputError, match="level 0, the only one, got 1") as told:
            read_image(tmp_path / name, level=1)
        assert "\n" not in str(told.value)
