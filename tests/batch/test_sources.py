"""Which files a batch works on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.sources import find_label_files, find_sources
from napari_discembed.errors import FileNote, InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("a.png", "a_GT.png", "day1/b.tif", "day1/b_labels.tif", "day1/b-mask.tif")
    more = ("day1/b_classes.tif", "day1/.c.tif", ".hidden/d.tif", "notes.txt")
    for name in (*names, *more):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def keys(paths: list[str]) -> list[str]:
    return [source.key for source in find_sources(paths)]


def test_a_folder_is_searched_through_and_keeps_its_structure(folder: Path) -> None:
    assert keys([str(folder)]) == ["a", "day1/b"]


def test_a_file_is_written_by_its_own_name_even_a_label_image(folder: Path) -> None:
    assert keys([str(folder / "day1" / "b.tif")]) == ["b"]
    assert keys([str(folder / "day1" / "b_labels.tif")]) == ["b_labels"]


def test_a_name_keeps_its_dots_and_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "cell_1.5um.TIF").touch()
    (source,) = find_sources([tmp_path])
    assert (source.key, source.name) == ("cell_1.5um", "cell_1.5um.TIF")


def test_a_glob_keeps_what_is_below_its_fixed_part(folder: Path) -> None:
    assert keys([str(folder / "day*" / "*.tif")]) == ["day1/b"]
    assert keys([str(folder / "**" / "*.*")]) == ["a", "day1/b"]


def test_a_glob_may_be_below_a_hidden_folder(folder: Path) -> None:
    assert keys([str(folder / ".hidden" / "*.tif")]) == ["d"]


def test_a_file_named_twice_comes_once(folder: Path) -> None:
    assert keys([str(folder / "a.png"), str(folder)]) == ["a", "day1/b"]
    assert keys([str(folder / "a.png"), str(folder / "day1" / ".." / "a.png")]) == ["a"]


@pytest.mark.parametrize("find", [find_sources, lambda paths: find_label_files(map(Path, paths))])
def test_a_missing_path_and_an_empty_folder_are_told(find: object, folder: Path) -> None:
    assert callable(find)
    with pytest.raises(InputError, match="no such file"):
        find([str(folder / "missing.png")])
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"No (label )?images in .*empty"):
        find([str(folder / "empty")])


def test_of_a_folder_the_files_named_as_labels_are_counted(folder: Path) -> None:
    assert [source.name for source in find_label_files([folder])] == ["day1/b_labels.tif"]


def test_where_none_is_named_so_other_names_of_labels_are_known(folder: Path) -> None:
    (folder / "day1" / "b_labels.tif").unlink()
    assert [source.name for source in find_label_files([folder / "day1", folder / "a.png"])] == [
        "b-mask.tif", "a.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a.tif", "a_cp_masks.png", "b.tif", "a_flows.tif"), ["a_cp_masks.png"]),
        (("images/a.tif", "masks/a.tif"), ["masks/a.tif"]),
        (("day/raw/a.tif", "day/gt/a.tif"), ["day/gt/a.tif"]),
        (("masks/a.tif", "masks/b.png"), ["masks/a.tif", "masks/b.png"]),
        (("a.tif", "b.png"), ["a.tif", "b.png"]),
        (("images/a.tif", "images/b.tif"), ["images/a.tif", "images/b.tif"]),
    ],
)
def test_of_a_folder_of_images_and_masks_the_masks_alone_are_counted(
    names: tuple[str, ...], expected: list[str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    np.save(tmp_path / "a_seg.npy", np.array({"masks": 1}, dtype=object))  # as cellpose does
    assert [source.name for source in find_label_files([tmp_path])] == expected


@pytest.mark.parametrize("first", [False, True])
def test_an_ome_set_in_several_files_is_one_source(
    first: bool, tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    names = ["t0.ome.tif", "t1.ome.tif", "t2.ome.tif"]
    write_ome_set(tmp_path, names, described_by_first=first)
    tifffile.imwrite(tmp_path / "z.tif", np.zeros((8, 9), np.uint8))
    with pytest.warns(FileNote, match="with 2 other files it is one data set"):
        assert keys([str(tmp_path)]) == ["t0.ome", "z"]
    with pytest.warns(FileNote, match="one data set"):  # as a shell expands it
        assert keys([str(tmp_path / f"t{i}.ome.tif") for i in (2, 1, 0)]) == ["t0.ome"]
    assert keys([str(tmp_path / "t1.ome.tif"), str(tmp_path / "z.tif")]) == ["t1.ome", "z"]
    with pytest.warns(FileNote, match="one data set"):
        assert keys([str(tmp_path / f"t{i}.ome.tif") for i in (1, 2)]) == ["t1.ome"]


def test_positions_in_files_of_their_own_are_sources_of_their_own(
    tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    write_ome_set(tmp_path, ["p0.ome.tif", "p1.ome.tif"], positions=True)
    assert keys([str(tmp_path)]) == ["p0.ome", "p1.ome"]
    with pytest.warns(FileNote, match="one data set"):
        assert len(find_sources([tmp_path], series=1)) == 1


def test_stores_are_images_and_those_of_a_folder_keep_their_place(
    tmp_path: Path, write_ome_zarr: Callable[..., Path]
) -> None:
    pixels = np.ones((8, 9), np.uint8)
    write_ome_zarr(tmp_path / "day" / "a.ome.zarr", pixels)
    tifffile.imwrite(tmp_path / "b.tif", pixels)
    below = find_sources([tmp_path])
    assert [(s.name, s.is_store) for s in below] == [("b.tif", False), ("day/a.ome.zarr", True)]
    alone = find_sources([tmp_path / "day" / "a.ome.zarr"])
    assert [(s.key, s.path) for s in alone] == [("a.ome", tmp_path / "day" / "a.ome.zarr")]
    assert [s.key for s in find_sources([str(tmp_path / "*" / "*.zarr")])] == ["day/a.ome"]


def test_a_plate_is_a_folder_of_its_fields(
    tmp_path: Path, write_ome_zarr: Callable[..., Path]
) -> None:
    import zarr

    plate = tmp_path / "plate.zarr"
    zarr.create_group(str(plate)).attrs["ome"] = {"plate": {"wells": [{"path": "A/1"}]}}
    images = [{"path": "0"}, {"path": "1"}]
    zarr.create_group(str(plate / "A" / "1")).attrs["ome"] = {"well": {"images": images}}
    for i in range(2):
        write_ome_zarr(plate / "A" / "1" / str(i), np.ones((8, 9), np.uint8))
    assert [s.key for s in find_sources([plate])] == ["plate/A/1/0", "plate/A/1/1"]
    (plate / "zarr.json").write_text("{ cut")
    assert [s.key for s in find_sources([plate])] == ["plate"]  # reading it says why
