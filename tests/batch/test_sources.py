"""Which files a batch works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.batch.sources import find_label_files, find_sources
from napari_discembed.errors import InputError


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


def test_where_none_is_named_so_all_images_are_labels(folder: Path) -> None:
    (folder / "day1" / "b_labels.tif").unlink()
    assert [source.name for source in find_label_files([folder / "day1", folder / "a.png"])] == [
        "b-mask.tif", "b.tif", "b_classes.tif", "a.png",
    ]  # fmt: skip
