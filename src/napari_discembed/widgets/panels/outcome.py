"""Let a person choose between the start of a training and what was learnt."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QRadioButton, QVBoxLayout, QWidget

from napari_discembed.session.preview import Choice, Result
from napari_discembed.text import pluralize
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.trainer import trainer_of


class OutcomeChoice(QWidget):
    """Hidden, unless a training kept its start: then both results are shown, and one is kept.

    Attributes
    ----------
    of_start, of_learnt
        Show the result of either.
    keep_start, keep_learnt
        Choose it.
    """

    looked_at = Signal(object)
    """The :class:`~napari_discembed.session.preview.Preview` to show; None once it is decided."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.trainer = trainer_of(dock.viewer)
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.of_start, self.of_learnt = QRadioButton(), QRadioButton()
        self.keep_start = QPushButton("Keep the start")
        self.keep_learnt = QPushButton("Keep what was learnt")
        for radio in (self.of_start, self.of_learnt):
            radio.setToolTip("Show these objects on the image.")
            radio.toggled.connect(self._look)
        self.keep_start.setToolTip("Go on with the model as it was before it learnt.")
        self.keep_learnt.setToolTip("Go on with what the model learnt from your objects.")
        self.keep_start.clicked.connect(lambda: self.trainer.decide(learnt=False))
        self.keep_learnt.clicked.connect(lambda: self.trainer.decide(learnt=True))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        parts = (self.of_start, self.of_learnt, self.keep_start, self.keep_learnt)
        for widget in (self.words, *parts):
            column.addWidget(widget)
        dock.follow(self.trainer.ended, self.refresh)
        dock.follow(self.trainer.began, self.refresh)
        dock.follow(self.trainer.decided, self.refresh)
        self.refresh()

    def refresh(self, _what: object = None) -> None:
        """Show what there is to choose."""
        choice = self.trainer.choice
        self.setVisible(choice is not None)
        if choice is None:
            self.looked_at.emit(None)
            return
        self.words.setText(_judged(choice))
        self.of_start.setText(f"The start: {_told(choice.start)}")
        self.of_learnt.setText(f"Learnt: {_told(choice.learnt)}")
        self.of_learnt.setChecked(True)
        self._look(on=True)

    def _look(self, on: bool) -> None:
        choice = self.trainer.choice
        if on and choice is not None:
            one = choice.learnt if self.of_learnt.isChecked() else choice.start
            self.looked_at.emit(one.preview)


def _told(result: Result) -> str:
    return f"{pluralize(result.count, 'object')}, score {result.score:.2f}"


def _judged(choice: Choice) -> str:
    """Say how little the scores tell."""
    if not choice.held_back:
        return (
            "What was learnt scored no better than the start on your validation images (1.00 is "
            "perfect). Look at both, and keep the one you like better."
        )
    objects = pluralize(choice.held_back, "painted object")
    return (
        f"What was learnt scored no clear gain on {objects} held back to judge by (1.00 is "
        "perfect), which tells little. Look at both, and keep the one you like better."
    )
