"""What a person and a program read of a command."""

from __future__ import annotations

import sys

import pytest

from napari_discembed.cli.console import answer, answer_json, run_with_bar, say
from napari_discembed.progress import Job, Progress


def counting() -> Job[str]:
    for i in range(1, 3):
        yield Progress(i / 2, f"part {i}")
    return "done"


def test_results_go_out_and_words_beside(capsys: pytest.CaptureFixture[str]) -> None:
    answer("24 coins")
    say("counting ...")
    answer_json({"count": 24, "where": None})
    shown = capsys.readouterr()
    assert shown.out == '24 coins\n{\n  "count": 24,\n  "where": null\n}\n'
    assert shown.err == "counting ...\n"


@pytest.mark.parametrize("quiet", [True, False])
def test_a_job_runs_without_a_bar_where_nobody_looks(
    quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[float | None] = []
    done = run_with_bar(counting(), "count", lambda p: seen.append(p.fraction), quiet=quiet)
    assert (done, seen) == ("done", [0.5, 1.0])
    assert capsys.readouterr() == ("", "")


def test_in_a_terminal_words_stand_above_the_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run_with_bar(counting(), "count", lambda p: say(f"said {p.message}")) == "done"
    shown = capsys.readouterr().err
    assert "said part 1" in shown
    assert "said part 2" in shown
