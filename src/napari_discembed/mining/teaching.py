"""Teaching a judge: from candidates whose overlap with true objects is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from napari_discembed.mining.crops import CHANNELS, Describer, Descriptors
from napari_discembed.mining.judge import THRESHOLDS, Judge
from napari_discembed.mining.scoring import perceive
from napari_discembed.mining.targets import overlaps_with_truth
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Embedding, IntArray

BATCH = 256
RATE = 2e-3
DECAY = 1e-3

TOUCHING = 0.2
"""Overlap from which on a candidate means an object: there choices are hard."""

HARD = 3.0
"""How much oftener such a candidate is shown."""

JITTER = 0.5
"""By how much the logits of what the network says are stretched and moved, as standard deviations:
on pictures of other makers it is sure of other things (benchmarks/LOG.md, 115)."""

NETWORKS_WORD = (CHANNELS.index("foreground"), CHANNELS.index("seediness"))
"""The channels of a crop that are so stretched."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The candidates of an image, as a judge is shown them, and how good they are.

    Attributes
    ----------
    seen
        Descriptions of N candidates; crops in half precision.
    overlaps
        ``(N, T)``: the best overlap (IoU) of each mask with a true object.
    kind
        Of the image: those of all kinds are shown equally often.
    """

    seen: Descriptors
    overlaps: Tensor
    kind: str = ""

    def __len__(self) -> int:
        """Return the number of candidates, N."""
        return len(self.overlaps)


def make_lesson(embedding: Embedding, labels: IntArray, kind: str = "") -> Lesson:
    """Perceive candidates, describe them, and measure those whose overlap is known.

    Parameters
    ----------
    embedding
        Of an image that its network has not learnt: what it has, it embeds too well.
    labels
        ``(*S)`` on the embedding's grid: objects from 1, background 0, unlabelled below.
    kind
        Of the image.
    """
    candidates = perceive(embedding)
    probability = np.asarray(embedding.foreground_probability)
    overlaps, known = overlaps_with_truth(candidates, probability, labels, THRESHOLDS)
    index = np.flatnonzero(known)
    describer = Describer(candidates, embedding, embedding.space.bandwidth)
    seen = describer(index)
    seen = Descriptors(seen.crops.half(), seen.figures)
    return Lesson(seen, torch.from_numpy(overlaps[index]).float(), kind)


def teach(judge: Judge, lessons: Sequence[Lesson], *, steps: int, seed: int = 0) -> Job[Judge]:
    """Teach a judge the overlaps, in place.

    The loss is the cross-entropy of the overlap, whose minimum is its expected value.

    Parameters
    ----------
    judge
        To teach.
    lessons
        With candidates; those of each kind are shown equally often.
    steps
        Of :data:`BATCH` candidates.
    seed
        Seed of the random generator.

    Returns
    -------
    A job of the judge, ready to be asked.
    """
    generator = torch.Generator().manual_seed(seed)
    crops = torch.cat([lesson.seen.crops for lesson in lessons])
    figures = torch.cat([lesson.seen.figures for lesson in lessons])
    overlaps = torch.cat([lesson.overlaps for lesson in lessons])
    weights = _weights(lessons)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    judge.train()
    for step in range(steps):
        some = torch.multinomial(weights, BATCH, replacement=True, generator=generator)
        seen = _mirrored(Descriptors(crops[some].float(), figures[some]), generator)
        seen = _jittered(seen, generator)
        loss = F.binary_cross_entropy_with_logits(judge(seen), overlaps[some])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        yield Progress((step + 1) / steps, "teaching the judge", {"loss": loss.item()})
    return judge.eval()


def _weights(lessons: Sequence[Lesson]) -> Tensor:
    """Return how often each candidate is to be shown."""
    count: dict[str, int] = {}
    for lesson in lessons:
        count[lesson.kind] = count.get(lesson.kind, 0) + len(lesson)
    weights = [torch.full((len(x),), 1 / count[x.kind]) for x in lessons if len(x)]
    overlaps = torch.cat([lesson.overlaps for lesson in lessons])
    hard = overlaps.amax(dim=1) > TOUCHING
    return torch.cat(weights) * torch.where(hard, HARD, 1.0)


def _mirrored(seen: Descriptors, generator: torch.Generator) -> Descriptors:
    """Return descriptions of which the crops may be mirrored, or their axes exchanged."""
    crops = seen.crops
    flips = torch.rand(3, generator=generator) < 0.5
    for axis in (-1, -2):
        if flips[axis]:
            crops = crops.flip(axis)
    if flips[0] and crops.shape[1] == 1:  # the planes of a volume are not alike
        crops = crops.transpose(-1, -2)
    return Descriptors(crops.contiguous(), seen.figures)


def _jittered(seen: Descriptors, generator: torch.Generator) -> Descriptors:
    """Return descriptions in which the network is more or less sure than it was."""
    crops = seen.crops.clone()
    noise = JITTER * torch.randn((2, len(crops), *[1] * (crops.ndim - 2)), generator=generator)
    for channel in NETWORKS_WORD:
        logits = crops[:, :, channel].clamp(1e-3, 1 - 1e-3).logit()
        crops[:, :, channel] = (logits * noise[0].exp() + noise[1]).sigmoid()
    around = 1 + 0.1 * JITTER * torch.randn(seen.figures.shape, generator=generator)
    return Descriptors(crops, seen.figures * around)
