"""Every knob, as data: frozen, bounded, with a title and a help text.

One configuration serves the command line, the forms of the plugin, the model cards and the
provenance of a result.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_discembed.types import Margins

Coordinates: TypeAlias = Literal["none", "input", "semiconv"]
Method: TypeAlias = Literal["density", "mean_shift", "greedy", "hdbscan", "seeded"]
Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]


class Config(BaseModel):
    """Base: frozen, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class ModelConfig(Config):
    """The network and the space it maps pixels into."""

    ndim: Literal[2, 3] = Field(2, title="Dimensions", description="2 for images, 3 for volumes.")
    in_channels: int = Field(3, ge=1, le=64, title="Channels", description="Input channels.")
    faint: bool = Field(
        False,
        title="Lift faint objects",
        description="Show the network a logarithmic copy of each channel too, in which objects "
        "that are dim beside bright ones stand out.",
    )
    features: tuple[int, ...] = Field(
        (16, 32, 64, 128),
        min_length=1,
        max_length=7,
        title="Features",
        description="Feature maps at each scale of the U-Net, finest first.",
    )
    embedding_dim: int = Field(
        2, ge=1, le=64, title="Embedding dimensions", description="E, the size of a pixel's point."
    )
    coordinates: Coordinates = Field(
        "semiconv",
        title="Coordinates",
        description="none; input: as extra input channels (De Brabandere 2017); semiconv: added "
        "to the output (Novotny 2018).",
    )
    units_per_diameter: float = Field(
        7.0,
        gt=0,
        le=100,
        title="Units per diameter",
        description="Semi-convolutional only: embedding units that one object diameter spans.",
    )
    classes: int = Field(
        1, ge=1, le=255, title="Classes", description="Foreground classes, background not counted."
    )
    seediness: bool = Field(
        True, title="Seediness", description="Predict how central each pixel is in its object."
    )
    delta_v: float = Field(
        0.5, gt=0, title="Pull margin", description="Pixels come this close to their mean."
    )
    delta_d: float = Field(
        1.5, gt=0, title="Push margin", description="Means go apart to twice this distance."
    )
    diameter: float = Field(
        24.0,
        ge=4,
        le=512,
        title="Object diameter",
        description="Pixels; images are resampled so that their objects have this diameter.",
    )

    @model_validator(mode="after")
    def _fits(self) -> ModelConfig:
        if self.coordinates == "semiconv" and self.embedding_dim < self.ndim:
            msg = (
                f"expected embedding_dim of at least {self.ndim} to add {self.ndim} coordinates "
                f"to, got {self.embedding_dim}"
            )
            raise ValueError(msg)
        if any(f < 1 for f in self.features):
            msg = f"expected positive numbers of features, got {self.features}"
            raise ValueError(msg)
        return self

    @property
    def margins(self) -> Margins:
        """The margins that clustering needs to know."""
        return Margins(pull=self.delta_v, push=self.delta_d)


class AugmentConfig(Config):
    """Random changes of a training patch, each within what a camera or a microscope does."""

    enabled: bool = Field(True, title="Augment", description="Vary the training patches.")
    flip: bool = Field(True, title="Flip", description="Mirror along each axis.")
    rotate: float = Field(
        180.0, ge=0, le=180, title="Rotate", description="Degrees, in the YX plane."
    )
    scale: float = Field(1.25, ge=1, le=4, title="Scale", description="Up to this factor, or 1/.")
    shear: float = Field(0.1, ge=0, le=1, title="Shear", description="Of the YX plane.")
    brightness: float = Field(0.1, ge=0, le=1, title="Brightness", description="Added offset.")
    contrast: float = Field(1.5, ge=1, le=4, title="Contrast", description="Factor, or 1/.")
    gamma: float = Field(1.25, ge=1, le=4, title="Gamma", description="Exponent, or 1/.")
    colour: float = Field(
        0.1, ge=0, lt=1, title="Colour", description="Each channel's own factor, 1 plus or minus."
    )
    blur: float = Field(0.7, ge=0, le=8, title="Blur", description="Largest sigma, in pixels.")
    noise: float = Field(0.04, ge=0, le=1, title="Noise", description="Largest sigma.")
    invert: float = Field(0.0, ge=0, le=1, title="Invert", description="Share of patches.")
    stain: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Stain",
        description="Share of patches drawn as a stain of a random colour in white light: what "
        "glows absorbs.",
    )


