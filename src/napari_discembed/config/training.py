"""How a network learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from napari_discembed.config.augmentation import AugmentationConfig
from napari_discembed.config.base import Config, Precision

RENAMED = {
    "start_share": "base_weight",
    "held_back": "holdout",
    "mix": "tune_channel_weights",
    "foreground_weight": "head_weights.foreground",
    "seediness_weight": "head_weights.seediness",
    "augment": "augmentation",
}
"""Spellings of release 0.1, and what they are called now."""


class TrainingConfig(Config):
    """How a network learns. One of steps, epochs and seconds ends the training."""

    steps: int | None = Field(None, ge=1, title="Steps", description="Optimiser steps.")
    epochs: float | None = Field(
        None, gt=0, title="Epochs", description="Passes over the pixels of the training set."
    )
    seconds: float | None = Field(None, gt=0, title="Seconds", description="Wall time.")
    batch_size: int = Field(4, ge=1, le=256, title="Batch", description="Patches a step.")
    patch_size: int = Field(
        128,
        ge=16,
        le=2048,
        title="Patch",
        description="Side of a patch, in pixels; a 3-D patch has about as many voxels.",
    )
    clip_frames: int | None = Field(
        None,
        ge=1,
        le=256,
        title="Clip",
        description="Frames of a movie that are learnt in a row, one place through time; of "
        "`batch_size` patches there are as many clips as that makes, one at least. Empty: 4 for a "
        "network that remembers frames, else 1.",
    )
    backprop_frames: int = Field(
        4,
        ge=1,
        le=256,
        title="Back-propagation",
        description="Frames of a clip through which gradients go back (truncated "
        "back-propagation through time).",
    )
    learning_rate: float = Field(2e-3, gt=0, le=1, title="Learning rate", description="Peak.")
    schedule: Literal["cosine", "constant"] = Field(
        "cosine",
        title="Schedule",
        description="cosine: the rate falls to nothing as the budget is used up; constant: for a "
        "training that someone will stop.",
    )
    weight_decay: float = Field(1e-4, ge=0, le=1, title="Weight decay", description="AdamW's.")
    ema_decay: float = Field(
        0.99, ge=0, lt=1, title="EMA decay", description="Of the averaged weights; 0 for none."
    )
    loss: Literal["discriminative", "cosine"] | None = Field(
        None,
        title="Loss",
        description="Of the embedding. Empty: what suits the network's space.",
    )
    alpha: float = Field(1.0, ge=0, title="Pull weight", description="alpha of De Brabandere 2017.")
    beta: float = Field(1.0, ge=0, title="Push weight", description="beta of De Brabandere 2017.")
    gamma: float = Field(
        0.001, ge=0, title="Regularisation", description="gamma of De Brabandere 2017."
    )
    neighbour_radius: float | None = Field(
        None,
        gt=0,
        title="Neighbourhood",
        description="Push only instances this near, in pixels (Payer 2018). Empty: all, or with "
        "the cosine loss those within an object's diameter.",
    )
    head_weights: dict[str, float] = Field(
        default_factory=dict,
        title="Weights of heads",
        description="Weight of each head's loss, by the head's name; 1 where not given.",
    )
    unlabelled_push: float = Field(
        1.0, ge=0, title="Unlabelled push", description="Weight of SPOCO's unlabelled push."
    )
    object_dice: float = Field(
        0.5, ge=0, title="Object Dice", description="Weight of SPOCO's soft-Dice object term."
    )
    base_weight: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Weight of the start",
        description="Share of the start's weights in the mean with the trained ones (WiSE-FT): "
        "more forgets less. Where the trained ones alone score far better, they are taken as they "
        "are.",
    )
    consistency: float = Field(
        0.0, ge=0, title="Consistency", description="Weight of SPOCO's EMA-teacher consistency."
    )
    augmentation: AugmentationConfig = Field(
        default_factory=AugmentationConfig,
        title="Augmentation",
        description="Variation of patches.",
    )
    validations: int = Field(
        10, ge=1, title="Validations", description="How many, evenly over the training."
    )
    patience: int = Field(
        0, ge=0, title="Patience", description="Stop after so many validations without gain; 0: no."
    )
    checkpoint_every: float = Field(
        15.0, gt=0, title="Save every", description="Seconds between two resumable states."
    )
    precision: Precision = Field(
        "auto", title="Precision", description="auto: bfloat16 where the processor computes in it."
    )
    device: str = Field("auto", title="Device", description="auto, cpu, cuda, cuda:1, mps.")
    seed: int = Field(0, ge=0, title="Seed", description="Seed of the random generator.")

    @field_validator("head_weights")
    @classmethod
    def _not_negative(cls, weights: dict[str, float]) -> dict[str, float]:
        if any(not weight >= 0 for weight in weights.values()):
            msg = f"expected weights of 0 and above, got {weights}"
            raise ValueError(msg)
        return weights

    @model_validator(mode="after")
    def _one_budget(self) -> TrainingConfig:
        given = [n for n in ("steps", "epochs", "seconds") if getattr(self, n) is not None]
        if len(given) > 1:
            msg = f"expected one of steps, epochs and seconds, got {' and '.join(given)}"
            raise ValueError(msg)
        return self


def read_training(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a stored config in the spelling of this release."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        new, _, head = RENAMED.get(name, name).partition(".")
        if head:
            found.setdefault(new, {})[head] = value
        else:
            found[new] = value
    return found
