"""What happened during a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_RECORDS = 20_000


@dataclass(slots=True)
class History:
    """Losses of each step and scores of each validation.

    Attributes
    ----------
    steps
        A record a step: ``step``, ``seconds``, ``loss``, its terms, ``learning_rate``. A long
        training keeps some of its steps only: curves, and the files they are in, stay small.
    validations
        A record a validation: ``step``, ``seconds`` and the scores.
    """

    steps: list[dict[str, float]] = field(default_factory=list)
    validations: list[dict[str, float]] = field(default_factory=list)

    def add(self, record: dict[str, float]) -> None:
        """Record a step; from :data:`MOST_RECORDS` on, drop every other one but the last."""
        self.steps.append(record)
        if len(self.steps) > MOST_RECORDS:
            self.steps = self.steps[::-2][::-1]

    def to_json(self) -> dict[str, list[dict[str, float]]]:
        """Return plain values."""
        return {"steps": self.steps, "validations": self.validations}

    def restore(self, values: Mapping[str, list[dict[str, float]]]) -> None:
        """Become what :meth:`to_json` gave."""
        self.steps, self.validations = list(values["steps"]), list(values["validations"])
