"""A camera: exposure, white balance, vignetting, blur, noise, sharpening, JPEG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy import ndimage

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.noise import smooth_noise


def photograph(
    rng: np.random.Generator,
    image: Pixels,
    *,
    blur: tuple[float, float],
    noise: tuple[float, float],
) -> NDArray[np.uint8]:
    """Photograph a scene.

    Parameters
    ----------
    rng
        Decides everything.
    image
        ``(Y, X, 3)``, 0 dark to 1 bright.
    blur, noise
        Ranges of the blur in pixels and of the noise in full scales.

    Returns
    -------
    NDArray[np.uint8]
        ``(Y, X, 3)``.
    """
    image = _expose(rng, image)
    sigma = rng.uniform(*blur)
    image = ndimage.gaussian_filter(image, (sigma, sigma, 0), truncate=2.5)
    spread = np.float32(rng.uniform(*noise)) * np.sqrt(0.15 + np.clip(image, 0, 1))
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    if rng.random() < 0.5:  # a sensor with a colour mosaic, or a video codec, smears the colours
        size = rng.uniform(1.5, 3)
        for channel in range(3):
            smeared = smooth_noise(rng, (image.shape[0], image.shape[1]), size)
            grain[..., channel] = 0.5 * grain[..., 1] + 0.6 * smeared
    image = image + grain * spread
    if rng.random() < 0.35:
        soft = ndimage.uniform_filter(image, (3, 3, 1))
        image = image + np.float32(rng.uniform(0.2, 0.9)) * (image - soft)
    digital: NDArray[np.uint8] = (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
    return _compress(digital, int(rng.integers(35, 96))) if rng.random() < 0.6 else digital


def _expose(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Return the light on the sensor: exposure, white balance, saturation, tone, vignetting."""
    rows, columns = image.shape[:2]
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None]
    slope = rng.normal(0, 0.07, 2)
    field = 1 + slope[0] * y + slope[1] * x - rng.uniform(0, 0.15) * (y * y + x * x)
    balance = rng.normal(1, 0.06, 3) * np.exp(rng.normal(0.2, 0.18))
    image = image * field[..., None].astype(np.float32) * balance.astype(np.float32)
    grey = image.mean(axis=-1, keepdims=True)
    image = grey + (image - grey) * np.float32(rng.uniform(0.75, 1.25))
    # Bright places saturate gently, as a sensor's curve has it.
    image = np.clip(image, 0, None)
    over = np.maximum(image - np.float32(0.65), 0)
    image = np.minimum(image, np.float32(0.65)) + over / (1 + over / np.float32(0.4))
    image = image ** np.float32(np.exp(rng.normal(0, 0.12)))
    veil = np.float32(rng.uniform(0, 0.06))
    hazy: Pixels = veil + (1 - veil) * image
    return hazy


def _compress(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return an image as JPEG gives it back."""
    content = io.BytesIO()
    Picture.fromarray(image).save(content, "jpeg", quality=quality)
    with Picture.open(content) as stored:
        return np.array(stored)
