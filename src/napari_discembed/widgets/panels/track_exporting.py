"""Tracks to files: tables, the layout of the Cell Tracking Challenge, GEFF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import napari.layers
import numpy as np
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_discembed.io.tables import write_table
from napari_discembed.progress import Job, Progress
from napari_discembed.session.tracked import Tracked
from napari_discembed.types import Axes, Lineages, Numbering, Provenance, Segmentation, Tracks
from napari_discembed.types.axes import TIME
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.qt.buttons import menu_button
from napari_discembed.widgets.qt.jobs import Worker

if TYPE_CHECKING:
    from napari_discembed.results import TrackResult

TABLES = ("tracks", "objects", "counts")


class TrackExport:
    """A button with a menu of what tracks can be written as.

    Attributes
    ----------
    provenance
        Of the tracks, to be written with them.
    """

    def __init__(self, dock: Dock, tracked: Tracked) -> None:
        self.dock, self.tracked = dock, tracked
        self.layer: napari.layers.Labels | None = None
        self.provenance = Provenance()
        self.button: QPushButton = menu_button(
            "Export",
            "Write the tracks as they are now.",
            {
                "Tables (CSV) ...": self.tables,
                "Cell Tracking Challenge ...": self.challenge,
                "GEFF ...": self.geff,
            },
        )

    def follow(self, layer: napari.layers.Labels | None, provenance: Provenance) -> None:
        """Write the tracks of another layer."""
        self.layer, self.provenance = layer, provenance

    def tables(self) -> None:
        """Write a table each of tracks, objects and counts, beside a name that is asked for."""
        path = self._ask("Tables (*.csv)", "_tracks.csv")
        if path is not None:
            stem = path.stem.removesuffix("_tracks")
            self._write(lambda result: _write_tables(result, path.with_name(stem)), path)

    def challenge(self) -> None:
        """Write masks and table of the challenge into a folder ``NAME_RES`` of one asked for."""
        if self._nothing():
            return
        folder = QFileDialog.getExistingDirectory(self.dock, "Folder for the result")
        if folder and self.layer is not None:
            path = Path(folder) / f"{_file_name(self.layer)}_RES"
            self._write(lambda result: result.save(path), path)

    def geff(self) -> None:
        """Write the graph."""
        path = self._ask("Graphs (*.geff)", ".geff")
        if path is not None:
            target = path.with_suffix(".geff")
            self._write(lambda result: result.save(target), target)

    def _nothing(self) -> bool:
        """Tell, also in words, whether there is nothing to write."""
        nothing = self.tracked.lineages is None or self.layer is None
        if nothing:
            show_warning("There are no tracks to export yet. Link some first.")
        return nothing

    def _ask(self, kinds: str, suffix: str) -> Path | None:
        if self._nothing() or self.layer is None:
            return None
        name = f"{_file_name(self.layer)}{suffix}"
        path, _ = QFileDialog.getSaveFileName(self.dock, "Export", name, kinds)
        return Path(path) if path else None

    def _write(self, write: Callable[[TrackResult], object], path: Path) -> None:
        layer, lineages = self.layer, self.tracked.lineages
        if layer is None or lineages is None:
            return
        about = _about(layer, self.provenance)

        def job() -> Job[None]:
            yield Progress(None, "Writing")
            from napari_discembed.results import TrackResult  # loads torch

            write(TrackResult(_tracks(np.array(layer.data), lineages, about)))

        self.dock.run(
            Worker(job, f"Write {path.name}"), on_result=lambda _none: show_info(f"Wrote {path}.")
        )


def _write_tables(result: TrackResult, stem: Path) -> None:
    tables = (result.table(), result.objects(), result.counts())
    for name, table in zip(TABLES, tables, strict=True):
        write_table(stem.with_name(f"{stem.name}_{name}.csv"), table)


def _file_name(layer: napari.layers.Labels) -> str:
    kept = [c if c.isalnum() or c in "-_." else "_" for c in layer.name.removesuffix(" tracks")]
    return "".join(kept) or "tracks"


def _about(layer: napari.layers.Labels, provenance: Provenance) -> dict[str, object]:
    return {
        "axes": Axes(TIME + Axes.spatial_of(layer.ndim - 1)),
        "frame_axes": Axes(TIME),
        "numbering": Numbering.through_time,
        "pixel_size": tuple(abs(float(s)) or 1.0 for s in layer.scale[1:]),
        "unit": str(layer.units[-1]),
        "name": layer.name,
        "provenance": provenance,
    }


def _tracks(labels: np.ndarray, lineages: Lineages, about: dict[str, object]) -> Tracks:
    segmentation = Segmentation(labels, **about)  # type: ignore[arg-type] # as of _about
    return Tracks(segmentation, lineages.table, lineages.links)
