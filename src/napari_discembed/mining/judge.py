"""The network that judges masks: how well each candidate covers one object.

Mask Scoring R-CNN (Huang 2019) learns the overlap (IoU) of a mask with the object that it means;
here a candidate has one mask for each of several foreground thresholds, and all are judged at
once.
"""

from __future__ import annotations

import itertools
from typing import ClassVar

import torch
from torch import Tensor, nn

from napari_discembed.config import JudgeCard
from napari_discembed.mining.crops import CHANNELS, FIGURES, Descriptors

WIDTHS = (24, 32, 48, 64)
"""Channels of the convolutions, each of which halves the crop."""

HIDDEN = (96, 64)
"""Units of the perceptron."""

THRESHOLDS = (0.3, 0.5, 0.7, 0.85)
"""Foreground probabilities at which the mask of each candidate is judged."""


class Judge(nn.Module):
    """A small convolutional network over crops, and a perceptron over it and the figures."""

    card: ClassVar[JudgeCard] = JudgeCard(
        channels=CHANNELS, figures=FIGURES, thresholds=THRESHOLDS, widths=(*WIDTHS, *HIDDEN)
    )

    def __init__(self) -> None:
        super().__init__()
        steps = itertools.pairwise((len(CHANNELS), *WIDTHS))
        self.trunk = nn.Sequential(*(_layer(a, b) for a, b in steps))
        self.norm = nn.BatchNorm1d(len(FIGURES))
        self.decide = nn.Sequential(
            nn.Linear(2 * WIDTHS[-1] + len(FIGURES), HIDDEN[0]),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(HIDDEN[0], HIDDEN[1]),
            nn.ReLU(),
            nn.Linear(HIDDEN[1], len(THRESHOLDS)),
        )

    def forward(self, seen: Descriptors) -> Tensor:
        """Return ``(N, T)``: the logit of the overlap of each mask with an object."""
        n, planes = seen.crops.shape[:2]
        features = self.trunk(seen.crops.flatten(0, 1))
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        pooled = pooled.reshape(n, planes, -1).mean(dim=1)
        logits: Tensor = self.decide(torch.cat([pooled, self.norm(seen.figures)], dim=1))
        return logits


def _layer(channels_in: int, channels_out: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )
