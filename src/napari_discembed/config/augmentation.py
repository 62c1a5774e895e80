"""Random changes of training patches."""

from __future__ import annotations

from pydantic import Field

from napari_discembed.config.base import Config


class AugmentationConfig(Config):
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
