"""What a judge of candidate masks is shown."""

from __future__ import annotations

from napari_discembed.config.base import Config


class JudgeCard(Config):
    """What a judge is shown and asked: its weights are of no use to one that is shown others."""

    channels: tuple[str, ...]
    figures: tuple[str, ...]
    thresholds: tuple[float, ...]
    widths: tuple[int, ...]
