"""The settings of the clustering: those that the chosen method reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtWidgets import QWidget

from napari_discembed.config import METHODS, ClusteringConfig, clustering_config, config_class
from napari_discembed.session.settings import usual_numbers
from napari_discembed.types import Embedding
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.form import Form
from napari_discembed.widgets.qt.segmented import Segmented
from napari_discembed.widgets.qt.sliders import Range

FIRST = ("bandwidth", "quality_threshold", "merge_margin", "foreground_threshold",
         "object_threshold", "seed_threshold", "min_size", "fill_holes", "split_parts")  # fmt: skip
RANGES = {
    "bandwidth": Range(0.05, 6),
    "merge_margin": Range(0, 4),
    "foreground_threshold": Range(0, 1),
    "object_threshold": Range(0, 1),
    "quality_threshold": Range(0, 1),
    "seed_threshold": Range(0, 1),
    "min_size": Range(0, 1000, 0),
}
TITLES = {"bandwidth": "Split – join", "min_size": "Smallest"}
"""Plain words in place of the settings' own titles."""
IN_VIEW = {"bandwidth", "foreground_threshold", "object_threshold", "quality_threshold"}
"""What is not folded away."""
FOLDED_TOO = {"learned": {"foreground_threshold"}}
"""What is, besides, by method: each mask has its own."""
LEARNED, ONE = "learned", "one"
CHOICES = {
    LEARNED: (
        "As learnt",
        "Each object at its own level: the model judges the objects that any bandwidth makes, and "
        "the best that share no pixel are chosen.",
    ),
    ONE: ("One setting", "One bandwidth, and one foreground, for the whole image."),
}
"""Of embeddings whose candidates were judged."""
CARRIED = ("min_size", "fill_holes", "split_parts")
"""What means the same whichever is chosen."""
WORDS: dict[str, dict[str, float | str]] = {"hdbscan": {"bandwidth": "by stability"}}
"""What settings left to the model come to where that is no single number, by method."""


def clustering_fields() -> tuple[str, ...]:
    """Return the settings of all methods, in the order in which they are shown."""
    every = [name for method in METHODS for name in config_class(method).model_fields]
    return tuple(dict.fromkeys([*FIRST, *(name for name in every if name != "method")]))


class ClusteringForm(Form):
    """The method, and below it the settings that it reads.

    Parameters
    ----------
    config
        What it shows at first.
    """

    def __init__(self, config: ClusteringConfig, parent: QWidget | None = None) -> None:
        self._by_method = dict(WORDS)  # what settings left to the model come to
        self._space_method = "density"
        fields = clustering_fields()
        folded = [name for name in fields if name not in IN_VIEW]
        super().__init__(config, fields, RANGES, parent, titles=TITLES, folded=folded)
        self.method = ComboBox()
        self.method.setToolTip("How pixels are grouped.")
        for method in METHODS:
            if method != LEARNED:
                self.method.addItem(method.replace("_", " "), method)
        self._more_rows.insertRow(0, "Method", self.method)
        self.choice = Segmented(CHOICES)
        self.choice.hide()
        self._column.insertWidget(0, self.choice)
        self._kept: dict[str, ClusteringConfig] = {}  # what each choice was left with
        self._recommended: tuple[ClusteringConfig | None, ...] = ()
        self.setValue(config)
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.choice.chosen.connect(self._choose)

    def setValue(self, config: Any) -> None:  # noqa: N802, ANN401 - as the base has it
        """Show another config, without telling of it."""
        before = self.method.blockSignals(True)
        self.method.setCurrentIndex(self.method.findData(config.method))
        self.method.blockSignals(before)
        self.choice.setValue(_choice_of(config))
        self._usual = dict(self._by_method.get(config.method, {}))
        super().setValue(config)

    def fit(
        self, embedding: Embedding, recommended: Sequence[ClusteringConfig | None] = ()
    ) -> None:
        """Show what settings left to the model come to, and hide what this embedding has not.

        Parameters
        ----------
        embedding
            What is grouped.
        recommended
            How the model recommends to group: by what was learnt, and by one setting.
        """
        self._offer_learned(there=embedding.candidates is not None)
        if tuple(recommended) != self._recommended:
            self._recommended = tuple(recommended)
            self._kept = {_choice_of(c): c for c in reversed(self._recommended) if c is not None}
        self._space_method = embedding.space.method
        numbers = {
            method: usual_numbers(clustering_config(method), embedding) for method in METHODS
        }
        self._by_method = {
            method: {**WORDS.get(method, {}), **numbers[method]} for method in METHODS
        }
        margins = embedding.margins
        self.setRange("bandwidth", round(0.1 * margins.pull, 2), 4 * margins.push)
        self.setRange("merge_margin", 0, 3 * margins.push)
        size = numbers[self._config.method]["min_size"]
        self.setRange("min_size", 0, max(100, 20 * int(size)))
        self.setUsual(self._by_method[self._config.method])
        self.show_row("seed_threshold", visible=embedding.seediness is not None)

    def _is_folded(self, name: str) -> bool:
        return super()._is_folded(name) or name in FOLDED_TOO.get(self._config.method, ())

    def _offer_learned(self, *, there: bool) -> None:
        """Offer what needs judged candidates where there are any."""
        self.choice.setVisible(there)
        at = self.method.findData(LEARNED)
        before = self.method.blockSignals(True)
        if there and at < 0:
            self.method.insertItem(METHODS.index(LEARNED), LEARNED, LEARNED)
        elif not there and at >= 0:
            self.method.removeItem(at)
        self.method.setCurrentIndex(self.method.findData(self._config.method))
        self.method.blockSignals(before)

    def _choose(self, choice: str) -> None:
        """Go on with what was set where this was chosen last, or else as the model recommends."""
        before = self._config
        if choice == _choice_of(before):
            return
        self._kept[_choice_of(before)] = before
        usual = clustering_config(LEARNED if choice == LEARNED else self._space_method)
        carried = {name: getattr(before, name) for name in CARRIED}
        self.setValue(self._kept.get(choice, usual).model_copy(update=carried))
        self.valueChanged.emit(self._config)

    def _method_chosen(self, _index: int) -> None:
        self.setValue(self._config.with_method(self.method.currentData()))
        self.valueChanged.emit(self._config)


def _choice_of(config: ClusteringConfig) -> str:
    return LEARNED if config.method == LEARNED else ONE
