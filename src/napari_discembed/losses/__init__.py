"""Losses: pure functions of flat pixels, and their weighed sum."""

from napari_discembed.losses.cosine import CosineTerms, cosine_loss
from napari_discembed.losses.discriminative import DiscriminativeTerms, discriminative_loss
from napari_discembed.losses.flat import FlatPixels, flatten, instance_means
from napari_discembed.losses.heads import foreground_loss, seediness_loss
from napari_discembed.losses.neighbours import neighbour_pairs
from napari_discembed.losses.objective import LossContext, Objective, Outputs, Term
from napari_discembed.losses.sparse import consistency, object_dice, unlabelled_push
from napari_discembed.losses.terms import pull, push, regularise

__all__ = [
    "CosineTerms",
    "DiscriminativeTerms",
    "FlatPixels",
    "LossContext",
    "Objective",
    "Outputs",
    "Term",
    "consistency",
    "cosine_loss",
    "discriminative_loss",
    "flatten",
    "foreground_loss",
    "instance_means",
    "neighbour_pairs",
    "object_dice",
    "pull",
    "push",
    "regularise",
    "seediness_loss",
    "unlabelled_push",
]
