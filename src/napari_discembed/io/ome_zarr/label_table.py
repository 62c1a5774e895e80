"""The table of labels, beside them in the store: a row an object, as Fractal and ngio have it.

A feature table of version 1 with the backend *csv* (https://biovisioncenter.github.io/ngio,
*table specifications*): a group ``tables/NAME`` that says which labels its rows are of, and holds
``table.csv``.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_discembed.files import replaced_folder
from napari_discembed.io.ome_zarr.label_metadata import OURS, change_group, register_table
from napari_discembed.io.ome_zarr.label_target import (
    LABELS,
    TABLES,
    LabelTarget,
    is_our_table,
    told_as_unwritable,
)
from napari_discembed.io.tables import write_table
from napari_discembed.types import ObjectTable

INDEX = "label"
"""The column that says of which number a row is."""
FILE = "table.csv"


def write_label_table(target: LabelTarget, table: ObjectTable) -> None:
    """Write the table of labels beside them; that of the labels before is replaced.

    Parameters
    ----------
    target
        Where the labels go.
    table
        With the column :data:`INDEX`.

    Raises
    ------
    InputError
        If another program's table of that name is there.
    DiscembedError
        If the store is read-only or the disk is full.
    """
    path, zarr_format = target.table_path, target.image.zarr_format
    about = {
        "type": "feature_table",
        "table_version": "1",
        "backend": "csv",
        "region": {"path": f"../{LABELS}/{target.name}"},
        "instance_key": INDEX,
        "index_key": INDEX,
        "index_type": "int",
        OURS: {"unit": table.unit},
    }
    was_there = path.parent.exists()
    with told_as_unwritable(target.image.path):
        path.parent.mkdir(exist_ok=True)
        try:
            with replaced_folder(path, is_ours=is_our_table) as partial:
                partial.mkdir()
                change_group(partial, zarr_format, lambda _: about)
                write_table(partial / FILE, _index_first(table))
            register_table(path.parent, target.name, zarr_format)
        finally:
            if not was_there:
                with suppress(OSError):  # of what went wrong nothing is left
                    path.parent.rmdir()


def drop_label_table(labels: Path) -> None:
    """Remove the table of labels that are no longer what it says; another program's stays.

    Parameters
    ----------
    labels
        The group of the labels.
    """
    folder = labels.parent.parent / TABLES
    if is_our_table(folder / labels.name):
        shutil.rmtree(folder / labels.name)
        zarr_format = 2 if (folder / ".zgroup").is_file() else 3
        change_group(folder, zarr_format, lambda about: _without(about, labels.name))


def _without(about: dict[str, Any], name: str) -> dict[str, Any]:
    return {**about, "tables": [each for each in about.get("tables", []) if each != name]}


def _index_first(table: ObjectTable) -> dict[str, NDArray[Any]]:
    return {INDEX: table[INDEX], **table.columns}
