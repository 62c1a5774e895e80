"""The training loss: what each head says of its output, weighed and summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from napari_discembed.config import TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.losses.flat import UNLABELLED, FlatPixels, flatten, instance_means
from napari_discembed.types import EmbeddingSpace

Outputs: TypeAlias = Mapping[str, Tensor]
"""``(B, channels, *S)`` by the name of the head: what a network says of a batch."""


class Term(NamedTuple):
    """A part of the loss: its name, its weight, and its value, a scalar."""

    name: str
    weight: float
    value: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class LossContext:
    """What a head may need to judge its output.

    Attributes
    ----------
    labels
        ``(B, *S)`` integers: -2 of no part, -1 unlabelled, 0 background, above an object.
    classes
        ``(B, *S)``: the class, from 1, of each object's pixels; None for a single class.
    flat, means
        The pixels' embeddings side by side, and the mean ``(E, N)`` of each instance.
    space
        What the embeddings lie in.
    config
        Weights of the terms.
    weak_background
        Whether no background is labelled anywhere, so that unlabelled pixels must serve.
    teacher
        The averaged network's outputs on the same patches; None where no term needs them.
    generator
        Draws the anchors of the consistency term.
    diameter
        Typical object diameter, in pixels of the batch.
    before
        ``(B, ndim, *S)``: the centre of each pixel's object in the frame before, in pixels from the
        patch's first; NaN where there is none. None for images that stand alone.
    """

    labels: Tensor
    classes: Tensor | None
    flat: FlatPixels
    means: Tensor
    space: EmbeddingSpace
    config: TrainingConfig
    weak_background: bool = False
    teacher: Outputs | None = None
    generator: torch.Generator | None = None
    diameter: float = 24.0
    before: Tensor | None = None

    @property
    def loss(self) -> str:
        """The loss of the embedding."""
        return self.config.loss or self.space.loss

    @property
    def neighbour_radius(self) -> float | None:
        """How near instances are that are pushed apart, in pixels; None for all.

        Directions are few: by the cosine loss those of far instances may be the same.
        """
        usual = self.diameter if self.loss == "cosine" else None
        return self.config.neighbour_radius or usual

    @property
    def is_sparse(self) -> bool:
        """Whether pixels of the batch are unlabelled."""
        return bool((self.labels == UNLABELLED).any())


class HasLoss(Protocol):
    """A head, as far as the loss is concerned."""

    def terms(self, output: Tensor, context: LossContext) -> Iterable[Term]:
        """Return the terms of the loss of the head's output."""
        ...


class Objective:
    """The sum of the heads' losses, each weighed by the configuration.

    Parameters
    ----------
    heads
        By name.
    space
        What the embedding lies in.
    config
        Weights.
    weak_background
        Whether no background is labelled anywhere, so that unlabelled pixels must serve.
    diameter
        Typical object diameter, in pixels of the batches.

    Raises
    ------
    InputError
        If the loss does not suit the space.
    """

    def __init__(
        self,
        heads: Mapping[str, HasLoss],
        space: EmbeddingSpace,
        config: TrainingConfig,
        *,
        weak_background: bool = False,
        diameter: float = 24.0,
    ) -> None:
        if config.loss == "cosine" and space.kind != "cosine":
            raise InputError(
                "The cosine loss learns directions: expected a network in cosine space, got one in "
                f"{space.kind} space. Begin from scratch with --network space_kind=cosine and "
                "--network coordinates=none, or leave the loss to the network."
            )
        self.heads = heads
        self.space = space
        self.config = config
        self.weak_background = weak_background
        self.diameter = diameter

    def __call__(
        self,
        outputs: Outputs,
        labels: Tensor,
        classes: Tensor | None = None,
        *,
        teacher: Outputs | None = None,
        generator: torch.Generator | None = None,
        before: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its unweighted terms.

        Parameters
        ----------
        outputs
            Of the network, with one of the name ``embedding``.
        labels, classes, teacher, generator, before
            As for :class:`LossContext`.
        """
        flat = flatten(outputs["embedding"], labels)
        flat = flat._replace(embedding=self.space.normalise(flat.embedding))
        context = LossContext(
            labels,
            classes,
            flat,
            self.space.normalise(instance_means(flat)),
            self.space,
            self.config,
            self.weak_background,
            teacher,
            generator,
            self.diameter,
            before,
        )
        terms = {}
        parts = []
        for name, head in self.heads.items():
            share = self.config.head_weights.get(name, 1.0)
            for term in head.terms(outputs[name], context):
                terms[term.name] = term.value
                parts.append(share * term.weight * term.value)
        return torch.stack(parts).sum(), terms
