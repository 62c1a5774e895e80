"""The Fine-tune dock: choose painted images, watch the network learn, keep the model."""

from __future__ import annotations

from pathlib import Path

import napari.layers
from napari.components import ViewerModel
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from napari_discembed.catalogue import model_kinds
from napari_discembed.config import FINE_TUNING, FROM_SCRATCH, FinetuningConfig
from napari_discembed.progress import Progress
from napari_discembed.session.guidance import Step
from napari_discembed.session.live import live_config
from napari_discembed.session.preview import Preview
from napari_discembed.session.trainings import Request, Training, new_training
from napari_discembed.types import Axes, Kind
from napari_discembed.widgets.contributions.preferences import device
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import Source, images_of
from napari_discembed.widgets.layers.colouring import colour_classes
from napari_discembed.widgets.panels.choices import ModelChoice
from napari_discembed.widgets.panels.chosen import Chosen
from napari_discembed.widgets.panels.exporting import export_model
from napari_discembed.widgets.panels.interrupted import InterruptedTraining
from napari_discembed.widgets.panels.live import LiveSwitch
from napari_discembed.widgets.panels.outcome import OutcomeChoice
from napari_discembed.widgets.panels.training_pairs import TrainingPairs
from napari_discembed.widgets.panels.training_plots import TrainingPlots
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.trainer import trainer_of

BUDGETS = {"30 s": 30.0, "1 min": 60.0, "5 min": 300.0, "30 min": 1800.0, "until stopped": None}
FOREVER = 30 * 86400.0
PREVIEW = "preview"


