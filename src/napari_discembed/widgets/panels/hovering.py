"""Tools that light up what lies under the pointer, and take it at a click."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, ClassVar

import napari.layers
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QWidget

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.placement import layer_axes

_TOOLS: set[HoverTool] = set()


class HoverTool(QPushButton):
    """Turns such a tool on and off; one of a viewer is on at a time.

    Parameters
    ----------
    dock
        Whose viewer it works in.
    words, help_text
        Of the button.

    Attributes
    ----------
    mask
        ``(*S)``: what is lit; None where nothing is.
    """

    KIND: ClassVar[str]
    """Name of the layer, and of the key."""
    COLOURS: ClassVar[DirectLabelColormap]
    OPACITY: ClassVar[float]

    taken = Signal(object, str)
    """A mask ``(*S)`` and what to do with it, as :func:`~.wand.take` has it."""

    def __init__(
        self, dock: Dock, words: str, help_text: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(words, parent)
        self.dock = dock
        self.setCheckable(True)
        self.setEnabled(False)
        self.setToolTip(help_text)
        dock.keys.bind(self.KIND, self)
        self._lit: napari.layers.Labels | None = None
        self._found_at: tuple[EmbeddingSeries, Index] | None = None
        self.mask: NDArray[np.bool_] | None = None
        self.toggled.connect(self._switch)
        dock.follow(dock.session.series_changed, self._series_changed)
        dock.tasks.at_end.append(self._end)
        _TOOLS.add(self)
        dock.tasks.at_close.append(self._put_out)
        self._series_changed(dock.session.series)

    def _end(self) -> None:
        _TOOLS.discard(self)
        self._listen(on=False)

    def _series_changed(self, series: object) -> None:
        self._put_out()
        self.setEnabled(series is not None)
        if series is None:
            self.setChecked(False)

    def _switch(self, on: bool) -> None:
        self._listen(on=on)
        if not on:
            self._put_out()
            return
        for other in list(_TOOLS):
            if other is not self and other.dock.viewer is self.dock.viewer:
                other.setChecked(False)

    def _put_out(self) -> None:
        """Take away what is lit, and forget it."""
        self.mask = self._found_at = None
        if self._lit is not None and self._lit in self.dock.viewer.layers:
            self.dock.viewer.layers.remove(self._lit)
        self._lit = None

    def _dim(self) -> None:
        """Light nothing up, until the mouse is over an object again."""
        self.mask = self._found_at = None
        if self._lit is not None and self._lit in self.dock.viewer.layers:
            self._lit.data = np.zeros_like(self._lit.data)

    def _light(
        self, mask: NDArray[np.bool_], shown: NDArray[np.uint8], series: EmbeddingSeries, at: Index
    ) -> None:
        """Show what was found in a frame; `shown` has the numbers of its colours."""
        source = self.dock.source()
        if source is None:
            return
        self.mask, self._found_at = mask, (series, at)
        place = source.placement(Axes.spatial_of(mask.ndim))
        about = {"colormap": self.COLOURS, "opacity": self.OPACITY, **place}
        layer = source.show(self.KIND, shown, napari.layers.Labels, **about)
        layer.mouse_pan = False
        self._lit = layer

    def _listen(self, *, on: bool) -> None:
        viewer = self.dock.viewer
        for callbacks, own in (
            (viewer.mouse_move_callbacks, self._hover),
            (viewer.mouse_drag_callbacks, self._click),
            (viewer.mouse_wheel_callbacks, self._wheel),
        ):
            if own in callbacks:
                callbacks.remove(own)
            if on:
                callbacks.append(own)

    def _pixel(self, event: Any) -> tuple[int, ...] | None:  # noqa: ANN401 - napari's event
        source, series = self.dock.source(), self.dock.session.series
        if source is None or series is None:
            return None
        shape, layer = series[0].image_shape, source.layer
        pixel = [round(float(p)) for p in source.pixel_at(event.position)]
        at = layer_axes(layer, source.axes).select(pixel, series[0].axes)
        inside = all(0 <= p < n for p, n in zip(at, shape, strict=True))
        return at if inside else None

    def _is_shown(self, series: EmbeddingSeries, index: Index) -> bool:
        return series is self.dock.session.series and index == self.dock.frame_shown()

    def _hover(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        raise NotImplementedError

    def _wheel(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        raise NotImplementedError

    def _how(self, modifiers: Collection[str]) -> str:
        """Return what a click with such keys does."""
        raise NotImplementedError

    def _click(self, _viewer: object, event: Any) -> Iterator[None]:  # noqa: ANN401
        moved, pixel = event.button != 1, self._pixel(event)
        yield
        while event.type == "mouse_move":
            moved = True
            yield
        if moved or pixel is None or self.mask is None or self._found_at is None:
            return
        if self.mask.any() and self._is_shown(*self._found_at):
            self.taken.emit(self.mask, self._how(event.modifiers))
