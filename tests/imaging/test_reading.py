"""Images from the arrays that people have."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
import xarray

from napari_discembed.errors import InputError
from napari_discembed.imaging.reading import as_image
from napari_discembed.types import Axes, Image


def test_an_image_is_itself_unless_its_axes_are_said() -> None:
    image = Image(np.zeros((2, 4, 5)))
    assert as_image(image) is image
    assert as_image(image, "TYX").axes == "TYX"


def test_a_plain_array_has_its_axes_guessed_or_said() -> None:
    assert as_image(np.zeros((5, 6, 3))).axes == "YXC"
    assert as_image(np.zeros((2, 5, 6)), "cyx").axes == "CYX"
    assert as_image([[1, 2], [3, 4]]).axes == "YX"


def test_an_array_of_dask_is_not_read() -> None:
    def refuse(block: np.ndarray) -> np.ndarray:
        raise AssertionError("read")

    lazy = dask.array.zeros((2, 4, 5), chunks=(1, 4, 5)).map_blocks(refuse, dtype=float)
    image = as_image(lazy, "TYX")
    assert image.data is lazy
    assert image.frames().shape == (2,)


def test_an_array_of_xarray_says_its_axes_and_pixel_size() -> None:
    about = {"units": "micrometer"}
    array = xarray.DataArray(
        np.zeros((2, 3, 4)),
        dims=("time", "y", "x"),
        coords={"y": ("y", 0.5 * np.arange(3), about), "x": ("x", 0.25 * np.arange(4), about)},
        name="leaf",
    )
    image = as_image(array)
    assert (image.axes, image.pixel_size, image.unit) == ("TYX", (0.5, 0.25), "micrometer")
    assert image.name == "leaf"


@pytest.mark.parametrize("coordinates", [None, [0.0, 1.0, 5.0], ["a", "b", "c"], [2.0, 2.0, 2.0]])
def test_coordinates_that_are_no_pixel_size_are_left_alone(coordinates: object) -> None:
    coords = {} if coordinates is None else {"y": ("y", coordinates, {"units": "mm"})}
    image = as_image(xarray.DataArray(np.zeros((3, 4)), dims=("y", "x"), coords=coords))
    assert (image.pixel_size, image.unit) == ((1.0, 1.0), "pixel")


def test_dimensions_of_unknown_names_are_asked_for() -> None:
    array = xarray.DataArray(np.zeros((3, 4)), dims=("row", "column"))
    with pytest.raises(InputError, match="dimensions named by their first letters"):
        as_image(array)
    assert as_image(array, "YX").axes == Axes("YX")


@pytest.mark.parametrize(
    "nonsense", ["leaf.png", 3, None, [np.zeros((2, 2)), np.zeros((3, 3))], np.array([["a", "b"]])]
)
def test_what_is_no_array_of_numbers_is_refused(nonsense: object) -> None:
    with pytest.raises(InputError, match="Expected an"):
        as_image(nonsense)
