"""The command line as a whole: options, errors, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from napari_discembed.cli import _MANY_VALUES, main, spread
from napari_discembed.cli.app import app


def test_a_missing_model_is_one_line_and_the_trace_is_there_when_asked(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", str(play / "images"), "--model", "no-such", "--output", str(tmp_path / "o")]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    with pytest.raises(FileNotFoundError):
        main([*words, "--debug"])


def test_misspelt_options_exit_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", "--no-such-option"]) == 2
    assert "no-such-option" in capsys.readouterr().err


def test_help_and_version_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "finetune" in capsys.readouterr().out
    assert main(["--version"]) == 0


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
