"""napari-discembed: fine-tuned from weights, from scratch, or the weights as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from task import UNLABELLED, Report, Task

import napari_discembed
from napari_discembed.config import FINE_TUNING, FROM_SCRATCH, read_training
from napari_discembed.finetuning import new_network
from napari_discembed.jobs import finetune, run, segment
from napari_discembed.models import Model, load_model
from napari_discembed.types import Axes, Image

BACKGROUND = 1_000_000


def as_image(pixels: np.ndarray, axes: str | None) -> Image:
    """Return the pixels with their axes; guessed where not given."""
    return Image(pixels, Axes(axes or ""))


def as_painted(targets: np.ndarray) -> np.ndarray:
    """Return labels as a person paints them: 0 unlabelled, a number for background."""
    painted = np.where(targets == 0, BACKGROUND, targets)
    return np.where(targets == UNLABELLED, 0, painted)


def taught(task: Task, axes: str | None) -> Model:
    """Return what fine-tuning, or training from scratch, makes of the labelled images."""
    base = task.options.get("base")
    usual = FROM_SCRATCH if base is None else FINE_TUNING
    further = read_training(task.options.get("train", {}))
    config = usual.changed(seconds=task.seconds, seed=task.seed, **further)
    pairs = task.training_pairs()
    images = [as_image(image, axes) for image, _ in pairs]
    network = None
    if base is None:
        network = new_network(images).with_short(**task.options.get("network", {}))
    torch.manual_seed(task.seed)
    job = finetune(
        images,
        [as_painted(targets) for _, targets in pairs],
        model=None if base is None else load_model(base),
        network=network,
        config=config,
        background_label=BACKGROUND,
    )
    return run(job)


def main() -> None:
    """Train where there are seconds to, and segment.

    Options: ``base``, weights to start from, or to take as they are; ``train`` and ``network``,
    changes of the settings and of a new network; ``config``, of the clustering; ``ndim``, 3 for
    volumes; ``ask_diameter``, whether the test images' diameter is told, that of the labelled
    objects, where nothing is trained.
    """
    task = Task.read(Path(sys.argv[1]))
    torch.set_num_threads(task.threads)
    axes = "ZYX" if task.options.get("ndim") == 3 else None
    report = Report(task, f"napari-discembed {napari_discembed.__version__}")
    if task.seconds:
        model = taught(task, axes)
        report.trained(
            steps=model.card.training["steps"], note=model.card.description, **model.card.metrics
        )
    else:
        model = load_model(task.options["base"])
    report.facts["weights"] = model.card.weights_sha256
    config = None
    if "config" in task.options:
        changes = dict(task.options["config"])
        own = model.card.clustering
        config = own.with_method(changes.pop("method", own.method)).changed(**changes)
    diameter = task.diameter if task.options.get("ask_diameter") else None
    for image in task.test_images():
        report.add(
            run(segment(as_image(image, axes), model, diameter=diameter, config=config)).labels
        )
    report.close()


if __name__ == "__main__":
    main()
