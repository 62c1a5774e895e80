"""What is done in a folder: ours or another's, as this release and 0.1 write it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.record import Record, is_our_table
from napari_discembed.batch.sources import Source
from napari_discembed.checksums import sealed
from napari_discembed.io.labels import write_labels

SOURCE = Source(Path("day/a.tif"), Path("day/a"))
ROW = {"image": "day/a.tif", "count": 2, "frame": None, "mean_size": 3.0, "unit": "pixel^2"}


def labelled(folder: Path) -> Record:
    """Return a record of one image, with its label file."""
    record = Record(folder)
    write_labels(record.labels_path(SOURCE), np.ones((4, 4), np.uint8))
    record.add(SOURCE, "abc", [ROW])
    record.save()
    return record


def test_files_keep_the_folders_of_their_image(tmp_path: Path) -> None:
    record = Record(tmp_path)
    assert record.labels_path(SOURCE) == tmp_path / "day" / "a_labels.tif"
    assert record.classes_path(SOURCE) == tmp_path / "day" / "a_classes.tif"


def test_a_record_comes_back(tmp_path: Path) -> None:
    labelled(tmp_path)
    again = Record(tmp_path)
    assert again.is_done(SOURCE, "abc")
    assert not again.is_done(SOURCE, "other settings")
    assert not again.is_foreign(SOURCE)
    assert again.rows([SOURCE, Source(Path("b"), Path("b"))]) == [ROW]
    again.labels_path(SOURCE).unlink()
    assert not again.is_done(SOURCE, "abc")
    assert not again.is_foreign(SOURCE)


def test_labels_changed_since_are_foreign(tmp_path: Path) -> None:
    record = labelled(tmp_path)
    os.utime(record.labels_path(SOURCE), ns=(1, 1))
    assert Record(tmp_path).is_foreign(SOURCE)


@pytest.mark.parametrize("ours", [True, False])
def test_without_a_record_the_file_says_whose_it_is(ours: bool, tmp_path: Path) -> None:
    record = Record(tmp_path)
    path = record.labels_path(SOURCE)
    path.parent.mkdir()
    labels = np.ones((4, 4), np.uint8)
    write_labels(path, labels) if ours else tifffile.imwrite(path, labels)
    assert record.is_foreign(SOURCE) != ours


def test_a_record_of_release_0_1_opens(tmp_path: Path) -> None:
    path = tmp_path / "day" / "a_labels.tif"
    write_labels(path, np.ones((4, 4), np.uint8))
    rows = [{**ROW, "diameter": 9.0, "model": "m", "seconds": 0.1, "labels": "day/a_labels.tif"}]
    written = path.stat().st_mtime_ns
    old = {"day/a": {"settings": "abc", "rows": rows, "written": written}}
    (tmp_path / "segmentation.json").write_text(json.dumps(old))
    record = Record(tmp_path)
    assert record.is_done(SOURCE, "abc")
    assert not record.is_foreign(SOURCE)
    record.save()
    new = json.loads((tmp_path / "segmentation.json").read_text())
    assert new == {"day/a": sealed(old["day/a"], "day/a")}
    assert (tmp_path / "counts.csv").read_text().splitlines() == [
        "image,count,frame,mean_size,total_size,unit,diameter,model,seconds,sd_size",
        "day/a.tif,2,,3.0,,pixel^2,9.0,m,0.1,",
    ]


@pytest.mark.parametrize("text", ["", "[1]", "null", '{"a"', "\xff", '{"a":' * 100_000])
def test_what_is_no_record_is_told_and_kept(text: str, tmp_path: Path) -> None:
    (tmp_path / "segmentation.json").write_text(text, encoding="latin-1")
    record = Record(tmp_path)
    assert record.done == {}
    assert "segmentation.json cannot be read" in record.unreadable
    assert (tmp_path / "segmentation.unreadable.json").read_text(encoding="latin-1") == text
    record.save()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "counts.csv", "segmentation.json", "segmentation.unreadable.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        "1", "{}", '{"rows": 3}', '{"settings": "abc", "rows": []}',
        '{"settings": "abc", "rows": [{"image": "b.tif"}]}',
        '{"settings": "abc", "rows": [{"count": [1]}]}',
        '{"settings": "abc", "rows": [{"count": -1}]}',
        '{"settings": "abc", "rows": [{"count": 1, "mean_size": NaN}]}',
    ],
)  # fmt: skip
def test_a_damaged_entry_is_done_again_and_the_others_stay(entry: str, tmp_path: Path) -> None:
    labelled(tmp_path)
    file = tmp_path / "segmentation.json"
    file.write_text(file.read_text().rstrip()[:-1] + f', "b": {entry}}}')
    record = Record(tmp_path)
    assert list(record.done) == ["day/a"]
    assert record.unreadable.endswith("what it says of b is damaged; done again.")


def test_names_that_are_no_unicode_come_back(tmp_path: Path) -> None:
    name = b"\xff".decode(errors="surrogateescape")
    record, source = Record(tmp_path), Source(Path(f"{name}.tif"), Path(name))
    write_labels(record.labels_path(source), np.ones((4, 4), np.uint8))
    record.add(source, "abc", [{**ROW, "image": source.name}])
    record.save()
    assert Record(tmp_path).is_done(source, "abc")


SAVE = """
import sys, time; from pathlib import Path; import numpy as np
from napari_discembed.batch import record as r; from napari_discembed.batch.sources import Source
from napari_discembed.io.labels import write_labels
read = r.Record._on_disk
def slowly(self):
    found = read(self); time.sleep(0.3); return found
record = r.Record(Path(sys.argv[1])); source = Source(Path(sys.argv[2] + ".tif"), Path(sys.argv[2]))
write_labels(record.labels_path(source), np.ones((4, 4), np.uint8))
record.add(source, "abc", [{"image": source.name, "count": 1}])
print("ready", flush=True); sys.stdin.readline()
r.Record._on_disk = slowly; record.save()
"""


def test_two_runs_that_save_in_the_same_instant_lose_nothing(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SAVE, str(tmp_path), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in "ab"
    ]  # fmt: skip
    for run in runs:
        assert run.stdout is not None
        run.stdout.readline()
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    assert [run.wait() for run in runs] == [0, 0]
    for run in runs:
        run.communicate()
    assert sorted(Record(tmp_path).done) == ["a", "b"]
    lines = (tmp_path / "counts.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["image", "a.tif", "b.tif"]
    assert not list(tmp_path.glob(".*"))


def test_of_one_image_done_by_two_runs_the_labels_that_are_there_count(tmp_path: Path) -> None:
    one, other = Record(tmp_path), Record(tmp_path)
    for record in (one, other):
        write_labels(record.labels_path(SOURCE), np.ones((4, 4), np.uint8))
        record.add(SOURCE, "abc", [ROW])
        os.utime(record.labels_path(SOURCE), ns=(1, len(record.done)))
    os.utime(other.labels_path(SOURCE), ns=(5, 5))
    other.add(SOURCE, "abc", [ROW])
    other.save()
    one.save()
    assert not Record(tmp_path).is_foreign(SOURCE)


@pytest.mark.parametrize(
    ("text", "ours"),
    [("", True), ("image,count,frame\n", True), ("\ufeffimage,count\n", True), ("a;b\n", False)],
)
def test_a_table_of_counts_is_known_by_its_first_columns(
    text: str, ours: bool, tmp_path: Path
) -> None:
    (tmp_path / "counts.csv").write_text(text, encoding="utf-8")
    assert is_our_table(tmp_path / "counts.csv") == ours


def test_what_a_newer_release_says_besides_is_left_out(tmp_path: Path) -> None:
    entry = {"settings": "abc", "rows": [ROW], "written": 1, "tracks": "a.ctc"}
    (tmp_path / "segmentation.json").write_text(json.dumps({"a": entry}))
    assert Record(tmp_path).done["a"].settings == "abc"


def test_rows_of_another_run_are_kept(tmp_path: Path) -> None:
    one, other = Record(tmp_path), Record(tmp_path)
    second = Source(Path("z.tif"), Path("z"))
    for record, source in ((one, SOURCE), (other, second)):
        write_labels(record.labels_path(source), np.ones((4, 4), np.uint8))
        record.add(source, "abc", [{**ROW, "image": source.name}])
        record.save()
    lines = (tmp_path / "counts.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["image", "day/a.tif", "z.tif"]


def test_it_is_saved_when_it_was_long_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = labelled(tmp_path)
    (tmp_path / "counts.csv").unlink()
    record.save_now_and_then()
    assert not (tmp_path / "counts.csv").exists()
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    record.save_now_and_then()
    assert (tmp_path / "counts.csv").exists()
    (tmp_path / "counts.csv").unlink()
    record.save_now_and_then()  # which it just was
    assert not (tmp_path / "counts.csv").exists()


def test_planes_have_a_column_at_the_end_where_there_are_some(tmp_path: Path) -> None:
    record = Record(tmp_path)
    write_labels(record.labels_path(SOURCE), np.ones((4, 4), np.uint8))
    record.add(SOURCE, "abc", [{**ROW, "plane": i} for i in range(2)])
    record.save()
    lines = (tmp_path / "counts.csv").read_text().splitlines()
    assert [line.split(",")[-1] for line in lines] == ["plane", "0", "1"]


def test_an_entry_that_does_not_say_when_it_was_written_is_ours(tmp_path: Path) -> None:
    write_labels(tmp_path / "day" / "a_labels.tif", np.ones((4, 4), np.uint8))
    old = {"day/a": {"settings": "abc", "rows": [ROW]}}
    (tmp_path / "segmentation.json").write_text(json.dumps(old))
    assert not Record(tmp_path).is_foreign(SOURCE)
