"""All that a network is trained on, weighed and summed."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from napari_discembed.config import ModelConfig, TrainConfig
from napari_discembed.losses.cosine import cosine_loss
from napari_discembed.losses.flat import UNLABELLED, FlatPixels, flatten, instance_means
from napari_discembed.losses.heads import foreground_loss, seediness_loss
from napari_discembed.losses.neighbours import neighbour_pairs
from napari_discembed.losses.sparse import consistency, object_dice, unlabelled_push
from napari_discembed.losses.terms import pull, push, regularise


class NetworkOutput(Protocol):
    """What the losses need of a network's output: see ``models.Output``."""

    @property
    def embedding(self) -> Tensor:
        """``(B, E, *S)``."""
        ...

    @property
    def foreground(self) -> Tensor:
        """``(B, K, *S)`` logits."""
        ...

    @property
    def seediness(self) -> Tensor | None:
        """``(B, 1, *S)`` logits."""
        ...


class Objective:
    """The training loss: embedding, foreground, seediness, and the sparse terms.

    The sparse terms join where a batch has unlabelled pixels. The regularisation is left out
    for semi-convolutional embeddings, whose means lie where the objects are.

    Parameters
    ----------
    model
        Margins and kind of coordinates.
    train
        Weights.
    weak_background
        Whether no background is labelled anywhere, so that unlabelled pixels must serve.
    """

    def __init__(
        self, model: ModelConfig, train: TrainConfig, *, weak_background: bool = False
    ) -> None:
        self.model = model
        self.train = train
        self.weak_background = weak_background
        self.gamma = 0.0 if model.coordinates == "semiconv" else train.gamma

    def __call__(
        self,
        output: NetworkOutput,
        labels: Tensor,
        classes: Tensor | None = None,
        *,
        teacher: NetworkOutput | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its unweighted terms.

        Parameters
        ----------
        output
            Of the network.
        labels
            ``(B, *S)`` integers: -1 unlabelled, 0 background, above an object.
        classes
            ``(B, *S)``: the class of each object's pixels.
        teacher
            The averaged network's output on the same patches, for the consistency term.
        generator
            Draws the consistency term's anchors.
        """
        flat = flatten(output.embedding, labels)
        means = instance_means(flat)
        terms: dict[str, Tensor] = {}
        weights: dict[str, float] = {}

        def add(name: str, weight: float, term: Tensor) -> None:
            terms[name], weights[name] = term, weight

        add(
            "foreground",
            self.train.foreground_weight,
            foreground_loss(
                output.foreground, labels, classes, weak_background=self.weak_background
            ),
        )
        for name, weight, term in self._grouping(output, labels, flat, means):
            add(name, weight, term)
        if output.seediness is not None:
            term = seediness_loss(output.seediness, flat, means, self.model.delta_v)
            add("seediness", self.train.seediness_weight, term)
        if (labels == UNLABELLED).any():
            for name, weight, term in self._sparse(flat, means, teacher, generator):
                add(name, weight, term)
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        return total, terms

    def _grouping(
        self, output: NetworkOutput, labels: Tensor, flat: FlatPixels, means: Tensor
    ) -> list[tuple[str, float, Tensor]]:
        train, radius = self.train, self.train.neighbour_radius
        if train.loss == "cosine":
            parts = cosine_loss(output.embedding, labels, neighbour_radius=radius)
            return [("pull", train.alpha, parts.pull), ("push", train.beta, parts.push)]
        pairs = None if radius is None else neighbour_pairs(flat, labels, radius)
        found = [
            ("pull", train.alpha, pull(flat, means, self.model.delta_v)),
            ("push", train.beta, push(flat, means, self.model.delta_d, pairs)),
        ]
        if self.gamma:
            found.append(("regularisation", self.gamma, regularise(flat, means)))
        return found

    def _sparse(
        self,
        flat: FlatPixels,
        means: Tensor,
        teacher: NetworkOutput | None,
        generator: torch.Generator | None,
    ) -> list[tuple[str, float, Tensor]]:
        train, model = self.train, self.model
        found: list[tuple[str, float, Tensor]] = []
        if train.unlabelled_push:
            term = unlabelled_push(flat, means, model.delta_d)
            found.append(("unlabelled_push", train.unlabelled_push, term))
        if train.object_dice:
            term = object_dice(flat, means, model.delta_v)
            found.append(("object_dice", train.object_dice, term))
        if train.consistency and teacher is not None and generator is not None:
            term = consistency(flat, teacher.embedding, model.delta_v, generator)
            found.append(("consistency", train.consistency, term))
        return found
