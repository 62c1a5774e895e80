"""One step of training: forward, loss, backward, clipping, update, average."""

from __future__ import annotations

import copy
from typing import TypeAlias

import torch
from torch import Tensor

from napari_discembed.config import TrainingConfig
from napari_discembed.datasets.patches import Batch
from napari_discembed.devices import choose_device, choose_precision, is_out_of_memory
from napari_discembed.errors import DiscembedError, OutOfMemoryError
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.backbones import Memory
from napari_discembed.training.ema import Average

Memories: TypeAlias = tuple[Memory | None, Memory | None]
"""What the network and its average remember of the frames of a clip before."""

LARGEST_GRADIENT = 10.0
MOST_BAD_STEPS = 20


def objective_of(net: EmbeddingNet, config: TrainingConfig, *, weak_background: bool) -> Objective:
    """Return the loss of a network.

    Parameters
    ----------
    net
        Its heads, its space and its scale are judged by.
    config
        Weights.
    weak_background
        Whether no background is labelled anywhere, so that unlabelled pixels must serve.
    """
    return Objective(
        net.named_heads(),
        net.space,
        config,
        weak_background=weak_background,
        diameter=net.config.diameter,
    )


class OptimiserStep:
    """A network in training, its optimiser and its averaged weights; called once a step.

    Parameters
    ----------
    net
        To start from; stays as it is.
    config
        Learning rate, weights of the loss, device and precision.
    weak_background
        Whether no background is labelled anywhere, so that unlabelled pixels must serve.

    Attributes
    ----------
    net
        In training mode, on the device.
    average
        Its averaged weights.
    optimiser
        AdamW over its parameters.
    """

    def __init__(
        self, net: EmbeddingNet, config: TrainingConfig, *, weak_background: bool = False
    ) -> None:
        self.config = config
        self.device = choose_device(config.device)
        self.dtype = choose_precision(config.precision, self.device, training=True)
        self.net = copy.deepcopy(net).to(self.device).train()
        self.average = Average(self.net, config.ema_decay)
        self.optimiser = torch.optim.AdamW(
            self.net.parameter_groups(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.objective = objective_of(self.net, config, weak_background=weak_background)
        self._bad_steps = 0

    def __call__(self, batch: Batch, number: int, learning_rate: float) -> dict[str, float]:
        """Learn from a batch.

        Parameters
        ----------
        batch
            Patches.
        number
            Of the step, from 0: with the seed it decides all that is random.
        learning_rate
            Of this step.

        Returns
        -------
        The loss, under ``loss``, and its terms, unweighted.

        Raises
        ------
        OutOfMemoryError
            If the step does not fit into memory.
        DiscembedError
            If the loss stays infinite or not a number.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate * group["share"]
        try:
            return self._learn(batch, number)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        config = self.config
        raise OutOfMemoryError(
            f"A training step of {config.batch_size} patches of shape "
            f"{tuple(batch.images.shape[2:])} does not fit into the memory of {self.device}. "
            "Choose a smaller batch_size or patch_size."
        )

    def _learn(self, batch: Batch, number: int) -> dict[str, float]:
        self.optimiser.zero_grad(set_to_none=True)
        loss, terms = torch.zeros(()), dict[str, Tensor]()
        memory: Memories = (None, None)
        for part in batch.parts(self.config.backprop_frames):
            part_loss, part_terms, memory = self._loss(part, number, memory)
            share = part.frames / batch.frames
            (share * part_loss).backward()  # type: ignore[no-untyped-call]
            loss = loss + share * part_loss.detach().cpu()
            for name, term in part_terms.items():
                terms[name] = terms.get(name, torch.zeros(())) + share * term.detach().cpu()
        length = torch.nn.utils.clip_grad_norm_(self.net.parameters(), LARGEST_GRADIENT)
        if bool(torch.isfinite(length)) and bool(torch.isfinite(loss)):
            self.optimiser.step()
            self.average.update(self.net)
            self._bad_steps = 0
        else:
            self._count_bad_step()
        return {"loss": loss.item(), **{name: term.item() for name, term in terms.items()}}

    def _loss(
        self, batch: Batch, number: int, memory: Memories
    ) -> tuple[Tensor, dict[str, Tensor], Memories]:
        """Return the loss, its terms, and what is remembered, without its gradient.

        The hourglasses before the last one are judged as it is, all together.
        """
        images, origins = batch.images.to(self.device), batch.origins.to(self.device)
        labels = batch.labels.to(self.device)
        classes, before = (
            None if more is None else more.to(self.device) for more in (batch.classes, batch.before)
        )
        seed = (self.config.seed * 1_000_003 + number) % 2**63
        half = self.dtype != torch.float32
        own, its = memory
        teacher = None
        with torch.autocast(self.device.type, dtype=self.dtype, enabled=half):
            passed = self.net.passed(images, origins, own, batch.frames)
            if self.config.consistency:
                with torch.no_grad():
                    teacher, its, _ = self.average.net.passed(images, origins, its, batch.frames)
        generator = torch.Generator().manual_seed(seed)
        loss, terms = self.objective(
            passed.outputs, labels, classes, teacher=teacher, generator=generator, before=before
        )
        for outputs in passed.earlier:
            loss = loss + self.objective(outputs, labels, classes, before=before)[0]
        kept = passed.memory
        own = None if kept is None else [state.detach() for state in kept]
        return loss, terms, (own, its)

    def _count_bad_step(self) -> None:
        self._bad_steps += 1
        if self._bad_steps >= MOST_BAD_STEPS:
            raise DiscembedError(
                f"The loss was not a finite number for {MOST_BAD_STEPS} steps in a row. Choose a "
                "smaller learning_rate, or start from other weights."
            )
