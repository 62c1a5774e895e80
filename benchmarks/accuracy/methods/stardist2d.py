"""StarDist: its network from scratch, with the settings of its example notebooks.

32 rays, a grid of 2, batches of 4 patches of 256 pixels (smaller where the images are), flips,
rotations and intensity changes, a share of the images held out to choose its thresholds by; the
seconds given end the training. https://github.com/stardist/stardist, examples/2D.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from task import Report, Task, grey

STEPS_AN_EPOCH = 100
HELD_OUT = 0.15


class Vary:
    """Flip, turn, and change the intensities, as the example notebook does."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, image: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a changed copy of an image with its labels."""
        rng = self.rng
        turns = int(rng.integers(4))
        image, labels = np.rot90(image, turns), np.rot90(labels, turns)
        for axis in (0, 1):
            if rng.random() < 0.5:
                image, labels = np.flip(image, axis), np.flip(labels, axis)
        image = image * rng.uniform(0.6, 2) + rng.uniform(-0.2, 0.2)
        noise = rng.normal(0, 0.02 * rng.random(), image.shape)
        return image + noise, labels


def main() -> None:
    """Train and segment."""
    task = Task.read(Path(sys.argv[1]))
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    from csbdeep.utils import normalize
    from stardist.models import Config2D, StarDist2D

    tf.config.threading.set_intra_op_parallelism_threads(task.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    np.random.seed(task.seed)  # noqa: NPY002 - what StarDist draws from
    tf.random.set_seed(task.seed)
    report = Report(task, f"stardist {version('stardist')}, tensorflow {tf.__version__}")

    class Deadline(tf.keras.callbacks.Callback):  # type: ignore[misc]
        """Ends the training with the time."""

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
            """Stop once the seconds are spent."""
            if time.monotonic() - report.started > task.seconds:
                self.model.stop_training = True

    pairs = [
        (normalize(grey(image), 1, 99.8), labels.astype(np.int32))
        for image, labels in task.complete_pairs()
    ]
    order = np.random.default_rng(task.seed).permutation(len(pairs))
    held = max(1, round(HELD_OUT * len(pairs)))
    learn = [pairs[i] for i in order[held:]] or pairs
    judge = [pairs[i] for i in order[:held]]
    smallest = min(min(image.shape) for image, _ in pairs)
    patch = min(256, smallest // 16 * 16)
    config = Config2D(
        n_rays=32,
        grid=(2, 2),
        n_channel_in=1,
        train_patch_size=(patch, patch),
        train_batch_size=4,
        train_steps_per_epoch=STEPS_AN_EPOCH,
        train_tensorboard=False,
    )
    model = StarDist2D(config, name="model", basedir=str(task.folder))
    report.started = time.monotonic()
    model.prepare_for_training()
    model.callbacks.append(Deadline())
    model.train(
        [image for image, _ in learn],
        [labels for _, labels in learn],
        validation_data=([i for i, _ in judge], [labels for _, labels in judge]),
        augmenter=Vary(task.seed),
        epochs=10_000,
    )
    epochs = len(model.keras_model.history.epoch) if model.keras_model.history else 0
    report.trained(steps=epochs * STEPS_AN_EPOCH)
    model.optimize_thresholds([i for i, _ in judge], [labels for _, labels in judge])
    report.started = time.monotonic()
    for image in task.test_images():
        labels, _ = model.predict_instances(normalize(grey(image), 1, 99.8))
        report.add(labels)
    report.close()


if __name__ == "__main__":
    main()
