"""How a large image is embedded in tiles."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from napari_discembed.config.base import Config, Precision

Views: TypeAlias = Literal[1, 2, 4]
"""Mirror images that are embedded and averaged: one along X, or also along Y and both."""


class TilingConfig(Config):
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
    views: Views | None = Field(
        None,
        title="Views",
        description="Mirror images that are embedded and averaged: steadier, and as many times "
        "slower. Empty: what suits the model.",
    )
