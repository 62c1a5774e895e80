"""What the plain values of a saved training must be, so that a damaged one is told at once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_discembed.errors import CheckpointError

Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Records = list[dict[str, float]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Selection(_Part):
    best_scores: dict[str, float]
    best_step: Count
    without_gain: Count
    far_better: bool


class _History(_Part):
    steps: Records
    validations: Records


class StateValues(_Part):
    """All but what tells one training from another; other values are left out."""

    step: Count
    seconds: Seconds
    updates: Count
    validations_done: Count
    selection: _Selection
    history: _History


def checked_values(values: dict[str, Any]) -> StateValues:
    """Return the values of a state, as far as a training goes on from them.

    Raises
    ------
    CheckpointError
        If one is missing, or is not what it must be; without the file's name.
    """
    try:
        return StateValues.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CheckpointError(f"{where}: {first['msg']}") from error
