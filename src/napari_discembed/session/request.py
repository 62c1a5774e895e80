"""What is asked of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from napari_discembed.config import Config, FinetuningConfig, read_training
from napari_discembed.types import Kind
from napari_discembed.types.kinds import MOST_KINDS


class Request(Config):
    """What is asked of a training, images and labels apart; spellings of release 0.1 are read.

    One with settings that this release does not know is not offered, but stays: without them it
    would learn something else.
    """

    name: str = Field(description="Of the new model.")
    start: str | None = Field(None, description="Name or file of the model to start from.")
    train: FinetuningConfig = Field(description="How to learn.")
    complete: bool = Field(False, description="Whether 0 in the labels means background.")
    background_label: int | None = Field(None, description="Number of the background scribble.")
    diameter: float | None = Field(None, description="Object diameter; None to measure it.")
    kinds: tuple[Kind, ...] = Field(
        (), max_length=MOST_KINDS, description="What the classes are called; none for one."
    )
    validation: int = Field(0, ge=0, description="How many of the last pairs are for validation.")

    @field_validator("train", mode="before")
    @classmethod
    def _read_old_spellings(cls, values: Any) -> Any:  # noqa: ANN401 - pydantic's own
        return read_training(values) if isinstance(values, Mapping) else values
