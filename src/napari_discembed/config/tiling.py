"""How a large image is embedded in tiles."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from napari_discembed.config.base import Config, Precision

Views: TypeAlias = Literal[1, 2, 3]
"""How often an image is embedded, in several sizes and mirrored, for the mean of its maps."""


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
        description="How often an image is embedded, in several sizes and mirrored, for the mean: "
        "steadier; 2 take 2.5 times as long and 3 four times. Empty: what suits the model.",
    )
