"""OME-Zarr images: levels, axes, sizes, read lazily; what is wrong is told in a sentence."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.io.images import read_image
from napari_discembed.io.ome_zarr.folders import find_stores, is_store
from napari_discembed.io.ome_zarr.stored import images_in
from napari_discembed.io.readers import list_series

Write = Callable[..., Path]
GREY = 1 + np.arange(40 * 48, dtype=np.uint16).reshape(40, 48)
FORMATS = pytest.mark.parametrize("zarr_format", [2, 3])


@FORMATS
def test_any_level_is_read_lazily_with_its_size_and_unit(
    write_ome_zarr: Write, tmp_path: Path, zarr_format: int
) -> None:
    path = write_ome_zarr(
        tmp_path / "a.ome.zarr", GREY, zarr_format=zarr_format, levels=3, scale=(0.5, 0.25)
    )
    for level in range(3):
        image = read_image(path, level=level)
        assert isinstance(image.data, LazyArray)
        np.testing.assert_array_equal(np.asarray(image.data), GREY[:: 2**level, :: 2**level])
        assert (image.axes, image.unit, image.name) == ("YX", "micrometer", "a.ome")
        assert image.pixel_size == (0.5 * 2**level, 0.25 * 2**level)
    with pytest.raises(InputError, match="a level from 0 to 2, got 3"):
        read_image(path, level=3)
    with pytest.raises(InputError, match="a series from 0 to 0, got 1"):
        read_image(path, series=1)


def test_axes_of_length_one_go_and_a_frame_is_read_alone(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    data = np.stack([GREY, GREY + 1])[:, None, None]
    path = write_ome_zarr(tmp_path / "a.zarr", data, "TCZYX", scale=(9, 1, 2, 0.5, 0.5))
    image = read_image(path)
    assert (image.axes, image.data.shape) == ("TYX", (2, 40, 48))
    frame = image.frames()[1]
    np.testing.assert_array_equal(frame.channels_first(), GREY[None] + 1)


def test_the_scale_of_the_whole_counts_with_that_of_the_level(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    whole = [{"type": "scale", "scale": [0.5, 0.5]}]
    path = write_ome_zarr(
        tmp_path / "a.zarr", GREY, levels=2, scale=(2, 2), coordinateTransformations=whole
    )
    assert read_image(path, level=1).pixel_size == (2, 2)


def test_sizes_in_several_units_become_micrometers(write_ome_zarr: Write, tmp_path: Path) -> None:
    axes = [{"name": n, "type": "space", "unit": u} for n, u in (("y", "millimeter"), ("x", "um"))]
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, scale=(0.002, 1), axes=axes)
    image = read_image(path)
    assert (image.pixel_size, image.unit) == ((2.0, 1.0), "micrometer")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scale": (0.5,)}, "its scale has 1 numbers for 2 axes: sizes are in pixels"),
        ({"scale": (0.5, 0.0)}, "its pixel size, X = 0 micrometer, cannot be one"),
        ({"scale": (-1.0, 1.0)}, "its pixel size, Y = -1 micrometer, cannot be one"),
    ],
)
def test_a_scale_that_is_none_is_noted(
    write_ome_zarr: Write, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, **changes)
    with pytest.warns(FileNote, match=words):
        image = read_image(path)
    assert (image.pixel_size, image.unit) == ((1.0, 1.0), "pixel")


def test_chunks_that_are_not_stored_are_noted(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)
    (path / "0" / "c" / "1" / "2").unlink()
    with pytest.warns(FileNote, match="1 of its 9 chunks are not stored, read as 0: empty, or"):
        image = read_image(path)
    assert np.asarray(image.data)[16:32, 32:48].max() == 0


def test_a_damaged_chunk_is_told_when_it_is_read(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)
    (path / "0" / "c" / "1" / "2").write_bytes(b"no chunk")
    image = read_image(path)
    assert int(np.asarray(image.data[0, 0])) == 1
    with pytest.raises(FileFormatError, match=r"a\.zarr: not an OME-Zarr image, damaged"):
        np.asarray(image.data)


def without_axes(path: Path, write: Write) -> None:
    write(path, GREY, axes=None)


def strange_axes(path: Path, write: Write) -> None:
    axes = [{"name": "angle", "type": "other"}, *({"name": n} for n in "yx")]
    write(path, np.stack([GREY, GREY]), "ZYX", axes=axes)


def fewer_axes(path: Path, write: Write) -> None:
    write(path, np.stack([GREY, GREY]), "ZYX", axes=[{"name": n} for n in "yx"])


def lost_level(path: Path, write: Write) -> None:
    write(path, GREY, levels=2)
    shutil.rmtree(path / "1")


def lost_metadata(path: Path, write: Write) -> None:
    write(path, GREY)
    (path / "zarr.json").write_text("{ cut")


def bad_levels(path: Path, write: Write) -> None:
    write(path, GREY, datasets=[{"path": "../../elsewhere"}])


def no_multiscale(path: Path, write: Write) -> None:
    write(path, GREY)
    text = json.loads((path / "zarr.json").read_text())
    (path / "zarr.json").write_text(json.dumps(text | {"attributes": {}}))


def bare_array(path: Path, write: Write) -> None:
    write(path.with_name("whole.zarr"), GREY)
    (path.with_name("whole.zarr") / "0").rename(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (without_axes, "names no axes"),
        (strange_axes, "expected axes out of TCZYX with Y and X, got angle, y, x"),
        (fewer_axes, r"names 2 axes \(YX\) of arrays of shape \(2, 40, 48\)"),
        (lost_level, "name the level '1', which is not there"),
        (lost_metadata, "not an OME-Zarr image, damaged"),
        (bad_levels, "metadata are damaged .* a path within the store"),
        (no_multiscale, "without multiscales"),
        (bare_array, "an array of zarr, which says nothing of axes"),
    ],
)
def test_what_is_no_image_is_told_in_a_sentence(
    write_ome_zarr: Write, tmp_path: Path, make: Callable[..., None], words: str
) -> None:
    path = tmp_path / "a.zarr"
    make(path, write_ome_zarr)
    with pytest.raises(FileFormatError, match=words):
        read_image(path)


def test_axes_that_a_person_says_are_heeded(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY[None], "ZYX", axes=None)
    assert read_image(path, axes="TYX").axes == "YX"


def test_names_alone_are_axes_as_in_0_3(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", np.stack([GREY, GREY]), "CYX", axes=["c", "y", "x"])
    assert read_image(path).axes == "CYX"


def plate(path: Path, write: Write) -> Path:
    """Write a plate of two wells, the first of two fields; a third is named and is not there."""
    import zarr

    group = zarr.create_group(str(path), zarr_format=2)
    wells = [
        {"path": w, "rowIndex": 0, "columnIndex": i} for i, w in enumerate(("A/1", "A/2", "A/3"))
    ]
    group.attrs["plate"] = {"wells": wells, "version": "0.4"}
    for well, fields in (("A/1", 2), ("A/2", 1)):
        zarr.create_group(str(path / well), zarr_format=2).attrs["well"] = {
            "images": [{"path": str(i)} for i in range(fields)]
        }
        for i in range(fields):
            write(path / well / str(i), GREY + i, zarr_format=2)
    return path


def test_the_fields_of_a_plate_are_images(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = plate(tmp_path / "plate.zarr", write_ome_zarr)
    fields = images_in(path)
    assert [str(f.relative_to(path)) for f in fields] == ["A/1/0", "A/1/1", "A/2/0"]
    assert int(np.asarray(read_image(fields[1]).data)[0, 0]) == 2
    assert images_in(path / "A" / "1") == fields[:2]
    with pytest.raises(FileFormatError, match="a plate of several images"):
        read_image(path)


def test_a_converted_file_of_several_pictures_has_series(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    import zarr

    path = tmp_path / "a.zarr"
    zarr.create_group(str(path), zarr_format=2).attrs["bioformats2raw.layout"] = 3
    for i in range(2):
        write_ome_zarr(path / str(i), GREY + i, zarr_format=2)
    (path / "OME").mkdir()
    assert [s.number for s in list_series(path)] == [0, 1]
    assert int(np.asarray(read_image(path, series=1).data)[0, 0]) == 2
    assert images_in(path) == [path / "0", path / "1"]


def test_stores_are_found_and_not_looked_into(write_ome_zarr: Write, tmp_path: Path) -> None:
    plate(tmp_path / "below" / "plate.zarr", write_ome_zarr)
    write_ome_zarr(tmp_path / "a.zarr", GREY)
    write_ome_zarr(tmp_path / ".hidden" / "b.zarr", GREY)
    found = [str(p.relative_to(tmp_path)) for p in find_stores(tmp_path)]
    assert found == ["a.zarr", "below/plate.zarr"]
    assert not is_store(tmp_path)


def test_reading_one_says_nothing_where_nothing_is_wrong(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, unit=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(path).unit == "pixel"
