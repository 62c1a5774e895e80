"""Draw the figures that explain embedding, bandwidth and margins, from drawn pictures and points.

    python docs/figures.py docs/pictures

Nothing on them is a photograph. They need matplotlib (``pip install "napari-discembed[docs]"``).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray
from PIL import Image as Picture
from skimage.segmentation import find_boundaries

from napari_discembed import cluster, embed
from napari_discembed.datasets.synthetic import generate
from napari_discembed.losses.discriminative import discriminative_loss

mpl.use("Agg")
PULL, PUSH = 0.5, 1.5
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]
"""Okabe and Ito's, which those tell apart who see few."""


def learning() -> plt.Figure:
    """Draw the points of five objects while the loss moves them, as the paper's figure 2."""
    generator = torch.Generator().manual_seed(3)
    objects = torch.arange(1, 6).repeat_interleave(40)
    starts = torch.randn(5, 2, generator=generator).repeat_interleave(40, dim=0) * 1.2
    points = starts + 1.1 * torch.randn(200, 2, generator=generator)
    points = points.requires_grad_(True)
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.4))
    optimiser = torch.optim.Adam([points], lr=0.05)
    for step in range(401):
        if step in (0, 25, 400):
            _points(axes[[0, 25, 400].index(step)], points.detach(), objects, f"{step} steps")
        optimiser.zero_grad()
        loss = discriminative_loss(points.T[None, :, :, None], objects[None, :, None])
        (100 * loss.total).backward()
        optimiser.step()
    return figure


def _points(axis: Axes, points: torch.Tensor, objects: torch.Tensor, title: str) -> None:
    for number in range(1, 6):
        own = points[objects == number].numpy()
        mean = own.mean(0)
        colour = COLOURS[number - 1]
        axis.scatter(*own.T, s=7, color=colour, linewidths=0)
        axis.add_patch(plt.Circle(mean, PULL, fill=False, color=colour, lw=1.4))
        axis.add_patch(plt.Circle(mean, PUSH, fill=False, color=colour, lw=0.9, ls="--"))
    axis.set(title=title, xlim=(-5.4, 5.4), ylim=(-5.4, 5.4), aspect="equal")
    axis.tick_params(labelsize=7)


def bandwidths() -> plt.Figure:
    """Draw the objects of one picture at three bandwidths, and their number at all."""
    sample = next(iter(generate("rosettes", 1, 8)))
    rows, columns = (slice(n // 6, n - n // 6) for n in sample.image.shape[:2])
    embedding = embed(sample.image, "rosette", progress=False)
    chosen = (1.25, 2.0, 5.0)
    found = [cluster(embedding, bandwidth=b) for b in chosen]
    figure, axes = plt.subplots(1, 4, figsize=(9.6, 2.7), width_ratios=(1, 1, 1, 1.15))
    for axis, bandwidth, result in zip(axes, chosen, found, strict=False):
        _labels(axis, sample.image[rows, columns], result.labels[rows, columns])
        axis.set_title(f"bandwidth {bandwidth:g}: {result.count}", fontsize=9)
    grid = np.geomspace(0.2, 8, 40)
    counts = [cluster(embedding, bandwidth=float(b)).count for b in grid]
    axes[3].step(grid, counts, where="mid", color=COLOURS[0])
    for bandwidth, result in zip(chosen, found, strict=True):
        axes[3].plot(bandwidth, result.count, "o", color=COLOURS[5])
    truth = len(np.unique(sample.labels)) - 1
    axes[3].axhline(truth, color="0.5", ls=":", lw=1)
    axes[3].annotate("true number", (8, truth - 0.3), ha="right", va="top", fontsize=7, color="0.4")
    axes[3].set(xscale="log", xlabel="bandwidth", ylabel="objects", ylim=(0, None))
    axes[3].set_xticks([0.25, 0.5, 1, 2, 4, 8], ["¼", "½", "1", "2", "4", "8"])
    axes[3].minorticks_off()
    axes[3].tick_params(labelsize=7)
    return figure


def points() -> plt.Figure:
    """Draw a plant, where each pixel's point lies, and the objects."""
    sample = next(iter(generate("rosettes", 1, 8)))
    embedding = embed(sample.image, "rosette", progress=False)
    result = cluster(embedding)
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.4))
    axes[0].imshow(sample.image)
    axes[0].set_title("picture", fontsize=9)
    _points_of(axes[1], embedding.values, embedding.foreground_probability, result.labels)
    _labels(axes[2], sample.image, result.labels)
    axes[2].set_title(f"objects: {result.count}", fontsize=9)
    for axis in axes[[0, 2]]:
        axis.axis("off")
    return figure


def _points_of(
    axis: Axes,
    values: NDArray[np.float32],
    foreground: NDArray[np.float32],
    labels: NDArray[np.integer],
) -> None:
    """Draw the points of the foreground's pixels, in the colours of their objects."""
    shape = values.shape[1:]
    rows = np.arange(shape[0]) * labels.shape[0] // shape[0]
    columns = np.arange(shape[1]) * labels.shape[1] // shape[1]
    coarse = labels[np.ix_(rows, columns)]
    chosen = np.flatnonzero((np.squeeze(foreground) > 0.5) & (coarse > 0))
    few = np.random.default_rng(0).choice(chosen, min(6000, len(chosen)), replace=False)
    y, x = (values[axis_].ravel()[few] for axis_ in (0, 1))
    colours = np.array(COLOURS)[coarse.ravel()[few] % len(COLOURS)]
    axis.scatter(x, y, s=2, c=colours, linewidths=0, alpha=0.5)
    axis.set(aspect="equal", xlabel="embedding 1", ylabel="embedding 0")
    axis.invert_yaxis()
    axis.set_title("where pixels point to", fontsize=9)
    axis.tick_params(labelsize=7)


def _labels(axis: Axes, image: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
    axis.imshow(image, cmap="gray")
    colours = ListedColormap(COLOURS)
    shown = np.ma.masked_where(labels == 0, labels % len(COLOURS))
    axis.imshow(shown, cmap=colours, vmin=0, vmax=len(COLOURS) - 1, alpha=0.55)
    borders = np.ma.masked_equal(find_boundaries(labels, mode="inner"), 0)
    axis.imshow(borders, cmap=ListedColormap(["white"]), alpha=0.9)
    axis.axis("off")


FIGURES = {"learning": learning, "bandwidths": bandwidths, "points": points}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, draw in FIGURES.items():
        drawn = draw()
        drawn.tight_layout()
        drawn.savefig(folder / f"{name}.png", dpi=110)
        whole = Picture.open(folder / f"{name}.png").convert("RGB")
        whole.quantize(256, kmeans=2).save(folder / f"{name}.png", optimize=True)
        plt.close(drawn)
