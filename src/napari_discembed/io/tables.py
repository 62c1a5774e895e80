"""Tables to files: CSV, TSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError, MissingDependencyError
from napari_discembed.files import atomic_path
from napari_discembed.types import ObjectTable

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
TABLE_SUFFIXES = (*_DELIMITERS, ".parquet")
"""Endings of the tables that are written."""


def write_table(path: str | Path, table: ObjectTable | Columns) -> None:
    """Write a table, whole or not at all.

    Text that a spreadsheet would take for a formula, such as a file name that begins with ``=`` or
    ``-``, is written after an apostrophe in CSV and TSV.

    Parameters
    ----------
    path
        Ends in ``.csv``, ``.tsv`` or ``.parquet``.
    table
        Columns of equal length by name. Parquet keeps name and unit of `ObjectTable` as metadata.

    Raises
    ------
    InputError
        If the ending is another or the lengths differ.
    MissingDependencyError
        If pyarrow is needed and not installed.
    """
    path = Path(path)
    columns = table.columns if isinstance(table, ObjectTable) else table
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"Expected columns of equal length, got {lengths}.")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        _write_parquet(path, table, columns)
    elif suffix in _DELIMITERS:
        _write_text(path, columns, _DELIMITERS[suffix])
    else:
        raise InputError(
            f"{path}: expected a table to end in .csv, .tsv or .parquet, got {suffix or 'nothing'}."
        )


def _write_text(path: Path, columns: Columns, delimiter: str) -> None:
    values = [np.asarray(v).tolist() if isinstance(v, np.ndarray) else v for v in columns.values()]
    with (
        atomic_path(path) as partial,
        partial.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(map(_harmless, columns))
        writer.writerows([*map(_harmless, row)] for row in zip(*values, strict=True))


def _harmless(cell: Any) -> Any:  # noqa: ANN401 - a number, text or None
    """Return a cell that no spreadsheet takes for a formula: its text after an apostrophe."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _write_parquet(path: Path, table: ObjectTable | Columns, columns: Columns) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingDependencyError(
            "Writing Parquet needs pyarrow: pip install 'napari-discembed[parquet]', or write "
            "a .csv."
        ) from error
    arrow = pyarrow.table({name: list(values) for name, values in columns.items()})
    if isinstance(table, ObjectTable):
        arrow = arrow.replace_schema_metadata({"name": table.name, "unit": table.unit})
    with atomic_path(path) as partial:
        parquet.write_table(arrow, partial)
