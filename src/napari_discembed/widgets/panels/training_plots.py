"""The plots of a training: its losses, and what it learns, in embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout

from napari_discembed.widgets.dock import Dock

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.plots import EmbeddingPlot, LossPlot


class TrainingPlots:
    """Two plots that are made once there is something to see.

    Parameters
    ----------
    dock
        Whose theme they follow.

    Attributes
    ----------
    place
        Of both, to be laid out.
    """

    def __init__(self, dock: Dock) -> None:
        self._losses = dock.plot_later(self._make_losses)
        self._view = dock.plot_later(self._make_view)
        self.place = QVBoxLayout()
        for plot in (self._losses, self._view):
            self.place.addLayout(plot.place)

    @staticmethod
    def _make_losses() -> LossPlot:
        from napari_discembed.widgets.qt.plots import LossPlot

        return LossPlot()

    @staticmethod
    def _make_view() -> EmbeddingPlot:
        from napari_discembed.widgets.qt.plots import EmbeddingPlot

        return EmbeddingPlot()

    @property
    def losses(self) -> LossPlot:
        """Losses and scores, while it runs."""
        return self._losses.get()

    @property
    def view(self) -> EmbeddingPlot:
        """Painted pixels in embedding space."""
        return self._view.get()
