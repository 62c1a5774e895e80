"""How a network is trained."""

from napari_discembed.training.history import History
from napari_discembed.training.holdout import HoldoutObject, images_to_hold_back, split_holdout
from napari_discembed.training.live import fit_live
from napari_discembed.training.loop import FitResult, Preview, fit, loss_of
from napari_discembed.training.prepare import label_targets, training_set, typical_diameter
from napari_discembed.training.selection import Validate

__all__ = [
    "FitResult",
    "History",
    "HoldoutObject",
    "Preview",
    "Validate",
    "fit",
    "fit_live",
    "images_to_hold_back",
    "label_targets",
    "loss_of",
    "split_holdout",
    "training_set",
    "typical_diameter",
]
