"""Which files a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from napari_discembed.cli import _MANY_VALUES, spread
from napari_discembed.cli.app import app
from napari_discembed.cli.paths import find_sources
from napari_discembed.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("a.png", "a_GT.png", "day1/b.tif", "day1/b_labels.tif", "day1/b-mask.tif")
    for name in (*names, "day1/.c.tif", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def relatives(paths: list[str]) -> list[str]:
    return [s.relative.as_posix() for s in find_sources(paths)]


def test_a_folder_is_searched_through_and_keeps_its_structure(folder: Path) -> None:
    assert relatives([str(folder)]) == ["a", "day1/b"]


def test_a_file_is_written_by_its_own_name(folder: Path) -> None:
    assert relatives([str(folder / "day1" / "b.tif")]) == ["b"]


def test_a_glob_keeps_what_is_below_its_fixed_part(folder: Path) -> None:
    assert relatives([str(folder / "day*" / "*.tif")]) == ["day1/b"]
    assert relatives([str(folder / "**" / "*.*")]) == ["a", "day1/b"]


def test_a_file_named_twice_comes_once(folder: Path) -> None:
    assert relatives([str(folder / "a.png"), str(folder)]) == ["a", "day1/b"]


def test_a_missing_path_and_an_empty_folder_are_told(folder: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        find_sources([str(folder / "missing.png")])
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="No images"):
        find_sources([str(folder / "empty")])


def test_an_option_of_many_values_is_repeated_before_each() -> None:
    words = ["finetune", "--images", "a", "b", "--labels", "c", "--seed", "1", "--complete"]
    assert spread(words) == [
        "finetune", "--images", "a", "--images", "b", "--labels", "c", "--seed", "1", "--complete",
    ]  # fmt: skip


def test_every_option_of_many_values_takes_many() -> None:
    command = typer.main.get_command(app).commands["finetune"]  # type: ignore[attr-defined]
    many = {param.opts[0] for param in command.params if param.multiple}
    assert many - {"--set", "--network"} <= _MANY_VALUES


def test_an_option_repeated_by_the_user_stays_as_it_is() -> None:
    words = ["finetune", "--images", "a", "--images", "b"]
    assert spread(words) == words
