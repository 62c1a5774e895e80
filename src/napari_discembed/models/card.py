"""The card of a model: what it is, where it comes from, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, FiniteFloat

from napari_discembed import __version__
from napari_discembed.config import (
    AnyClusteringConfig,
    ClusteringConfig,
    Config,
    DensityConfig,
    JudgeCard,
    LearnedConfig,
    NetworkConfig,
    TilingConfig,
    Views,
    read_clustering,
)
from napari_discembed.types import Embedding, Kind
from napari_discembed.types.kinds import MOST_KINDS

FORMAT = 2
TASK = "instance segmentation"
LICENCE = "BSD-3-Clause"


class ModelCard(Config):
    """What a model is, where it comes from and how good it is."""

    # A card of a newer release may say more: it is still readable.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    format: int = Field(FORMAT, description="Version of the file format.")
    task: str = Field(TASK, description="What the model does.")
    name: str = Field(description="Of the model.")
    description: str = Field("", description="What it is for, in a sentence.")
    config: NetworkConfig = Field(description="The network.")
    clustering: AnyClusteringConfig = Field(
        default_factory=DensityConfig, description="Recommended clustering."
    )
    learned: LearnedConfig | None = Field(
        None,
        description="How the judge's candidates are best chosen among; none where one bandwidth "
        "is better.",
    )
    image_diameter: float | None = Field(
        None,
        ge=1,
        le=100_000,
        allow_inf_nan=False,
        description="Typical object diameter in the training images, in image pixels.",
    )
    channel_weights: tuple[FiniteFloat, ...] | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Weight of each channel in the grey image that the network is shown in place "
        "of the channels; none where it is shown the channels.",
    )
    views: Views = Field(
        1, description="How often an image is embedded for the mean, if nothing else is asked."
    )
    judge: JudgeCard | None = Field(
        None, description="What the judge of masks is shown; none where there is no judge."
    )
    kinds: tuple[Kind, ...] = Field(
        (), max_length=MOST_KINDS, description="What the foreground classes are called."
    )
    training: dict[str, Any] = Field(default_factory=dict, description="Data and recipe.")
    metrics: dict[str, float] = Field(default_factory=dict, description="Measured scores.")
    licence: str = Field(LICENCE, description="SPDX identifier, of the weights.")
    weights_sha256: str = Field("", description="Hash of the weights.")
    package_version: str = Field(__version__, description="Of napari-discembed.")
    created: str = Field("", description="UTC, ISO 8601.")

    def recommended(self, embedding: Embedding) -> ClusteringConfig:
        """Return how an embedding is best grouped: by its judged candidates, if it has any."""
        if self.learned is None or embedding.candidates is None:
            return self.clustering
        return self.learned

    def tiling(self, asked: TilingConfig | None) -> TilingConfig:
        """Return how to embed: as was asked for, and else in as many views as suit the model."""
        tile = asked or TilingConfig()
        return tile if tile.views is not None else tile.changed(views=self.views)


def migrate_card(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a card of an earlier format as those of this one.

    Format 1 (release 0.1) described the network and the clustering by flat settings, under other
    names.
    """
    if values["format"] == FORMAT:
        return dict(values)
    found = {name: value for name, value in values.items() if name not in {"cluster", "mix"}}
    found["clustering"] = read_clustering(values.get("cluster", {}))
    found["channel_weights"] = values.get("mix")
    return {**found, "format": FORMAT}
