"""Tables to files, and files that are whole or not there."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.errors import InputError, MissingDependencyError
from napari_discembed.files import atomic_path
from napari_discembed.io.tables import write_table
from napari_discembed.types import ObjectTable

COUNTS = ObjectTable({"label": np.array([1, 2]), "area": np.array([1.5, 2.0])}, name="a", unit="um")


@pytest.mark.parametrize(("suffix", "comma"), [("csv", ","), ("tsv", "\t")])
def test_text_tables(suffix: str, comma: str, tmp_path: Path) -> None:
    write_table(tmp_path / f"t.{suffix}", COUNTS)
    wanted = "label,area\n1,1.5\n2,2.0\n".replace(",", comma)
    assert (tmp_path / f"t.{suffix}").read_text() == wanted


def test_text_that_a_spreadsheet_would_calculate_is_escaped_and_numbers_are_not(
    tmp_path: Path,
) -> None:
    names = ["=1+1", "+a", "-a.tif", "@b", "\tc", "a=b", "-1.5", ""]
    table = {"image": names, "@count": [-1, 2.5, None, 4, 5, 6, 7, 8]}
    for suffix in ("csv", "tsv"):
        write_table(tmp_path / f"t.{suffix}", table)
        with (tmp_path / f"t.{suffix}").open(newline="") as lines:
            head, *rows = csv.reader(lines, delimiter="," if suffix == "csv" else "\t")
        assert head == ["image", "'@count"]
        assert [row[0] for row in rows] == [
            "'=1+1", "'+a", "'-a.tif", "'@b", "'\tc", "a=b", "-1.5", "",
        ]  # fmt: skip
        assert [row[1] for row in rows[:3]] == ["-1", "2.5", ""]


def test_parquet_keeps_name_and_unit(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_table(tmp_path / "t.parquet", COUNTS)
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.to_pydict() == {"label": [1, 2], "area": [1.5, 2.0]}
    assert table.schema.metadata[b"unit"] == b"um"


def test_without_pyarrow_parquet_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        write_table(tmp_path / "t.parquet", COUNTS)


def test_tables_that_make_no_sense_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.tsv or \.parquet"):
        write_table(tmp_path / "t.xlsx", COUNTS)
    with pytest.raises(InputError, match="equal length"):
        write_table(tmp_path / "t.csv", {"a": [1], "b": [1, 2]})
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with atomic_path(path) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
