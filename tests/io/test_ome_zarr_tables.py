"""Tables of labels in the store: as Fractal and ngio read them, and only while they are true."""

from __future__ import annotations

import csv
import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_discembed.errors import DiscembedError, FileFormatError, InputError
from napari_discembed.io.ome_zarr import label_table
from napari_discembed.io.ome_zarr.label_table import write_label_table
from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.label_window import LabelWindow
from napari_discembed.io.ome_zarr.labels import write_labels_into
from napari_discembed.metrics import measure
from napari_discembed.progress import run

Write = Callable[..., Path]
CELLS = np.zeros((24, 32), np.uint8)
CELLS[2:6, 3:9], CELLS[10:20, 12:20] = 1, 4


@pytest.fixture(params=[2, 3])
def store(write_ome_zarr: Write, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return write_ome_zarr(tmp_path / "a.zarr", CELLS, zarr_format=request.param, levels=2)


def write(store: Path, name: str = "cells", **how: bool) -> None:
    table = measure(CELLS, pixel_size=(0.5,), unit="micrometer")
    target = LabelTarget.of(store, name)
    run(write_labels_into(target, CELLS, "YX", {"discembed": {}}, table, **how))


def listed(store: Path) -> list[str]:
    """Return the tables that a store lists, as any reader of zarr finds them."""
    return list(zarr.open_group(str(store / "tables"), mode="r").attrs["tables"])


def test_a_table_says_what_it_is_of_and_has_a_row_an_object(store: Path) -> None:
    write(store)
    assert listed(store) == ["cells"]
    group = zarr.open_group(str(store / "tables" / "cells"), mode="r")
    about = dict(group.attrs)
    assert about.pop("discembed") == {"unit": "micrometer"}
    assert about == {
        "type": "feature_table",
        "table_version": "1",
        "backend": "csv",
        "region": {"path": "../labels/cells"},
        "instance_key": "label",
        "index_key": "label",
        "index_type": "int",
    }
    with (store / "tables" / "cells" / "table.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert next(iter(rows[0])) == "label"
    assert [(row["label"], float(row["area"])) for row in rows] == [("1", 6.0), ("4", 20.0)]


def test_tables_of_other_labels_stay(store: Path) -> None:
    write(store)
    write(store, "others")
    write(store, overwrite=True)
    assert listed(store) == ["cells", "others"]


def test_another_program_s_table_is_not_replaced(store: Path) -> None:
    write(store)
    group = zarr.open_group(str(store / "tables" / "cells"), mode="r+")
    del group.attrs["discembed"]
    with pytest.raises(InputError, match="is there, and another program's"):
        LabelTarget.of(store, "cells").check_free(overwrite=True)
    with pytest.raises(InputError, match="holds something else"):
        write_label_table(LabelTarget.of(store, "cells"), measure(CELLS))


def test_a_full_disk_leaves_neither_labels_nor_table(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(store.rglob("*"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(label_table, "write_table", full)
    with pytest.raises(DiscembedError, match="the disk is full; no labels were written"):
        write(store)
    assert sorted(store.rglob("*")) == before


def test_a_list_that_cannot_be_read_is_told_before_anything_is_written(store: Path) -> None:
    write(store)
    for name in (".zattrs", "zarr.json"):
        if (store / "tables" / name).is_file():
            (store / "tables" / name).write_text("{")
    with pytest.raises(FileFormatError, match="metadata of a zarr group"):
        LabelTarget.of(store, "fresh").check_free(overwrite=False)


def test_labels_that_were_corrected_have_no_table_any_more(store: Path) -> None:
    write(store)
    write(store, "others")
    window = LabelWindow(store / "labels" / "cells", (slice(0, 10), slice(0, 10)))
    before = window.read()
    run(window.write(before, before * 0))
    assert listed(store) == ["others"]
    assert not (store / "tables" / "cells").exists()
