"""The strip at the top of each dock: what is worked on, what runs, and what comes next."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.session.guidance import Situation, Step
from napari_discembed.session.state import Session

TITLES = {
    Step.PAINT: ("Paint", "Paint a few objects, and let the model learn them."),
    Step.FIND: ("Find", "Find all objects, and drag the sliders until they are right."),
    Step.CORRECT: ("Correct", "Check the least sure objects, and mend them."),
    Step.COUNT: ("Count", "Count, measure and export."),
}

NARROW = "padding: 4px 1px; min-width: 0px;"
"""Style of the steps: four of them fit into the narrowest dock."""


class Strip(QWidget):
    """Steps of the work to go to, the one that comes next in bold, and words.

    Parameters
    ----------
    session
        Whose situation it shows.
    here
        The step that this dock is; None for a dock that is none.
    """

    stepWanted = Signal(object)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, session: Session, here: Step | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[Step, QPushButton] = {}
        self.what, self.next = QLabel(""), QLabel("")
        self.what.setStyleSheet("font-weight: bold;")
        self.next.setToolTip("What comes next.")
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(1)
        for number, step in enumerate(Step, start=1):
            title, tip = TITLES[step]
            button = self.buttons[step] = QPushButton(f"{number} {title}")
            button.setToolTip(tip)
            button.setStyleSheet(NARROW)
            button.setCheckable(True)
            button.setChecked(step is here)
            button.clicked.connect(lambda _on, step=step: self._clicked(step))
            group.addButton(button)
            row.addWidget(button)
        group.setExclusive(False)
        self._here = here
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 4, 2)
        column.setSpacing(2)
        column.addLayout(row)
        for label in (self.what, self.next):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        self.show_situation(session.situation)

    def show_situation(self, situation: Situation) -> None:
        """Say what is worked on, what runs, and what comes next."""
        advice = situation.advice
        self.what.setText(situation.words)
        self.what.setVisible(bool(situation.words))
        self.next.setText(situation.running or advice.words)
        for step, button in self.buttons.items():
            font = button.font()
            font.setBold(step is advice.step)
            button.setFont(font)

    def _clicked(self, step: Step) -> None:
        self.buttons[step].setChecked(step is self._here)
        if step is not self._here:
            self.stepWanted.emit(step)
