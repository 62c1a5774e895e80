"""Tables to files, by a dialog."""

from __future__ import annotations

from pathlib import Path

from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_discembed.errors import DiscembedError
from napari_discembed.io.tables import write_table
from napari_discembed.widgets.dock import report
from napari_discembed.widgets.qt.table import Columns


def export_table(parent: QWidget, columns: Columns) -> None:
    """Ask for a file and write a table to it; errors are told."""
    if not columns:
        show_warning("There is nothing to export yet. Press Count.")
        return
    path, _ = QFileDialog.getSaveFileName(parent, "Export", "counts.csv", "Tables (*.csv *.tsv)")
    if not path:
        return
    target = Path(path) if Path(path).suffix else Path(path).with_suffix(".csv")
    try:
        write_table(target, columns)
    except (DiscembedError, OSError) as error:
        report(error if isinstance(error, DiscembedError) else DiscembedError(str(error)))
        return
    show_info(f"Wrote {target}.")
