"""Files and folders that are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from napari_discembed.errors import InputError
from napari_discembed.files import (
    atomic_path,
    partial_path,
    replaced_folder,
    restore_folder,
    safe_name,
    sweep_partials,
)


def test_a_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "deep" / "a.txt") as partial:
        partial.write_text("new")
        assert not (tmp_path / "deep" / "a.txt").exists()
    assert (tmp_path / "deep" / "a.txt").read_text() == "new"
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_an_error_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(file) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_parts_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from napari_discembed.files import partial_path;"
        "partial_path(Path(sys.argv[1]) / 'a.tif').touch();"
        "partial_path(Path(sys.argv[1]) / 'b.dembed').mkdir()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert len(list(tmp_path.iterdir())) == 2
    mine = partial_path(tmp_path / "c.tif")
    mine.touch()
    sweep_partials(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_parts_of_another_computer_go_after_a_day(tmp_path: Path) -> None:
    fresh, stale = (tmp_path / f".{n}.abcdef-1-01234567.partial.tif" for n in "ab")
    for file in (fresh, stale):
        file.touch()
    yesterday = time.time() - 90_000
    os.utime(stale, (yesterday, yesterday))
    sweep_partials(tmp_path)
    assert list(tmp_path.iterdir()) == [fresh]


def test_a_folder_is_replaced_only_where_it_is_ours(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    for content in ("first", "second"):
        with replaced_folder(folder, is_ours=lambda _: True) as fresh:
            fresh.mkdir()
            (fresh / "a").write_text(content)
    assert (folder / "a").read_text() == "second"
    with (
        pytest.raises(InputError, match="something else"),
        replaced_folder(folder, is_ours=lambda _: False),
    ):
        pass
    assert (folder / "a").read_text() == "second"
    assert list(tmp_path.iterdir()) == [folder]


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "a").write_text("old")

    def fail_half_way() -> None:
        with replaced_folder(folder, is_ours=lambda _: True) as fresh:
            fresh.mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert (folder / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_moved_aside_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".x.old").mkdir()
    restore_folder(tmp_path / "x")
    assert (tmp_path / "x").is_dir()


@pytest.mark.parametrize(("name", "safe"), [("a/b", "a_b"), ("..", "model"), ("leaf 2", "leaf 2")])
def test_a_safe_name_is_a_name_anywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
