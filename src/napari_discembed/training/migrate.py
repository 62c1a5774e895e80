"""States of trainings that release 0.1 wrote (format 1), as those of this release.

Format 1 named the backbone ``unet``, had one layer ``head`` whose rows are those of all heads in
their order, and other names for some settings and for the holdout score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from napari_discembed.config import read_training
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.checkpoint import migrate_weights, weights_hash
from napari_discembed.training.state import STATE_FORMAT, SavedState

OLD_SCORE, NEW_SCORE = "held_back", "holdout"


def migrated_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of a state of format 1 as those of this one."""
    score, _, judged_on = values["judged_on"].partition(" ")
    selection = {
        "best_scores": _renamed(values["best_scores"]),
        "best_step": values["best_step"],
        "without_gain": values["without_gain"],
        "far_better": values.get("far_better", False),
    }
    history = values["history"]
    validations = [_renamed(record) for record in history["validations"]]
    return {
        **values,
        "format": STATE_FORMAT,
        "config": read_training(values["config"]),
        "network": values["model"],
        "judged_on": f"{NEW_SCORE if score == OLD_SCORE else score} {judged_on}",
        "selection": selection,
        "history": {"steps": history["steps"], "validations": validations},
    }


def migrated_tensors(saved: SavedState, net: EmbeddingNet) -> dict[str, Tensor]:
    """Return the tensors of a state of format 1, of a network of this architecture, as here."""
    found: dict[str, Tensor] = {}
    for part in ("net", "average", "best"):
        weights = migrate_weights(saved.part(part), net.config, saved.format)
        found |= {f"{part}.{name}": value for name, value in weights.items()}
    moments = _split_moments(saved.part("optimiser"), net)
    return found | {f"optimiser.{name}": value for name, value in moments.items()}


def old_hash(net: EmbeddingNet) -> str:
    """Return the hash that release 0.1 would have given to the weights of a network."""
    weights = net.state_dict()
    old = {
        name.replace("backbone.", "unet.", 1): value
        for name, value in weights.items()
        if name.startswith("backbone.")
    }
    for kind in ("weight", "bias"):
        parts = [weights[f"heads.{head}.projection.{kind}"] for head in net.named_heads()]
        old[f"head.{kind}"] = torch.cat(parts)
    return weights_hash(old)


def _renamed(scores: Mapping[str, float]) -> dict[str, float]:
    return {NEW_SCORE if name == OLD_SCORE else name: value for name, value in scores.items()}


def _split_moments(moments: Mapping[str, Tensor], net: EmbeddingNet) -> dict[str, Tensor]:
    """Give each head its rows of the moments of what was one layer.

    Moments are numbered as the parameters are: weight and bias of the layer were the last two;
    weight and bias of each head are now.
    """
    n_before = sum(name.startswith("backbone.") for name, _ in net.named_parameters())
    channels = [head.channels for head in net.named_heads().values()]
    found: dict[str, Tensor] = {}
    for name, value in moments.items():
        number, key = name.split(".", 1)
        kind = int(number) - n_before  # 0 weight, 1 bias
        if kind < 0:
            found[name] = value
            continue
        whole = value.ndim == 0  # the count of steps
        pieces = [value] * len(channels) if whole else torch.split(value, channels)
        for head, piece in enumerate(pieces):
            found[f"{n_before + 2 * head + kind}.{key}"] = piece.clone()
    return found
