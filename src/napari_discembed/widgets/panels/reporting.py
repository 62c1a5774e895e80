"""The report of the Count dock: one page of what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import napari.layers
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog

from napari_discembed.config import GroupingConfig
from napari_discembed.errors import DiscembedError
from napari_discembed.progress import Job
from napari_discembed.reports.columns import Columns, short_unit
from napari_discembed.reports.entries import MOST_PICTURES, Entry, entries_of
from napari_discembed.reports.page import write_report
from napari_discembed.session.state import Session
from napari_discembed.types import Image, Segmentation
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import OBJECTS_OF
from napari_discembed.widgets.qt.jobs import Worker

Counted = Sequence[tuple[Segmentation, Image | None]]


def export_report(
    dock: Dock,
    counted: Counted,
    grouping: GroupingConfig | None,
    settings: Mapping[str, str],
    rows: Columns | None = None,
) -> None:
    """Ask for a file and write a report to it, in a thread; errors are told.

    Parameters
    ----------
    dock
        That asks.
    counted
        Objects, and the pixels that they were found in.
    grouping
        How objects are put together; None for not at all.
    settings
        What the objects were found with.
    rows
        Of a folder: a row an image, whose objects are not at hand.
    """
    if not counted and not rows:
        show_warning("There is nothing to report yet. Press Count.")
        return
    path, _ = QFileDialog.getSaveFileName(dock, "Report", "report.html", "Pages (*.html)")
    if not path:
        return
    target = Path(path) if Path(path).suffix else Path(path).with_suffix(".html")

    def job() -> Job[Path]:
        entries: list[Entry] = []
        said = dict(settings) | _scale(counted)
        for segmentation, image in counted:
            left = MOST_PICTURES - len(entries)
            entries += yield from entries_of(segmentation, image, grouping, left)
        try:
            write_report(target, entries, name=target.stem, settings=said, summary=rows)
        except OSError as error:
            raise DiscembedError(f"{target} could not be written: {error}") from error
        return target

    dock.run(Worker(job, "Write a report"), on_result=lambda at: show_info(f"Wrote {at}."))


def settings_of(session: Session, layers: Sequence[napari.layers.Labels]) -> dict[str, str]:
    """Return in words what the objects of layers were found with, as far as the session knows."""
    reading = session.reading
    if not layers:  # a folder, which was done as the session's image
        return _said(session)
    own = [layer for layer in layers if layer.metadata.get(OBJECTS_OF)]
    ids = {str(layer.metadata[OBJECTS_OF]) for layer in own}
    if reading is None or ids != {reading.layer_id} or len(own) != len(layers):
        return {"Model": "not known: not all of these objects were found in this session"}
    return _said(session)


def _scale(counted: Counted) -> dict[str, str]:
    """Return the size of a pixel, where it is known and one for all."""
    sizes = {(x.pixel_size[-1], x.unit) for x, _ in counted}
    if len(sizes) != 1 or sizes == {(1.0, "pixel")}:
        return {}
    size, unit = sizes.pop()
    return {"Scale": f"1 px = {size:.4g} {short_unit(unit)}"}


def _said(session: Session) -> dict[str, str]:
    said = {"Model": str(session.model)}
    if session.diameter is not None:
        said["Typical size"] = f"{session.diameter:.4g} px"
    return said | _fields(session.config)


def _fields(config: Any) -> dict[str, str]:  # noqa: ANN401 - of any method
    fields = type(config).model_fields
    return {f.title or name: str(getattr(config, name)) for name, f in fields.items()}
