"""A network that draws outlines of objects anew, how it is applied, and how it is taught.

Tried and not shipped (LOG 138 to 142); here so that it can be tried again.

Shape legend: ``N`` objects, ``C`` channels, ``R`` pixels of a crop's side.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from outline_crops import CHANNELS, REACH, SIDE, Field, ObjectCrops
from torch import Tensor, nn

from napari_discembed.metrics import overlaps
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Embedding, IntArray

WIDTHS = (14, 28, 48, 64)
"""Channels of the scales, from the finest."""


class Refiner(nn.Module):
    """By how many pixels of its crop each object's outline is to be moved, place by place.

    As PointRend (Kirillov 2020) it decides masks again at a resolution finer than the network's;
    since a mask is the sign of the distance from its outline plus what this adds, a refiner that
    adds nothing changes nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        steps = itertools.pairwise((len(CHANNELS), *WIDTHS))
        self.down = nn.ModuleList(nn.Sequential(_layer(a, b), _layer(b, b)) for a, b in steps)
        coarser = list(itertools.pairwise(WIDTHS))
        self.project = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in coarser)
        self.up = nn.ModuleList(_layer(a, a) for a, _ in coarser)
        self.last = nn.Conv2d(WIDTHS[0], 1, 1)
        for parameter in self.last.parameters():  # so that it begins by changing nothing
            nn.init.zeros_(parameter)

    def forward(self, crops: Tensor) -> Tensor:
        """Return ``(N, R, R)``: what is added to the signed distance, of crops ``(N, C, R, R)``."""
        kept, x = [], crops
        for i, down in enumerate(self.down):
            x = down(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for i in reversed(range(len(self.up))):
            larger = F.interpolate(self.project[i](x), scale_factor=2.0)
            x = self.up[i](kept[i] + larger)
        added: Tensor = self.last(x)[:, 0]
        return added


def distance_of(crops: Tensor) -> Tensor:
    """Return ``(N, R, R)``: the signed distance in crops, up to a reach, in pixels of the crop."""
    return torch.clamp(crops[:, CHANNELS.index("distance")] * REACH, -REACH, REACH)


def _layer(channels_in: int, channels_out: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


AT_ONCE = 64
"""Objects that are drawn at once."""

ALIKE = 0.3
"""Overlap that an object's new mask must have with the old one, which else stays."""


def refined_labels(labels: IntArray, embedding: Embedding, refiner: Refiner) -> Job[IntArray]:
    """Draw the outline of each object anew.

    Parameters
    ----------
    labels
        ``(Y, X)`` on the image's grid: objects above 0.
    embedding
        That they were found in.
    refiner
        Of the model that made it.

    Returns
    -------
    A job of labels with the same numbers: none is lost, and where two objects want a pixel, it goes
    to the one deeper inside which it lies.
    """
    crops = ObjectCrops(labels, embedding)
    canvas = _Canvas(labels)
    for start in range(0, len(crops), AT_ONCE):
        yield Progress(start / len(crops), "drawing outlines")
        index = np.arange(start, min(start + AT_ONCE, len(crops)))
        fields = [crops.field(int(i)) for i in index]
        with torch.inference_mode():
            added = refiner(crops(index, fields)).numpy()
        for i, field, one in zip(index, fields, added, strict=True):
            moved = crops.sampled_from_crop(int(i), field, one)
            canvas.add(int(crops.numbers[i]), field, moved)
    return canvas.without_losses()


class _Canvas:
    """Labels in work, and how deep inside its object each pixel lies."""

    def __init__(self, labels: IntArray) -> None:
        self.before = labels
        self.labels = np.zeros_like(labels)
        self.depth = np.zeros(labels.shape, dtype=np.float32)

    def add(self, number: int, field: Field, moved: NDArray[np.float32]) -> None:
        """Give an object the pixels of a field, moved, that lie deeper inside it than in others."""
        low, corner = np.maximum(field.corner, 0), field.corner
        high = np.minimum(corner + moved.shape, self.labels.shape)
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        inside = tuple(
            slice(int(a), int(b)) for a, b in zip(low - corner, high - corner, strict=True)
        )
        depth = np.clip(field.distance, -REACH, REACH)[inside] + moved[inside]
        deeper = depth > self.depth[box]
        self.depth[box][deeper] = depth[deeper]
        self.labels[box][deeper] = number

    def without_losses(self) -> IntArray:
        """Return the labels, in which objects that changed beyond recognition are as before."""
        top = int(self.before.max(initial=0)) + 1
        both = np.where(self.before == self.labels, self.before, 0)
        shared, old, new = (
            np.bincount(x.ravel(), minlength=top).astype(np.float64)
            for x in (both, self.before, self.labels)
        )
        lost = shared < ALIKE * np.maximum(old + new - shared, 1)
        lost[0] = False
        gone = np.where(lost[self.labels], 0, self.labels)
        return np.where(lost[self.before], self.before, gone).astype(self.before.dtype)


BATCH = 48
RATE = 3e-3
DECAY = 1e-3

RIGHT = 0.5
"""Overlap with a true object from which on a found one has its outline to learn."""

JITTER = 0.5
"""As that of the judge: by how much the logits of the network are stretched and moved."""

NETWORKS_WORD = (CHANNELS.index("foreground"), CHANNELS.index("seediness"))
"""The channels of a crop that are so stretched."""

CROSS_ENTROPY = 2.0
"""Weight of the cross-entropy beside that of Dice."""


@dataclass(frozen=True, slots=True, eq=False)
class OutlineLesson:
    """Found objects of an image as a refiner is shown them, and what they should look like.

    Attributes
    ----------
    crops
        ``(N, C, R, R)``, in half precision.
    truth
        ``(N, R, R)`` in [0, 1], in half precision: the true object.
    kind
        Of the image: those of all kinds are shown equally often.
    """

    crops: Tensor
    truth: Tensor
    kind: str = ""

    def __len__(self) -> int:
        """Return the number of objects, N."""
        return len(self.crops)


def make_outline_lesson(
    labels: IntArray,
    embedding: Embedding,
    truth: IntArray,
    kind: str = "",
    *,
    most: int = 24,
    seed: int = 0,
) -> OutlineLesson:
    """Show some of the objects that are right, and the true ones.

    Parameters
    ----------
    labels
        ``(Y, X)`` on the image's grid: what was found.
    embedding
        In which it was; of an image that its network has not learnt.
    truth
        ``(Y, X)``: objects from 1, background 0.
    kind
        Of the image.
    most
        Objects to take.
    seed
        Seed of the choice.
    """
    crops = ObjectCrops(labels, embedding)
    table = overlaps(truth, labels)
    found = np.unique(labels[labels > 0])[table.predicted]
    right = np.flatnonzero((table.iou > RIGHT) & np.isin(found, crops.numbers))
    chosen = np.sort(np.random.default_rng(seed).permutation(right)[:most])
    index = np.searchsorted(crops.numbers, found[chosen])
    number = np.unique(truth[truth > 0])[table.true[chosen]]
    fields = [crops.field(int(i)) for i in index]
    if not fields:
        nothing = torch.zeros((0, SIDE, SIDE), dtype=torch.half)
        return OutlineLesson(nothing[:, None].expand(-1, len(CHANNELS), -1, -1), nothing, kind)
    wanted = crops.of_truth(index, truth, number)
    return OutlineLesson(crops(index, fields).half(), wanted.half(), kind)


def teach_refiner(
    refiner: Refiner, lessons: Sequence[OutlineLesson], *, steps: int, seed: int = 0
) -> Job[Refiner]:
    """Teach a refiner true outlines, in place.

    The loss is the cross-entropy of each pixel plus one minus Dice of each object.

    Objects of each kind are shown equally often, :data:`BATCH` a step.
    """
    generator = torch.Generator().manual_seed(seed)
    crops = torch.cat([lesson.crops for lesson in lessons])
    truth = torch.cat([lesson.truth for lesson in lessons])
    weights = _weights(lessons)
    optimiser = torch.optim.AdamW(refiner.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    refiner.train()
    for step in range(steps):
        some = torch.multinomial(weights, BATCH, replacement=True, generator=generator)
        seen, wanted = _mirrored(crops[some].float(), truth[some].float(), generator)
        loss = _loss(distance_of(seen) + refiner(_jittered(seen, generator)), wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        yield Progress((step + 1) / steps, "teaching the refiner", {"loss": loss.item()})
    return refiner.eval()


def _loss(logits: Tensor, wanted: Tensor) -> Tensor:
    inside = logits.sigmoid()
    both = (inside * wanted).sum(dim=(1, 2))
    dice = (2 * both + 1) / (inside.sum(dim=(1, 2)) + wanted.sum(dim=(1, 2)) + 1)
    return CROSS_ENTROPY * F.binary_cross_entropy_with_logits(logits, wanted) + 1 - dice.mean()


def _weights(lessons: Sequence[OutlineLesson]) -> Tensor:
    """Return how often each object is to be shown."""
    count: dict[str, int] = {}
    for lesson in lessons:
        count[lesson.kind] = count.get(lesson.kind, 0) + len(lesson)
    return torch.cat([torch.full((len(x),), 1 / count[x.kind]) for x in lessons if len(x)])


def _mirrored(crops: Tensor, truth: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return crops that may be mirrored, or their axes exchanged."""
    flips = torch.rand(3, generator=generator) < 0.5
    for axis in (-1, -2):
        if flips[axis]:
            crops, truth = crops.flip(axis), truth.flip(axis)
    if flips[0]:
        crops, truth = crops.transpose(-1, -2), truth.transpose(-1, -2)
    return crops.contiguous(), truth


def _jittered(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Return crops in which the network is more or less sure than it was."""
    crops = crops.clone()
    for channel in NETWORKS_WORD:
        noise = JITTER * torch.randn((2, len(crops), 1, 1), generator=generator)
        logits = crops[:, channel].clamp(1e-3, 1 - 1e-3).logit()
        crops[:, channel] = (logits * noise[0].exp() + noise[1]).sigmoid()
    return crops
