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
        A record a step: ``step``, ``seconds``, ``loss``, its terms, ``learning_rate``. Of a long
        training of ever fewer steps: curves, and the files that they are kept in, stay small.
    validations
        A record a validation: ``step``, ``seconds`` and the scores.
    """

    steps: list[dict[str, float]] = field(default_factory=list)
    validations: list[dict[str, float]] = field(default_factory=list)

    def add(self, record: dict[str, float]) -> None:
        """Take up a step; from :data:`MOST_RECORDS` on, drop every other one but the last."""
        self.steps.append(record)
        if len(self.steps) > MOST_RECORDS:
            self.steps = self.steps[::-2][::-1]

    def to_json(self) -> dict[str, list[dict[str, float]]]:
        """Return plain values."""
        return {"steps": self.steps, "validations": self.validations}

    @classmethod
    def from_json(cls, values: Mapping[str, list[dict[str, float]]]) -> History:
        """Return a history from what :meth:`to_json` gave."""
        return cls(list(values["steps"]), list(values["validations"]))