class FineTuneDock(Dock):
    """Fine-tune a model on the objects painted in Labels layers, in a process of its own."""

    STEP = Step.PAINT

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.pairs = TrainingPairs(self)
        self.start_model = ModelChoice(scratch="from scratch")
        self.pairs.image.follow_model(self.start_model, adapts=True)
        self.start_model.modelChanged.connect(self._take_up_kinds)
        self.budget = ComboBox()
        for words, seconds in BUDGETS.items():
            self.budget.addItem(words, seconds)
        self.budget.setCurrentIndex(1)
        self.name = QLineEdit("fine-tuned")
        self.name.setToolTip("What the new model is called.")
        self.go = QPushButton("Learn")
        self.go.setToolTip("Teach the model the painted objects (fine-tune it).")
        self.pause = QPushButton("Pause")
        self.pause.setCheckable(True)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop, and keep the best model so far.")
        self.save_as = QPushButton("Save as ...")
        self.status = QLabel("")
        self.status.setWordWrap(True)
        self.live = LiveSwitch(self, self.pairs, self.chosen, self.pause.isChecked)
        self.outcome = OutcomeChoice(self)
        self.plots = TrainingPlots(self)
        self.left = InterruptedTraining()
        self.model_file: Path | None = None
        self.trainer = trainer_of(self.viewer)
        self._shown: Source | None = None
        self._kinds: tuple[Kind, ...] = ()  # that are learnt
        self._taught = ""  # the id of the image layer that is learnt from
        self._aside: list[napari.layers.Layer] = []  # hidden while results are looked at
        self._lay_out()
        self.go.clicked.connect(self.finetune)
        self.live.wanted.connect(lambda: self.finetune(live=True))
        self.live.told.connect(self._say)
        self.pause.toggled.connect(self._pause)
        self.stop.clicked.connect(self._stop)
        self.save_as.clicked.connect(self._save_as)
        self.follow(self.trainer.began, self._began)
        self.follow(self.trainer.progressed, self._advance)
        self.follow(self.trainer.ended, self._ended)
        self.follow(self.trainer.decided, self._tell_outcome)
        self.follow(self.trainer.decided, self._find)
        self.left.resumed.connect(self._begin)
        self.outcome.looked_at.connect(self._look)
        self._set_busy(busy=False)
        if self.trainer.is_busy:  # it went on while this dock was closed
            self._take_up()
        self.left.refresh()

    def _take_up_kinds(self, model: str | None) -> None:
        """Go on with the kinds of objects that the start knows."""
        self.session.kinds.take_up(model_kinds(model) if model else ())

    def _lay_out(self) -> None:
        rows = rows_of_form()
        rows.addRow("Start from", self.start_model)
        rows.addRow("Time", self.budget)
        self.pairs.more_rows.addRow("Name", self.name)
        buttons = QHBoxLayout()
        for button, stretch in ((self.go, 2), (self.pause, 1), (self.stop, 1), (self.save_as, 1)):
            buttons.addWidget(button, stretch)
        self.column.addWidget(self.left)
        self.column.addWidget(self.pairs)
        self.column.addLayout(rows)
        self.column.addWidget(self.outcome)
        self.column.addLayout(self.plots.place)
        self.column.addStretch(1)
        self.pinned.addWidget(self.status)
        self.pinned.addWidget(self.live)
        self.pinned.addLayout(buttons)
        self.status.hide()  # until there is something to see

    def _set_busy(self, *, busy: bool) -> None:
        self.go.setEnabled(not busy)
        self.pause.setVisible(busy)
        self.stop.setVisible(busy)
        self.save_as.setVisible(not busy and self.model_file is not None)
        self.left.setEnabled(not busy)
        if not busy:
            before = self.pause.blockSignals(True)
            self.pause.setChecked(False)
            self.pause.blockSignals(before)

    def config(self) -> FinetuningConfig:
        """Return the training config, as chosen."""
        usual = FROM_SCRATCH if self.start_model.model() is None else FINE_TUNING
        usual = usual.model_copy(update={"device": device()})
        seconds = self.budget.currentData()
        if seconds is None:
            return usual.model_copy(update={"seconds": FOREVER, "schedule": "constant"})
        return usual.model_copy(update={"seconds": seconds})

    def chosen(self) -> Chosen | None:
        """Return what is to be learnt, or None where an image or labels are missing."""
        chosen = self.pairs.value()
        return (
            None
            if chosen is None
            else chosen.with_corrected(self.session.examples, self.session.kinds)
        )

    def finetune(self, *, live: bool = False) -> None:
        """Start to train on the chosen pairs, unless that is under way; live, on what comes too."""
        if self.trainer.is_busy:
            return
        chosen = self.chosen()
        if chosen is None:
            show_warning("Choose an image and a Labels layer in which a few objects are painted.")
            return
        self.session.chosen = chosen.shown.id  # a dock that is opened later begins with it
        chosen = chosen.taught() if live else chosen
        self._kinds = chosen.kinds
        request = Request(
            name=self.name.text().strip() or "fine-tuned",
            start=self.start_model.model(),
            train=live_config(self.config()) if live else self.config(),
            complete=chosen.complete,
            background_label=chosen.background_label,
            diameter=chosen.diameter,
            kinds=chosen.kinds,
            validation=chosen.validation,
        )
        try:
            images, labels = chosen.images, chosen.labels
            training = new_training(request, images, labels, classes=chosen.classes)
        except OSError as error:
            show_warning(f"The training cannot be written down: {error}. Nothing was begun.")
            return
        self._begin(training, chosen.shown, live=live)

    def _begin(
        self, training: Training, shown: Source | None = None, *, live: bool = False
    ) -> None:
        self._look(None)  # what was left to choose is so no more
        self._shown = shown
        self._taught = "" if shown is None else shown.id
        if not self.trainer.begin(training, live=live):
            self._shown = None
            self.left.refresh()

    def _began(self, _training: object = None) -> None:
        self.plots.losses.clear_curves()
        self.plots.losses.show()
        self._say(self.trainer.words)
        self._set_busy(busy=True)

    def _take_up(self) -> None:
        """Show a training that began before this dock was opened."""
        self._began()
        self.plots.losses.add(*self.trainer.figures)
        self.pause.setChecked(self.trainer.is_paused)

    def _advance(self, progress: Progress) -> None:
        self.plots.losses.add(progress.values)
        share = "" if progress.fraction is None else f"{self.trainer.share}: "
        if self.trainer.is_live or self.budget.currentData() is None:
            share = ""
        if not (self.pause.isChecked() or self.live.is_held):
            self._say(f"{share}{progress.message}")
        preview = progress.data.get("preview")
        if isinstance(preview, Preview):
            self._show_preview(preview)

    def _show_preview(self, preview: Preview) -> None:
        self.plots.view.show_preview(preview)
        self.plots.view.show()
        source = self._shown
        if source is None or source.layer not in self.viewer.layers:
            return
        place = source.placement(Axes.spatial_of(preview.labels.ndim))
        place["translate"] = [
            t + c * s
            for t, c, s in zip(place["translate"], preview.corner, place["scale"], strict=True)
        ]
        is_new = source.find(PREVIEW) is None
        layer = source.show(PREVIEW, preview.labels, napari.layers.Labels, opacity=0.4, **place)
        now = [self.session.kinds.kind(kind.name) for kind in self._kinds]
        colour_classes(layer, preview.classes, now)
        if is_new and self.trainer.is_live:
            self.live.put_below_paint(layer)

    def _look(self, preview: Preview | None) -> None:
        """Show one of the results that there are to choose from; none once that is done."""
        if preview is not None:
            self._show_preview(preview)
            self._put_others_aside()
        elif not self.trainer.is_busy:
            for layer in self._aside:
                layer.visible = True
            self._aside = []
            if self._shown is not None and self._shown.layer in self.viewer.layers:
                self._shown.remove(PREVIEW)
            self._shown = None

    def _find(self) -> None:
        """Go on to the objects that the new model finds in the image that was painted."""
        watched = self.isVisible() and self.trainer.choice is None
        if self.model_file is not None and self._taught and watched:
            self.session.want(self._taught)
            self.go_to(Step.FIND)

    def _put_others_aside(self) -> None:
        """Hide other objects of the image, which would be taken for the result that is shown."""
        source = self._shown
        if source is None:
            return
        preview = source.find(PREVIEW)
        for layer in self.viewer.layers:
            others = isinstance(layer, napari.layers.Labels) and source.id in images_of(layer)
            if others and layer is not preview and layer.visible:
                layer.visible = False
                self._aside.append(layer)

    def _tell_outcome(self) -> None:
        following = "" if self.model_file is None else " Go on to Find."
        self._say(f"{self.trainer.outcome}{following}")

    def _ended(self) -> None:
        self.model_file = self.trainer.model_file
        self.start_model.refresh()
        self._tell_outcome()
        self._set_busy(busy=False)
        self.left.refresh()
        self._find()

    def _say(self, words: str) -> None:
        self.status.setText(words)
        self.status.setVisible(bool(words))

    def _pause(self, on: bool) -> None:
        self.trainer.pause(on)
        self._say("Paused." if on else "Going on ...")

    def _stop(self) -> None:
        self._say("Stopping; keeping the best so far ...")
        self.trainer.stop()

    def _save_as(self) -> None:
        if self.model_file is not None:
            export_model(self, self.model_file)
