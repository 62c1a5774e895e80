"""How a trained network is fine-tuned on a few painted objects."""

from __future__ import annotations

from pydantic import Field

from napari_discembed.config.training import TrainingConfig


class FinetuningConfig(TrainingConfig):
    """How a network learns a person's objects."""

    holdout: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Holdout",
        description="Without a validation image: share that is not taught but judged by, of "
        "the images where five or more have every object labelled, else of the painted objects, "
        "from five on; 0 for none.",
    )
    tune_channel_weights: bool = Field(
        True,
        title="Mix channels",
        description="Where the start does better in a grey mix of the channels, in "
        "which the painted objects are bright, teach and use it on that.",
    )


FINE_TUNING = FinetuningConfig(
    seconds=60, learning_rate=3e-3, head_weights={"foreground": 2.0}, base_weight=0.5
)
"""How a trained network learns where nothing else is said."""

FROM_SCRATCH = FinetuningConfig(seconds=300)
"""How a new network learns where nothing else is said."""
