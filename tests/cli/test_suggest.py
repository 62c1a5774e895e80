"""``discembed suggest``: which image of a folder to label next."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from napari_discembed.cli import main


def test_suggest_lists_the_images_with_reasons_the_least_sure_first(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (play / "images" / "broken.tif").write_bytes(b"no image")
    table = tmp_path / "next.csv"
    words = ["suggest", str(play / "images"), "--model", str(model_file), "-d", "16"]
    assert main([*words, "--output", str(table), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert {row["image"] for row in answer["images"]} == {"day/two.tif", "one.tif"}
    shares = [(row["unsure"] + 1) / (row["objects"] + 2) for row in answer["images"]]
    assert shares == sorted(shares, reverse=True)
    assert [path.endswith("broken.tif") for path in answer["failed"]] == [True]
    with table.open() as lines:
        assert [row["reason"] for row in csv.DictReader(lines)] == [
            row["reason"] for row in answer["images"]
        ]


def test_suggest_says_it_in_words(
    play: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = play / "images" / "one.tif"
    assert main(["suggest", str(one), "--model", str(model_file), "-d", "16"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("one.tif: ")
    assert first.endswith(("not sure", "no object found"))
