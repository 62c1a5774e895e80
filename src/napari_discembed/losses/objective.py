"""The training loss: what each head says of its output, weighed and summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from napari_discembed.config import TrainingConfig
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
    """

    def __init__(
        self,
        heads: Mapping[str, HasLoss],
        space: EmbeddingSpace,
        config: TrainingConfig,
        *,
        weak_background: bool = False,
    ) -> None:
        self.heads = heads
        self.space = space
        self.config = config
        self.weak_background = weak_background

    def __call__(
        self,
        outputs: Outputs,
        labels: Tensor,
        classes: Tensor | None = None,
        *,
        teacher: Outputs | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its unweighted terms.

        Parameters
        ----------
        outputs
            Of the network, with one of the name ``embedding``.
        labels, classes, teacher, generator
            As for :class:`LossContext`.
        """
        flat = flatten(self.space.normalise(outputs["embedding"]), labels)
        context = LossContext(
            labels,
            classes,
            flat,
            instance_means(flat),
            self.space,
            self.config,
            self.weak_background,
            teacher,
            generator,
        )
        terms = {}
        parts = []
        for name, head in self.heads.items():
            share = self.config.head_weights.get(name, 1.0)
            for term in head.terms(outputs[name], context):
                terms[term.name] = term.value
                parts.append(share * term.weight * term.value)
        return torch.stack(parts).sum(), terms
