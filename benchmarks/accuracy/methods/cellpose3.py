"""Cellpose 3: its network from scratch, with the settings of its command line.

Stochastic gradient descent at 0.2, weight decay 1e-5, batches of 8 patches of 224 pixels
(cellpose 3's ``--help``); grey images. The number of steps is chosen so that they take the seconds
given; the flows of the labels are made, and the images read and normalised, before the clock
runs. Objects are found at the diameter that training measured, or in 3-D by its flows of the
three planes.
"""

from __future__ import annotations

import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from task import Report, Task, grey

TRIALS = (2, 8)
"""Steps of two short trainings: what one takes longer than the other, its further steps took."""

BATCH = 8
SETTINGS = {"SGD": True, "learning_rate": 0.2, "weight_decay": 1e-5, "batch_size": BATCH}


def main() -> None:
    """Train and segment."""
    task = Task.read(Path(sys.argv[1]))
    import torch
    from cellpose import dynamics, models, train

    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    volume = task.options.get("ndim", 2) == 3
    report = Report(task, f"cellpose {version('cellpose')}")
    model = models.CellposeModel(gpu=False, pretrained_model=False, diam_mean=30.0)
    pairs = task.complete_pairs()
    if volume:  # Cellpose learns planes
        model.net_ortho = None  # 3.1 asks for it, and sets it only where it loads weights
        pairs = [
            (np.take(image, i, axis), np.take(labels, i, axis))
            for image, labels in pairs
            for axis in range(3)
            for i in range(0, image.shape[axis], 4)
            if np.take(labels, i, axis).any()
        ]
    pairs = pairs * -(-BATCH // len(pairs))
    images = [grey(image) for image, _ in pairs]
    device = torch.device("cpu")
    flows = dynamics.labels_to_flows(
        [labels.astype(np.int32) for _, labels in pairs], device=device
    )

    def learn(steps: int) -> float:
        started = time.monotonic()
        train.train_seg(
            model.net,
            train_data=images,
            train_labels=flows,
            n_epochs=steps,
            nimg_per_epoch=BATCH,
            channels=[0, 0],
            min_train_masks=1,
            save_path=str(task.folder),
            save_every=10**9,
            **SETTINGS,
        )
        return time.monotonic() - started

    short, longer = map(learn, TRIALS)
    each = max((longer - short) / (TRIALS[1] - TRIALS[0]), 1e-3)
    steps = max(1, round(task.seconds / each))
    report.started = time.monotonic()
    learn(steps)
    report.trained(steps=steps, seconds_a_step=each)
    for image in task.test_images():
        masks = model.eval(
            image if volume else grey(image),
            channels=[0, 0],
            z_axis=0 if volume else None,
            do_3D=volume,
            diameter=task.diameter,
        )[0]
        report.add(masks)
    report.close()


if __name__ == "__main__":
    main()
