"""Which weights a training keeps: the best by validation, and no luck.

The weights that are scored, the candidate, are the averaged ones or their mean with the start
(Wortsman 2022, WiSE-FT): what was learnt from one image alone, as how bright an object is, is
forgotten less.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from napari_discembed.config import TrainingConfig
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job
from napari_discembed.training.ema import mean_of
from napari_discembed.training.history import History

Validate = Callable[[EmbeddingNet], Job[Mapping[str, float]]]
"""Job of the scores of a network, by name."""

LATE = 0.75
"""The part of a training from which on the averaged weights alone are scored too."""
FAR_BETTER = 0.1
"""How much more they must score than their mean with the start. Of kinds of nuclei that the start
knows something of, they scored up to 0.06 more and were worse elsewhere; of bacteria 0.2 more, and
were better."""
KNOWN = 0.2
"""What a start scores at least that knows something of the objects: of nuclei 0.3 to 0.9, of
bacteria 0 to 0.1."""


@dataclass(slots=True)
class SelectionState:
    """What a resumed selection must know, the weights and the history aside.

    Attributes
    ----------
    best_scores
        Of the best weights so far; empty before the first validation.
    best_step
        After which they were scored; 0 is the start.
    without_gain
        Validations since that scored no better.
    far_better
        Whether the averaged weights alone were far better at the last validation.
    """

    best_scores: dict[str, float] = field(default_factory=dict)
    best_step: int = 0
    without_gain: int = 0
    far_better: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Selection:
    """The best weights of a training.

    Parameters
    ----------
    start
        The network that training starts from.
    config
        Its `base_weight` and `patience`.
    history
        Takes a record of each validation.
    score
        The name of the score, larger being better, that decides.
    doubt
        How uncertain a score in [0, 1] is. Where it is of a few objects, a start that is good by
        it is given the benefit of that, and one that is bad is not.
    """

    def __init__(
        self,
        start: EmbeddingNet,
        config: TrainingConfig,
        history: History,
        score: str,
        doubt: float = 0.0,
    ) -> None:
        self.start, self.config, self.history, self.score = start, config, history, score
        self.doubt = doubt
        self.state = SelectionState()
        self.best_weights: dict[str, Tensor] | None = None
        self._last: EmbeddingNet | None = None  # that was scored

    def candidate(self, average: EmbeddingNet) -> EmbeddingNet:
        """Return the averaged network, or its mean with the start."""
        share = self.config.base_weight
        return mean_of(average, self.start, share) if share else average

    def scored(
        self, average: EmbeddingNet, validate: Validate, is_late: Callable[[], bool]
    ) -> Job[tuple[EmbeddingNet, dict[str, float]]]:
        """Score the candidate, and late in training the averaged weights alone.

        These are taken where they are far better: for objects that the start knows nothing of; of
        others, they fit the labelled image ever better and all others ever worse. Twice in a row,
        since a few objects may show it once by luck.

        Parameters
        ----------
        average
            The averaged network.
        validate
            Scores a network.
        is_late
            Tells whether this is late in training, once the candidate is scored.

        Returns
        -------
        A job of the network to keep if it is a gain, and its scores.
        """
        candidate = self.candidate(average)
        scores = dict((yield from validate(candidate)))
        known = self._start_score()
        if candidate is average or not is_late() or (known is not None and known >= KNOWN):
            return candidate, scores
        of_alone = dict((yield from validate(average)))
        before = self.state.far_better
        self.state.far_better = of_alone[self.score] > scores[self.score] + FAR_BETTER
        return (average, of_alone) if before and self.state.far_better else (candidate, scores)

    def take(
        self,
        net: EmbeddingNet,
        scores: dict[str, float],
        record: Mapping[str, float],
        *,
        last: bool,
    ) -> None:
        """Record a validation, and keep its network where it is the best.

        Parameters
        ----------
        net, scores
            As :meth:`scored` returns them.
        record
            Step and seconds, for the history.
        last
            Whether there will be no other validation.
        """
        self.history.validations.append({**record, **scores})
        self._last = net
        state = self.state
        if self._is_gain(scores[self.score], last=last):
            state.best_scores, state.without_gain = scores, 0
            state.best_step = int(record["step"])
            self.best_weights = copy.deepcopy(net.state_dict())
        elif scores[self.score] <= state.best_scores[self.score]:
            state.without_gain += 1

    def _start_score(self) -> float | None:
        """Return what the start scored; None where it was not asked."""
        first = next(iter(self.history.validations), None)
        return first[self.score] if first is not None and first["step"] == 0 else None

    def _is_gain(self, score: float, *, last: bool) -> bool:
        """Tell whether the score just recorded is the best, and no luck.

        Of ten scores on a few objects one is high by chance: a start is given up only for a gain
        that the validation before showed too, or where there is but one. How much of a gain is
        asked for is told by `doubt`.
        """
        if not self.state.best_scores:
            return True
        *before, _ = self.history.validations
        of_start = self._start_score()
        if self.state.best_step > 0 or of_start is None:
            return score > self.state.best_scores[self.score]
        # From all of the doubt, for a start that scores 1, to none, and to as much the other way.
        needed = of_start + self.doubt * (2 * max(0.0, of_start) - 1)
        alone = last and len(before) == 1
        return score > needed and (alone or before[-1][self.score] > needed)

    @property
    def is_out_of_patience(self) -> bool:
        """Whether so many validations brought no gain that training is to end."""
        return bool(self.config.patience) and self.state.without_gain >= self.config.patience

    @property
    def kept_start(self) -> bool:
        """Whether the start was scored, and nothing better came."""
        return bool(self.state.best_scores) and self.state.best_step == 0

    def best_net(self, average: EmbeddingNet) -> EmbeddingNet:
        """Return the best candidate by validation, or the last one; for evaluation, on the CPU."""
        best = copy.deepcopy(average)
        best.load_state_dict(self.best_weights or self.candidate(average).state_dict())
        return _for_evaluation(best)

    def last_net(self, average: EmbeddingNet) -> tuple[EmbeddingNet, dict[str, float]]:
        """Return the network that was scored last, for evaluation, on the CPU; and its scores."""
        net = copy.deepcopy(self._last or self.candidate(average))
        last = self.history.validations[-1]
        return _for_evaluation(net), {name: last[name] for name in self.state.best_scores}


def _for_evaluation(net: EmbeddingNet) -> EmbeddingNet:
    result: EmbeddingNet = net.cpu().eval().requires_grad_(True)
    return result
