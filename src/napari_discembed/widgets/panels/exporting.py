"""Tables, plots and models to files, by a dialog."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_discembed.errors import DiscembedError
from napari_discembed.files import atomic_path
from napari_discembed.io.tables import write_table
from napari_discembed.widgets.qt.table import Columns
from napari_discembed.widgets.tasks import report

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.plot import Plot


def export_table(parent: QWidget, columns: Columns, partial: str = "") -> None:
    """Ask for a file and write a table to it; errors are told, and why it is but a part."""
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
    if partial:
        show_warning(f"Wrote {target} with what is done so far: {partial}.")
    else:
        show_info(f"Wrote {target}.")


def export_plot(parent: QWidget, plot: Plot) -> None:
    """Ask for a file and write a plot to it, dark on white."""
    path, _ = QFileDialog.getSaveFileName(parent, "Save the plot", "plot.png", "Pictures (*.png)")
    if not path:
        return
    target = Path(path) if Path(path).suffix else Path(path).with_suffix(".png")
    if plot.save(target):
        show_info(f"Wrote {target}.")
    else:
        show_warning(f"{target} could not be written. Choose another folder, and a name in .png.")


def export_model(parent: QWidget, model: Path) -> None:
    """Ask for a file and copy a model to it."""
    path, _ = QFileDialog.getSaveFileName(
        parent, "Save the model", f"{model.stem}.safetensors", "Models (*.safetensors)"
    )
    if not path:
        return
    target = Path(path).with_suffix(".safetensors")
    try:
        with atomic_path(target) as partial:
            shutil.copyfile(model, partial)
    except OSError as error:
        show_warning(f"The model cannot be saved: {error}.")
        return
    show_info(f"Saved {target}.")
