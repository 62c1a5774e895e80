"""ROIs of ImageJ."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi, roiread, roiwrite

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.imagej_rois import holds_rois, write_rois
from napari_discembed.io.instances import read_instances
from napari_discembed.types import Image, Instances

from .scenes import overlapping


def roi(kind: ROI_TYPE, left: int, top: int, right: int, bottom: int) -> ImagejRoi:
    made = ImagejRoi()
    made.roitype = kind
    made.left, made.top, made.right, made.bottom = left, top, right, bottom
    return made


def read(tmp_path: Path, *rois: ImagejRoi, shape: tuple[int, ...] = (9, 9)) -> Instances:
    roiwrite(tmp_path / "a.zip", rois, name=[f"{i}.roi" for i in range(len(rois))], mode="w")
    return read_instances(tmp_path / "a.zip", like=shape)


def test_rois_have_names_outlines_and_properties(tmp_path: Path) -> None:
    write_rois(tmp_path / "a.zip", overlapping())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["0001.roi", "0002.roi", "0003.roi"]
    ring, dot, bar = roiread(tmp_path / "a.zip")
    assert [each.name for each in (ring, dot, bar)] == ["0001", "0002", "0003"]
    assert (ring.roitype, ring.composite) == (ROI_TYPE.RECT, True)
    assert (ring.left, ring.top, ring.right, ring.bottom) == (0, 0, 3, 3)
    assert [len(part) for part in ring.coordinates(multi=True)] == [5, 5]
    assert (dot.roitype, dot.composite) == (ROI_TYPE.TRACED, False)
    corners = sorted(map(tuple, bar.coordinates().tolist()))
    assert corners == [(2, 2), (2, 3), (6, 2), (6, 3)]  # the edges of pixels 2 to 5 of row 2
    assert ring.properties["label"] == 1
    assert (ring.properties["score"], ring.properties["class"]) == (0.875, "leaf")
    assert ring.properties["discembed.unit"] == "micrometer"
    assert (ring.position, ring.z_position, ring.t_position) == (0, 0, 0)


def test_rois_of_a_stack_have_positions(tmp_path: Path) -> None:
    labels = np.zeros((2, 3, 4, 4), np.uint8)
    labels[1, 2, 0, 0] = 5
    write_rois(tmp_path / "a.zip", Instances.of_labels(labels))
    [one] = roiread(tmp_path / "a.zip")
    assert (one.position, one.t_position, one.z_position) == (0, 2, 3)
    assert one.name == "t0002-z0003-0005"
    write_rois(tmp_path / "b.zip", Instances.of_labels(labels[1]))
    [one] = roiread(tmp_path / "b.zip")
    assert (one.position, one.t_position, one.z_position) == (3, 0, 0)


def test_large_images_are_no_matter(tmp_path: Path) -> None:
    for far in (33_000, 61_000, 100_000):
        boxes = np.array([[[far, far + 2], [far, far + 1]]])
        crops = (np.ones((2, 1), bool),)
        far_off = Instances(boxes, crops, np.array([1]), (far + 5, far + 5))
        write_rois(tmp_path / "a.zip", far_off)
        assert read_instances(tmp_path / "a.zip").boxes.tolist() == boxes.tolist()


def test_rectangles_ovals_and_polygons_are_filled(tmp_path: Path) -> None:
    wide = roi(ROI_TYPE.RECT, 0, 0, 1, 1)
    wide.options |= ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    wide.xd, wide.yd, wide.widthd, wide.heightd = 0.75, 0.0, 0.5, 1.0  # as ImageJ has it
    found = read(
        tmp_path,
        roi(ROI_TYPE.RECT, 1, 2, 3, 6),
        roi(ROI_TYPE.OVAL, 0, 0, 3, 3),
        ImagejRoi.frompoints([[4, 4], [6, 4], [6, 7], [4, 7]]),
        ImagejRoi.frompoints(np.array([[0.6, 0.6], [2.4, 0.6], [2.4, 2.4], [0.6, 2.4]])),
        wide,
    )
    assert found.boxes[0].tolist() == [[2, 6], [1, 3]]
    assert found.pixels.tolist() == [8, 9, 6, 1, 1]
    assert found.boxes[4].tolist() == [[0, 1], [0, 1]]


def test_an_oval_holds_the_pixels_whose_centres_lie_in_it(tmp_path: Path) -> None:
    [crop] = read(tmp_path, roi(ROI_TYPE.OVAL, 1, 1, 8, 8)).crops
    y, x = np.mgrid[:7, :7]
    assert (crop == ((y - 3) ** 2 + (x - 3) ** 2 <= 3.5**2)).all()


def test_composites_with_curves_are_filled(tmp_path: Path) -> None:
    one = roi(ROI_TYPE.RECT, 0, 0, 8, 8)
    bow = [0, 0, 0, 3, 0, 8, 8, 8, 8, 0, 4]  # from (0, 0) to (8, 0) by a cubic curve
    flat = [0, 0, 8, 2, 4, 8.5, 8, 8, 4]  # a sliver between pixels' centres
    one.multi_coordinates = np.array([*bow, *flat], np.float32)
    one.shape_roi_size = len(one.multi_coordinates)
    found = read(tmp_path, one)
    # The curve is x = 24t^2 - 16t^3, y = 24t - 24t^2, and holds 38.4.
    assert 37 <= found.pixels[0] <= 40
    assert found.boxes[0].tolist() == [[0, 6], [0, 8]]


def test_lines_points_and_texts_are_left_out_and_told(tmp_path: Path) -> None:
    text = roi(ROI_TYPE.RECT, 1, 1, 3, 3)
    text.subtype = ROI_SUBTYPE.TEXT
    point = ImagejRoi.frompoints([[1, 1], [2, 2]])
    point.roitype = ROI_TYPE.POINT
    with pytest.warns(FileNote, match="3 ROIs without an area"):
        found = read(
            tmp_path, roi(ROI_TYPE.LINE, 0, 0, 3, 3), point, text, roi(ROI_TYPE.RECT, 0, 0, 1, 1)
        )
    assert len(found) == 1


def test_a_single_roi_is_read(tmp_path: Path) -> None:
    roi(ROI_TYPE.RECT, 1, 2, 3, 6).tofile(tmp_path / "a.roi")
    assert holds_rois(tmp_path / "a.roi")
    assert read_instances(tmp_path / "a.roi", like=(9, 9)).pixels.tolist() == [8]


def test_positions_of_other_programs_are_frames_or_planes(tmp_path: Path) -> None:
    plain, hyper = (roi(ROI_TYPE.RECT, 0, 0, 1, 1) for _ in range(2))
    plain.position, hyper.t_position = 3, 2
    found = read(tmp_path, plain, shape=(4, 9, 9))
    assert found.boxes[0, 0].tolist() == [2, 3]
    film = Image(np.zeros((4, 9, 9)), "TYX")
    roiwrite(tmp_path / "b.zip", [plain, hyper], name=["a", "b"], mode="w")
    found = read_instances(tmp_path / "b.zip", like=film)
    assert found.frames.tolist() == [[2], [1]]


def test_a_position_that_is_not_there_and_none_in_a_stack_are_told(tmp_path: Path) -> None:
    one = roi(ROI_TYPE.RECT, 0, 0, 1, 1)
    with pytest.raises(InputError, match="does not say where it lies along Z"):
        read(tmp_path, one, shape=(4, 9, 9))
    one.position = 5
    with pytest.raises(InputError, match="in place 5 along Z, but the image has 4"):
        read(tmp_path, one, shape=(4, 9, 9))
    with pytest.raises(InputError, match="in place 5 along Z, but the image has 1"):
        read(tmp_path, one)


def test_what_macos_adds_to_an_archive_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._a.roi", b"x")
        archive.writestr("rois/", b"")
        archive.writestr("rois/.DS_Store", b"x")
        archive.writestr("rois/a.roi", roi(ROI_TYPE.RECT, 0, 0, 2, 2).tobytes())
    assert holds_rois(path)
    assert read_instances(path, like=(3, 3)).pixels.tolist() == [4]


@pytest.mark.parametrize("cut", [70, 90, 100])
def test_a_roi_that_is_cut_short_is_told(tmp_path: Path, cut: int) -> None:
    whole = ImagejRoi.frompoints(np.arange(40).reshape(20, 2) % 7).tobytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.roi", whole[:cut])
    with pytest.raises(FileFormatError, match="not ROIs of ImageJ, damaged or cut short"):
        read_instances(tmp_path / "a.zip", like=(9, 9))


@pytest.mark.parametrize("path", [[7, 1, 1], [1, 2, 3, 4], [0, 1], [0, 1, 1, 3, 2, 2], [4]])
def test_paths_that_are_none_are_told(tmp_path: Path, path: list[float]) -> None:
    one = roi(ROI_TYPE.RECT, 0, 0, 8, 8)
    one.multi_coordinates = np.array(path, np.float32)
    one.shape_roi_size = len(path)
    with pytest.raises(FileFormatError, match=r"a\.zip: 0: expected a path of lines and curves"):
        read(tmp_path, one)


def test_an_archive_whose_rois_are_damaged_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_rois(path, overlapping())
    content = bytearray(path.read_bytes())
    content[45:80] = bytes(35)
    path.write_bytes(content)
    assert holds_rois(path)
    with pytest.raises(FileFormatError, match="not ROIs of ImageJ, damaged or cut short"):
        read_instances(path)


def test_a_name_that_is_cut_off_is_noted(tmp_path: Path) -> None:
    whole = roi(ROI_TYPE.RECT, 0, 0, 2, 2)
    whole.name = "a name of some length"
    (tmp_path / "a.roi").write_bytes(whole.tobytes()[:-4])
    with pytest.warns(FileNote, match=r"1 part that cannot be passed over \(.*name exceeds"):
        assert len(read_instances(tmp_path / "a.roi", like=(3, 3))) == 1


def test_an_outline_moved_in_fiji_keeps_its_label(tmp_path: Path) -> None:
    write_rois(tmp_path / "a.zip", overlapping())
    rois = roiread(tmp_path / "a.zip")
    rois[2].top += 1
    rois[2].bottom += 1
    roiwrite(tmp_path / "b.zip", rois[1:], mode="w")
    found = read_instances(tmp_path / "b.zip")
    assert found.numbers.tolist() == [2, 3]
    assert found.boxes[1].tolist() == [[3, 4], [2, 6]]
    assert found.shape == (5, 6)
