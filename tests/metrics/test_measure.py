"""Measurements that can be counted by hand."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from napari_discembed.errors import InputError
from napari_discembed.metrics import measure, measure_frames, measure_segmentation
from napari_discembed.types import Axes, Image, Numbering, Provenance, Segmentation


def test_a_rectangle_is_measured_in_its_units() -> None:
    labels = np.zeros((6, 8), np.uint16)
    labels[1:4, 2:6] = 7
    pixels = np.stack([labels * 2.0, np.ones_like(labels)])
    c = measure(labels, pixels, pixel_size=(0.5, 0.5), unit="micrometer", name="r")
    assert (c.count, c.name, c.unit) == (1, "r", "micrometer")
    got = {k: v[0] for k, v in c.columns.items()}
    assert got["label"] == 7
    assert got["pixels"] == 12
    assert got["area"] == pytest.approx(3.0)
    assert (got["centroid_y"], got["centroid_x"]) == pytest.approx((1.0, 1.75))
    assert [got[f"bbox_{k}"] for k in ("y_min", "y_max", "x_min", "x_max")] == [1, 4, 2, 6]
    assert got["solidity"] == pytest.approx(1)
    assert got["perimeter"] == pytest.approx(5.0)
    assert (got["intensity_mean_0"], got["intensity_mean_1"]) == pytest.approx((14, 1))


def test_an_l_fills_three_of_its_hulls_four_parts() -> None:
    labels = np.array([[1, 0], [1, 1]])
    # The hull of the three unit squares is 3.5.
    assert measure(labels).columns["solidity"][0] == pytest.approx(3 / 3.5)


def test_a_volume_has_a_volume() -> None:
    labels = np.zeros((4, 4, 4), int)
    labels[1:3, 1:3, 1:4] = 1
    c = measure(labels, pixel_size=(2, 1, 1))
    assert c.columns["volume"][0] == 24
    assert c.columns["centroid_z"][0] == 3
    assert c.columns["solidity"][0] == pytest.approx(1)
    assert "perimeter" not in c.columns


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 5)])
def test_one_pixel_is_an_object_without_a_warning(shape: tuple[int, ...]) -> None:
    labels = np.zeros(shape, int)
    labels[(2,) * len(shape)] = 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure(labels).columns["solidity"].tolist() == [1.0]


def test_no_object_gives_an_empty_table_with_the_same_columns() -> None:
    some = measure(np.ones((3, 3), int), np.ones((1, 3, 3)))
    none = measure(np.zeros((3, 3), int), np.ones((1, 3, 3)))
    assert none.count == 0
    assert list(none.columns) == list(some.columns)


def test_the_columns_are_named_and_ordered() -> None:
    flat = measure(np.ones((2, 3), int), np.ones((2, 2, 3)))
    assert list(flat.columns) == [
        "label", "pixels", "area", "centroid_y", "centroid_x", "bbox_y_min", "bbox_y_max",
        "bbox_x_min", "bbox_x_max", "equivalent_diameter", "length", "width", "perimeter",
        "solidity", "intensity_mean_0", "intensity_mean_1",
    ]  # fmt: skip
    assert list(measure(np.ones((2, 3, 4), int)).columns) == [
        "label", "pixels", "volume", "centroid_z", "centroid_y", "centroid_x", "bbox_z_min",
        "bbox_z_max", "bbox_y_min", "bbox_y_max", "bbox_x_min", "bbox_x_max",
        "equivalent_diameter", "solidity",
    ]  # fmt: skip
    assert (flat.unit, flat.name) == ("pixel", "image")


def test_what_is_counted_in_pixels_is_whole() -> None:
    columns = measure(np.ones((2, 3), np.uint8), pixel_size=(0.3,)).columns
    whole = {name for name, column in columns.items() if column.dtype == np.int64}
    assert whole == {"label", "pixels", "bbox_y_min", "bbox_y_max", "bbox_x_min", "bbox_x_max"}


def test_the_equivalent_diameter_is_that_of_a_circle_or_a_ball() -> None:
    flat = measure(np.ones((3, 4), int), pixel_size=(0.5, 2)).columns
    assert np.pi / 4 * flat["equivalent_diameter"][0] ** 2 == pytest.approx(12)
    solid = measure(np.ones((3, 4, 5), int), pixel_size=(0.5, 2, 3)).columns
    assert np.pi / 6 * solid["equivalent_diameter"][0] ** 3 == pytest.approx(180)


def test_oblong_pixels_have_an_area_and_places_and_no_perimeter() -> None:
    labels = np.zeros((6, 8), int)
    labels[1:4, 2:6] = 1
    columns = measure(labels, pixel_size=(0.5, 2)).columns
    assert "perimeter" not in columns
    assert columns["area"][0] == pytest.approx(12)
    assert (columns["centroid_y"][0], columns["centroid_x"][0]) == pytest.approx((1, 7))


def test_one_size_serves_all_axes() -> None:
    columns = measure(np.ones((1, 2, 3), int), pixel_size=(2,)).columns
    assert columns["volume"][0] == pytest.approx(6 * 8)
    assert [columns[f"centroid_{a}"][0] for a in "zyx"] == pytest.approx([0, 1, 2])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_staircase_fills_as_much_of_its_hull_when_it_is_thick(axis: int) -> None:
    # Four unit squares in a hull of 5: 3 for the long row, 2 for the slope above it.
    flat = np.array([[2, 0, 0], [2, 2, 2]])
    assert measure(flat).columns["solidity"].tolist() == pytest.approx([4 / 5])
    thick = np.repeat(np.expand_dims(flat, axis), 5, axis)
    assert measure(thick).columns["solidity"].tolist() == pytest.approx([4 / 5])


def hull_share(mask: NDArray[np.bool_]) -> float:
    """Return the share of the hull of all corners of all pixels that is filled."""
    corners = [
        np.add(p, offset) for p in np.argwhere(mask) for offset in np.ndindex((2,) * mask.ndim)
    ]
    return mask.sum() / ConvexHull(np.array(corners)).volume


@pytest.mark.parametrize("shape", [(3, 5), (5, 2), (2, 3, 4), (4, 2, 3)])
@given(data=st.data())
def test_solidity_is_the_share_of_the_hull_of_all_corners(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    labels = data.draw(arrays.arrays(np.int64, shape, elements=st.integers(0, 2)))
    labels.flat[0] = 2
    wanted = [hull_share(labels == n) for n in np.unique(labels[labels > 0])]
    assert measure(labels).columns["solidity"].tolist() == pytest.approx(wanted)


def test_what_cannot_be_measured_is_told() -> None:
    with pytest.raises(InputError, match="frame by frame"):
        measure(np.zeros((2, 2, 2, 2), int))
    with pytest.raises(InputError, match="labels' shape"):
        measure(np.zeros((2, 2), int), np.zeros((1, 3, 3)))
    with pytest.raises(InputError, match="at least one pixel"):
        measure(np.zeros((0, 5), int))
    with pytest.raises(InputError, match="2 or 3 axes"):
        measure(np.zeros(4, int))
    with pytest.raises(InputError, match="for each axis"):
        measure(np.zeros((2, 2), int), pixel_size=(1, 1, 1))
    with pytest.raises(InputError, match="for each axis"):
        measure(np.zeros((2, 2, 2), int), pixel_size=(1, 1))


def test_numbers_of_any_size_are_measured_and_kept() -> None:
    labels = np.zeros((6, 6), np.int64)
    labels[1:3, 1:3], labels[4:, 4:] = 2_000_000_000, 7
    table = measure(labels, np.where(labels == 7, 3.0, 5.0)[None])
    assert table.columns["label"].tolist() == [7, 2_000_000_000]
    assert table.columns["pixels"].tolist() == [4, 4]
    assert table.columns["intensity_mean_0"].tolist() == [3, 5]


def volume() -> np.ndarray:
    """Return one object through three planes, 2x2 pixels in each."""
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[:, 1:3, 1:3] = 7
    return labels


def test_one_object_through_three_planes_is_one_volume() -> None:
    segmentation = Segmentation(volume())
    table = measure_segmentation(segmentation)
    assert segmentation.count == table.count == 1
    assert table["volume"].tolist() == [12]
    assert "plane" not in table.columns


def test_a_time_lapse_has_a_row_an_object_and_frame() -> None:
    segmentation = Segmentation(volume(), Axes("TYX"), pixel_size=(2.0, 0.5), unit="mm", name="a")
    table = measure_segmentation(segmentation)
    assert (table.name, table.unit, table.size_name) == ("a", "mm", "area")
    assert list(table.columns)[:2] == ["frame", "label"]
    assert table["frame"].tolist() == [0, 1, 2]
    assert table["area"].tolist() == [4.0] * 3
    assert (table["centroid_y"][0], table["centroid_x"][0]) == (3.0, 0.75)


def test_planes_of_volumes_in_time_have_both_columns() -> None:
    labels = np.stack([volume(), volume()])
    table = measure_segmentation(Segmentation(labels, Axes("TZYX"), Axes("TZ")))
    assert list(table.columns)[:3] == ["frame", "plane", "label"]
    assert table["frame"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["plane"].tolist() == [0, 1, 2, 0, 1, 2]


def test_frames_without_objects_have_no_rows() -> None:
    labels = volume()
    labels[1] = 0
    table = measure_segmentation(Segmentation(labels, Axes("TYX")))
    assert table["frame"].tolist() == [0, 2]
    empty = measure_segmentation(Segmentation(labels * 0, Axes("TYX")))
    assert (empty.count, list(empty.columns)) == (0, list(table.columns))


@pytest.mark.parametrize(
    ("axes", "frame_axes", "image_axes", "columns"),
    [
        ("TYX", "T", "TYX", ["frame"]),
        ("TYX", "T", "YXT", ["frame"]),  # in any order
        ("ZYX", "Z", "ZYX", ["plane"]),
        ("TZYX", "T", "ZTYX", ["frame"]),
        ("TZYX", "TZ", "ZTYX", ["frame", "plane"]),
    ],
)
def test_intensities_are_those_of_the_same_frame(
    axes: str, frame_axes: str, image_axes: str, columns: list[str]
) -> None:
    where = dict(zip(axes, np.indices((2, 3, 4, 5)[4 - len(axes) :]), strict=True))
    value = sum(10 * (i + 1) * where[a] for i, a in enumerate(frame_axes))
    data = np.asarray(value).transpose(Axes(axes).order(image_axes))
    labels = np.ones(where["X"].shape, np.uint8)
    table = measure_segmentation(
        Segmentation(labels, Axes(axes), Axes(frame_axes)), Image(data, Axes(image_axes))
    )
    expected = sum(10 * (i + 1) * table[c] for i, c in enumerate(columns))
    assert table["intensity_mean_0"].tolist() == expected.tolist()


def test_each_channel_has_its_mean() -> None:
    image = Image(np.stack([np.full((4, 5), 2.0), np.full((4, 5), 3.0)], -1), Axes("YXC"))
    table = measure_segmentation(Segmentation(volume()[0]), image)
    assert (table["intensity_mean_0"].tolist(), table["intensity_mean_1"].tolist()) == ([2], [3])


@pytest.mark.parametrize("axes", ["ZYX", "CYX"])
def test_an_image_of_other_frames_is_told(axes: str) -> None:
    image = Image(np.zeros((3, 4, 5)), Axes(axes))
    with pytest.raises(InputError, match="labels' shape"):
        measure_segmentation(Segmentation(volume(), Axes("TYX")), image)
    film = Image(np.zeros((2, 3, 4, 5)), Axes("TZYX"))
    with pytest.raises(InputError, match="labels' shape"):
        measure_segmentation(Segmentation(volume()), film)
    short = Image(np.zeros((2, 4, 5)), Axes("TYX"))
    with pytest.raises(InputError, match=r"\(3, 4, 5\) \(axes TYX\), got \(2, 4, 5\)"):
        measure_segmentation(Segmentation(volume(), Axes("TYX")), short)


def test_axes_in_another_order_are_measured_by_their_names() -> None:
    labels = np.zeros((4, 6), np.uint8)
    labels[1, 2:5] = 1  # x 1, y 2 to 4
    table = measure_segmentation(Segmentation(labels, Axes("XY"), pixel_size=(0.5, 2.0)))
    assert (table["centroid_x"][0], table["centroid_y"][0]) == (0.5, 6.0)
    assert (table["bbox_y_min"][0], table["bbox_y_max"][0]) == (2, 5)


def test_objects_keep_their_class_and_where_they_come_from() -> None:
    labels = np.array([[1, 0, 3]])
    source = Provenance(model="m")
    segmentation = Segmentation(labels, classes=np.array([1, 9, 2]), provenance=source)
    table = measure_segmentation(segmentation)
    assert table["class"].tolist() == [1, 2]
    assert table.provenance is source


def test_frames_are_measured_one_at_a_time() -> None:
    tables = measure_frames(Segmentation(volume(), Axes("TYX"), name="a"))
    assert next(tables).name == "a[0]"
    assert [table.name for table in tables] == ["a[1]", "a[2]"]


def test_no_frame_at_all_is_told() -> None:
    with pytest.raises(InputError, match="at least one frame"):
        measure_segmentation(Segmentation(np.zeros((0, 4, 5), int), Axes("TYX")))


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """Draw labels of any axes, frames and numbering."""
    axes = draw(st.sampled_from(["YX", "ZYX", "TYX", "TZYX"]))
    frame_axes = axes if draw(st.booleans()) else axes.replace("Z", "")
    shape = tuple(draw(st.integers(1, 4)) for _ in axes)
    labels = draw(arrays.arrays(np.uint8, shape, elements=st.integers(0, 5)))
    return Segmentation(labels, Axes(axes), Axes(frame_axes[:-2]), draw(st.sampled_from(Numbering)))


@given(segmentations())
def test_counted_and_measured_are_the_same(segmentation: Segmentation) -> None:
    table = measure_segmentation(segmentation)
    if segmentation.numbering is Numbering.through_time:
        assert len(np.unique(table["label"])) == segmentation.count
    else:
        assert table.count == segmentation.count
    assert table["pixels"].sum() == (segmentation.labels > 0).sum()


def test_quality_is_a_column_where_it_is_known() -> None:
    film = Segmentation(
        np.array([[[0, 3, 7]], [[0, 0, 3]]]), Axes("TYX"), quality=np.array([0.9, 0.5, 0.7])
    )
    assert measure_segmentation(film)["quality"].tolist() == [0.9, 0.5, 0.7]
    assert "quality" not in measure_segmentation(replace(film, quality=None)).columns
