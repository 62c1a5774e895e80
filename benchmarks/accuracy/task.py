"""What a method is given and what it gives back: a folder of files.

Every method, ours too, is a program that is called with such a folder and nothing else, in the
environment of its own packages. So all see the same pixels, labels, seconds and threads.

``task.json`` holds the settings; ``train/NNN_image.tif`` and ``train/NNN_labels.tif`` the labelled
images (-1 unlabelled, 0 background, above an object); ``test/NNN.tif`` what is to be segmented,
into ``found/NNN.tif``. Grey images are ``(*S)``, colour ones ``(Y, X, 3)``. This module needs
numpy and tifffile alone.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

UNLABELLED = -1


@dataclass
class Task:
    """Settings, and where the files lie.

    Attributes
    ----------
    folder
        Of the files.
    seconds
        To train for.
    threads
        To compute with.
    seed
        Of whatever the method draws.
    diameter
        Median diameter of the labelled objects, in pixels.
    options
        What one method alone is told, such as the weights to start from.
    """

    folder: Path
    seconds: float
    threads: int
    seed: int
    diameter: float
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Task:
        """Read the settings of a folder, and compute with the threads they say."""
        found = json.loads((folder / "task.json").read_text())
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
            os.environ[name] = str(found["threads"])
        return cls(folder=folder, **found)

    def write(self, train: list[tuple[np.ndarray, np.ndarray]], test: list[np.ndarray]) -> None:
        """Write settings, labelled images and test images."""
        for name in ("train", "test", "found"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = asdict(self)
        del settings["folder"]
        (self.folder / "task.json").write_text(json.dumps(settings))
        for i, (image, labels) in enumerate(train):
            tifffile.imwrite(self.folder / f"train/{i:03d}_image.tif", image)
            tifffile.imwrite(self.folder / f"train/{i:03d}_labels.tif", labels.astype(np.int32))
        for i, image in enumerate(test):
            tifffile.imwrite(self.folder / f"test/{i:03d}.tif", image)

    def training_pairs(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the labelled images with their labels."""
        files = sorted((self.folder / "train").glob("*_image.tif"))
        return [(read(f), read(Path(str(f).replace("_image", "_labels")))) for f in files]

    def complete_pairs(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the labelled images for a method that knows no unlabelled pixels.

        Where there are any, the image is cut around its painted objects, and what is not painted
        there is background.
        """
        pairs = []
        for image, labels in self.training_pairs():
            if (labels == UNLABELLED).any():
                margin = round(self.diameter / 2)
                box = tuple(
                    slice(max(0, int(where.min()) - margin), int(where.max()) + margin + 1)
                    for where in np.nonzero(labels > 0)
                )
                image, labels = image[box], labels[box]  # noqa: PLW2901
            pairs.append((image, np.maximum(labels, 0)))
        return pairs

    def test_images(self) -> list[np.ndarray]:
        """Return the images to segment."""
        return [read(f) for f in sorted((self.folder / "test").glob("*.tif"))]

    def found(self) -> list[np.ndarray]:
        """Return what the method found in them."""
        return [read(f) for f in sorted((self.folder / "found").glob("*.tif"))]


def read(path: Path) -> np.ndarray:
    """Read a TIFF file."""
    return tifffile.imread(path)


def grey(image: np.ndarray, ndim: int = 2) -> np.ndarray:
    """Return the mean of the colours, as 32-bit floats."""
    return (image.mean(axis=-1) if image.ndim > ndim else image).astype(np.float32)


class Report:
    """Writes what a method found, and how long it took.

    Parameters
    ----------
    task
        Whose folder to write into.
    version
        Name and version of the method's package.
    """

    def __init__(self, task: Task, version: str) -> None:
        self.task = task
        self.facts: dict[str, Any] = {"version": version, "train_seconds": 0.0, "note": ""}
        self.started = time.monotonic()
        self.count = 0

    def trained(self, **facts: object) -> None:
        """Note that training has ended."""
        self.facts["train_seconds"] = time.monotonic() - self.started
        self.facts.update(facts)
        self.started = time.monotonic()

    def add(self, labels: np.ndarray) -> None:
        """Write the labels of the next test image."""
        target = self.task.folder / f"found/{self.count:03d}.tif"
        tifffile.imwrite(target, labels.astype(np.int32), compression="zlib")
        self.count += 1

    def close(self) -> None:
        """Write the times."""
        self.facts["predict_seconds"] = time.monotonic() - self.started
        (self.task.folder / "facts.json").write_text(json.dumps(self.facts))
