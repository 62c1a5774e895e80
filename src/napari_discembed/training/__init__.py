"""How a network learns."""

from napari_discembed.training.history import History
from napari_discembed.training.loop import FitResult, fit, loss_of
from napari_discembed.training.prepare import label_targets, training_set, typical_diameter

__all__ = [
    "FitResult",
    "History",
    "fit",
    "label_targets",
    "loss_of",
    "training_set",
    "typical_diameter",
]
