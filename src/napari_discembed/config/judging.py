"""What a judge of candidate masks is shown."""

from __future__ import annotations

from pydantic import Field

from napari_discembed.config.base import Config


class JudgeCard(Config):
    """What a judge is shown and asked: its weights are of no use to one that is shown others."""

    channels: tuple[str, ...] = Field(
        title="Channels", description="Of the crops that it is shown, in their order."
    )
    figures: tuple[str, ...] = Field(
        title="Figures", description="Of each candidate, in their order."
    )
    thresholds: tuple[float, ...] = Field(
        title="Thresholds", description="Foreground probabilities at which masks are judged."
    )
    widths: tuple[int, ...] = Field(
        title="Widths", description="Of the layers of the network, in their order."
    )
