"""How a network learns."""

from napari_discembed.training.history import History
from napari_discembed.training.loop import FitResult, fit, loss_of
from napari_discembed.training.prepare import label_states, training_set, typical_diameter

__all__ = [
    "FitResult",
    "History",
    "fit",
    "label_states",
    "loss_of",
    "training_set",
    "typical_diameter",
]
