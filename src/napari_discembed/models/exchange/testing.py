"""A test image and what the network makes of it, by which others see that theirs does the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_discembed.imaging.intensity import CLIP, PERCENTILES
from napari_discembed.models.checkpoint import Model
from napari_discembed.models.exchange.exported import INPUT, ExportedNet

SIDES = {2: 128, 3: 32}
"""Side of the test image by the number of dimensions; at least the network's stride."""

EPSILON = 1e-6
"""What bioimage.io adds to the span of intensities before it divides by it."""

DISCS = 12


def write_test_tensors(model: Model, folder: Path) -> dict[str, Path]:
    """Write a test image and the maps of it as ``.npy``; return the files by the tensors' names."""
    exported, config = ExportedNet(model.net), model.config
    side = max(SIDES[config.ndim], model.net.stride)
    image = discs(config.in_channels, (side,) * config.ndim, config.diameter)
    maps = exported.arrays(preprocessed(image))
    arrays = {INPUT: image, **dict(zip(exported.names, maps, strict=True))}
    for name, values in arrays.items():
        np.save(folder / f"test_{name}.npy", values)
    return {name: folder / f"test_{name}.npy" for name in arrays}


def discs(channels: int, shape: tuple[int, ...], diameter: float) -> NDArray[np.float32]:
    """Return ``(1, channels, *shape)``: an image of soft bright discs on noise, of 0 to 255."""
    random = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"))
    image = random.normal(20, 3, (channels, *shape))
    for _ in range(DISCS):
        centre = random.uniform(0, shape[0], len(shape)).reshape(-1, *(1 for _ in shape))
        distance = np.sqrt(((grid - centre) ** 2).sum(0))
        image += 150 / (1 + np.exp(distance - diameter / 2))
    return np.clip(image, 0, 255).astype(np.float32)[None]


def preprocessed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an image as the steps in a package's description give it to the network."""
    spatial = tuple(range(2, image.ndim))
    low, high = np.percentile(image, PERCENTILES, axis=spatial, keepdims=True)
    return np.clip((image - low) / (high - low + EPSILON), *CLIP).astype(np.float32)
