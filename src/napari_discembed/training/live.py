"""Live learning: a training that takes new data while it runs, and waits where none comes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from napari_discembed.config import TrainingConfig
from napari_discembed.datasets.patches import Batch
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.models import EmbeddingNet, check_step
from napari_discembed.progress import Finish, Job, Progress
from napari_discembed.training.loop import FitResult, Loop, Preview
from napari_discembed.training.sampling import batches, patch_side
from napari_discembed.training.step import objective_of

Newer = Callable[[], TrainingSet | None]
"""Asked between two steps: what is to be learnt from now on, or None where nothing is new."""

FIRST_PREVIEW = 2
"""Steps with new data after which the first preview of them comes."""
SWIFT = 20
"""Updates that the average counts at most when new data come: it follows them the sooner."""
REST = 0.2
"""Seconds between two looks for new data where all is learnt."""
RESTING = "All that is painted is learnt: paint on."
UPDATES = "updates"
"""In a progress: how often new data came so far."""


def fit_live(
    net: EmbeddingNet,
    data: TrainingSet,
    config: TrainingConfig,
    newer: Newer,
    *,
    preview: Preview | None = None,
) -> Job[FitResult]:
    """Train a network on data that grow meanwhile.

    New data replace the former between two steps; weights, optimiser and average go on. Each are
    learnt for the seconds or steps of the config, at its constant rate; then the training rests,
    until others come. It ends where it is asked to (:class:`~napari_discembed.progress.Finish`),
    also by `newer`. Nothing is held back, scored or kept on disk: it cannot be resumed.

    Parameters
    ----------
    net
        To start from; stays as it is.
    data
        What to learn first.
    config
        How, and how long after each new data.
    newer
        Gives new data.
    preview
        As for :func:`~napari_discembed.training.fit`; one comes a few steps after new data.

    Returns
    -------
    A job of the result: the last candidate, which is what the last preview showed or a later one.

    Raises
    ------
    OutOfMemoryError
        If a step does not fit into memory, or by far cannot.
    DiscembedError
        If the loss stays infinite or not a number.
    """
    config = config.model_copy(update={"schedule": "constant"})
    side = patch_side(config, net.config.ndim, net.stride)
    if (warning := check_step(net, config.batch_size, side, config.device)) is not None:
        yield Progress(0.0, warning)
    loop = LiveLoop(net, data, config, newer, preview)
    parts = loop.parts
    reason = yield from parts.clock.stopped_at_yields(loop.run(None, score_start=False))
    best = parts.selection.best_net(parts.step.average.net)
    return FitResult(best, parts.history, reason, {})


class LiveLoop(Loop):
    """Steps and previews, on what is newest, until it is told to end."""

    def __init__(
        self,
        net: EmbeddingNet,
        data: TrainingSet,
        config: TrainingConfig,
        newer: Newer,
        preview: Preview | None,
    ) -> None:
        super().__init__(net, data, config, None, "", 0.0, preview)
        self.newer = newer
        self.updates = 0
        self._begun, self._soon = (0, 0.0), 0.0  # steps and seconds; the step of the first preview
        self._rested = 0  # steps done when it rested last
        self._await_preview()

    def _learn(self, _checkpoint: object, *, score_start: bool) -> Job[str]:  # noqa: ARG002
        try:
            while True:
                with batches(self.data, self.config, self.side, self.parts.steps_done) as batch_of:
                    data = yield from self._until_newer(batch_of)
                self._take(data)
        except Finish:
            return "stopped"

    def _until_newer(self, batch_of: Callable[[int], Batch]) -> Job[TrainingSet]:
        """Learn for a while, then rest; a job of the data that come."""
        while (data := self.newer()) is None:
            if self._is_spent():
                progress = self._rest()
            else:
                progress = self._step(batch_of)
                if self.parts.steps_done >= self._soon:
                    self._soon, self.next_preview = math.inf, 0.0
            values = {**progress.values, UPDATES: float(self.updates)}
            yield (yield from self._with_preview(replace(progress, values=values)))
        return data

    def _rest(self) -> Progress:
        """Wait a little; at first, show what was learnt in the end."""
        done = self.parts.steps_done
        if self._rested == done:
            self.next_preview = math.inf
            time.sleep(REST)
        else:
            self._rested, self.next_preview = done, 0.0
        return Progress(1.0, RESTING)

    def _take(self, data: TrainingSet) -> None:
        """Go on with new data."""
        step = self.parts.step
        if data.has_background != self.data.has_background:
            weak = not data.has_background
            step.objective = objective_of(step.net, self.config, weak_background=weak)
        self.data = data
        self.updates += 1
        step.average.updates = min(step.average.updates, SWIFT)
        self._await_preview()

    def _await_preview(self) -> None:
        """Let none be shown before a few steps are done with the present data."""
        self._begun = self.parts.steps_done, self.parts.clock()
        self._soon = float(self.parts.steps_done + FIRST_PREVIEW)
        self.next_preview = math.inf

    @property
    def _fraction(self) -> float:
        """Share of the time used that the present data are learnt for."""
        steps, seconds = self._begun
        return self.limit.fraction(self.parts.steps_done - steps, self.parts.clock() - seconds)

    def _is_spent(self) -> bool:
        steps, seconds = self._begun
        parts = self.parts
        done = parts.steps_done - steps
        return self.limit.is_spent(done, parts.clock() - seconds, self.step_seconds)