class TrainConfig(Config):
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
    loss: Literal["discriminative", "cosine"] = Field(
        "discriminative", title="Loss", description="Of the embedding."
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
        description="Push only instances this near, in pixels (Payer 2018); empty for all.",
    )
    foreground_weight: float = Field(
        1.0, ge=0, title="Foreground weight", description="Of the foreground loss."
    )
    seediness_weight: float = Field(
        1.0, ge=0, title="Seediness weight", description="Of the seediness loss."
    )
    unlabelled_push: float = Field(
        1.0, ge=0, title="Unlabelled push", description="Weight of SPOCO's unlabelled push."
    )
    object_dice: float = Field(
        0.5, ge=0, title="Object Dice", description="Weight of SPOCO's soft-Dice object term."
    )
    start_share: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Share of the start",
        description="Of the start's weights in the mean with the trained ones: more forgets less. "
        "Where the trained ones alone score far better, they are taken as they are.",
    )
    consistency: float = Field(
        0.0, ge=0, title="Consistency", description="Weight of SPOCO's EMA-teacher consistency."
    )
    augment: AugmentConfig = Field(
        default_factory=AugmentConfig, title="Augmentation", description="Variation of patches."
    )
    validations: int = Field(
        10, ge=1, title="Validations", description="How many, evenly over the training."
    )
    held_back: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Held back",
        description="Fine-tuning without a validation image: share of the painted objects, from "
        "five on, that is not taught but judged by; 0 for none.",
    )
    mix: bool = Field(
        True,
        title="Mix channels",
        description="Fine-tuning: where the start does better in a grey mix of the channels, in "
        "which the painted objects are bright, teach and use it on that.",
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
    seed: int = Field(0, ge=0, title="Seed", description="Of everything random.")

    @model_validator(mode="after")
    def _one_budget(self) -> TrainConfig:
        given = [n for n in ("steps", "epochs", "seconds") if getattr(self, n) is not None]
        if len(given) > 1:
            msg = f"expected one of steps, epochs and seconds, got {' and '.join(given)}"
            raise ValueError(msg)
        return self


FINE_TUNING = TrainConfig(seconds=60, learning_rate=3e-3, foreground_weight=2.0, start_share=0.5)
"""How a trained network learns where nothing else is said."""

FROM_SCRATCH = TrainConfig(seconds=300)
"""How a new network learns where nothing else is said."""


class TileConfig(Config):
    """How a large image is embedded."""

    size: int = Field(
        1024,
        ge=32,
        le=16384,
        title="Tile",
        description="Side of a tile without its halo, in pixels; a 3-D tile has as many voxels.",
    )
    batch_size: int = Field(1, ge=1, le=256, title="Batch", description="Tiles at a time.")
    precision: Precision = Field(
        "auto", title="Precision", description="auto: bfloat16 on a GPU, else float32."
    )
    device: str = Field("auto", title="Device", description="auto, cpu, cuda, cuda:1, mps.")


class ClusterConfig(Config):
    """The knobs of grouping pixels into objects."""

    method: Method = Field("density", title="Method", description="How pixels are grouped.")
    bandwidth: float | None = Field(
        None,
        gt=0,
        le=100,
        title="Bandwidth",
        description="Embedding units; larger merges more. Empty: what suits the model's margins.",
    )
    merge_margin: float | None = Field(
        None,
        ge=0,
        le=100,
        title="Merge margin",
        description="Modes closer than this become one, in embedding units. Empty: the model's.",
    )
    foreground_threshold: float = Field(
        0.5, ge=0, le=1, title="Foreground", description="Probability above which a pixel counts."
    )
    seed_threshold: float = Field(
        0.2, ge=0, le=1, title="Seeds", description="Seediness an object must reach at its best."
    )
    min_size: int | None = Field(
        None,
        ge=0,
        le=10_000_000,
        title="Smallest object",
        description="In pixels of the image. Empty: a fiftieth of a typical object.",
    )
    fill_holes: bool = Field(True, title="Fill holes", description="Close holes in objects.")
    split_parts: bool = Field(
        False, title="Split parts", description="Make unconnected parts objects of their own."
    )
    max_points: int = Field(
        20_000,
        ge=100,
        le=1_000_000,
        title="Sample",
        description="Pixels that hdbscan clusters; the rest are assigned.",
    )
    coordinates: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Coordinates",
        description="hdbscan: weight of the pixel coordinates beside the embedding (Payer 2018).",
    )
