"""Backbones: what gives each pixel its features, one config a kind."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from napari_discembed.config.base import Config

KIND = "Tells this part from others of its place."

MOST_WEIGHTS = 1e8
"""The largest network that is built; the shipped ones have some 1.5 million weights."""

Features: TypeAlias = tuple[Annotated[int, Field(le=100_000)], ...]


class UNetConfig(Config):
    """A U-Net (Ronneberger 2015)."""

    kind: Literal["unet"] = Field("unet", title="Kind", description=KIND)
    features: Features = Field(
        (16, 32, 64, 128),
        min_length=1,
        max_length=7,
        title="Features",
        description="Feature maps at each scale of the U-Net, finest first.",
    )

    @model_validator(mode="after")
    def _positive(self) -> UNetConfig:
        weights = 18 * sum(g * (f + g) for f, g in pairwise((0, *self.features)))
        _check_features(self.features, weights)
        return self


class EfficientNetConfig(Config):
    """A U-Net (Ronneberger 2015) whose encoder is EfficientNet-Lite0 (Tan and Le 2019)."""

    kind: Literal["efficientnet"] = Field("efficientnet", title="Kind", description=KIND)
    features: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        (16, 32, 48, 96),
        min_length=4,
        max_length=5,
        title="Features",
        description="Feature maps of the decoder at each scale, finest first; four for an encoder "
        "of stride 16, five for one of 32.",
    )
    fixed_norm: bool = Field(
        True,
        title="Fixed normalisation",
        description="The encoder keeps its batch statistics in training: for one that was trained "
        "before.",
    )
    encoder_rate: float = Field(
        0.3,
        gt=0,
        le=1,
        title="Rate of the encoder",
        description="Share of the learning rate at which the encoder learns.",
    )


class HourglassConfig(Config):
    """A recurrent stacked hourglass (Payer et al. 2018), which remembers the frames before."""

    kind: Literal["hourglass"] = Field("hourglass", title="Kind", description=KIND)
    features: Features = Field(
        (8, 16, 32, 64),
        min_length=1,
        max_length=7,
        title="Features",
        description="Feature maps at each scale of each hourglass, finest first.",
    )
    stack: int = Field(
        2,
        ge=1,
        le=4,
        title="Hourglasses",
        description="One after the other, each seeing the image and the embedding before it.",
    )
    restart: int = Field(
        0,
        ge=0,
        le=10_000,
        title="Restart",
        description="Frames of a movie after which all is forgotten and begun anew; 0: never.",
    )

    @model_validator(mode="after")
    def _positive(self) -> HourglassConfig:
        # 54 weights a pair of features in each memory.
        recurrent = self.stack * 54 * sum(f * f for f in self.features)
        _check_features(self.features, recurrent)
        return self


def _check_features(features: tuple[int, ...], weights: float) -> None:
    """Refuse numbers of features that are not positive, or make too large a network."""
    if any(f < 1 for f in features):
        msg = f"expected positive numbers of features, got {features}"
        raise ValueError(msg)
    if weights > MOST_WEIGHTS:
        msg = (
            f"features {features} make a network of some {weights:.1e} weights, which "
            f"need {16 * weights / 2**30:.0f} GiB in training; expected at most "
            f"{MOST_WEIGHTS:.0e} weights"
        )
        raise ValueError(msg)


BackboneConfig: TypeAlias = Annotated[
    UNetConfig | EfficientNetConfig | HourglassConfig, Field(discriminator="kind")
]
