"""What is done in a folder: ours or another's, as this release and 0.1 write it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.record import Record
from napari_discembed.batch.sources import Source
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
    assert json.loads((tmp_path / "segmentation.json").read_text()) == old
    assert (tmp_path / "counts.csv").read_text().splitlines() == [
        "image,count,frame,mean_size,total_size,unit,diameter,model,seconds,sd_size",
        "day/a.tif,2,,3.0,,pixel^2,9.0,m,0.1,",
    ]


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"a": {"rows": 3}}', '{"a"'])
def test_what_is_no_record_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "segmentation.json").write_text(text)
    record = Record(tmp_path)
    assert record.done == {}
    assert "segmentation.json cannot be read" in record.unreadable


def test_what_a_newer_release_says_besides_is_left_out(tmp_path: Path) -> None:
    entry = {"settings": "abc", "rows": [], "written": 1, "tracks": "a.ctc"}
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
