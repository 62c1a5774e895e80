"""EmbedSeg: its network, crops, loss and clustering, with the settings of its notebooks.

Adam at 5e-4 falling as (1 - progress)^0.9, crops of 256 pixels around each object (smaller where
the images are), test-time augmentation. Batches are of 4, where the notebooks' 16 would leave a
short training a handful of steps. The loop is written here, since the package's own counts
epochs and not seconds, and validates after each. https://github.com/juglab/EmbedSeg
"""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from task import Report, Task, grey

BATCH = 4
GRID = 1024


def stand_in_for_torchvision() -> None:
    """Give EmbedSeg the two classes of torchvision that it uses; there is no wheel for the CPU."""

    class RandomRotation:
        def __init__(self, degrees: float) -> None:
            self.degrees = (-degrees, degrees)

        @staticmethod
        def get_params(degrees: tuple[float, float]) -> float:
            return degrees[0]  # the turns themselves are drawn by EmbedSeg

    class Compose:
        def __init__(
            self, transforms: Sequence[Callable[[dict[str, Any]], dict[str, Any]]]
        ) -> None:
            self.transforms = transforms

        def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
            for transform in self.transforms:
                sample = transform(sample)
            return sample

    outer, inner = types.ModuleType("torchvision.transforms"), types.ModuleType("transforms")
    vars(inner).update(RandomRotation=RandomRotation, Compose=Compose)
    vars(outer).update(transforms=inner)
    sys.modules |= {"torchvision": types.ModuleType("torchvision"), outer.__name__: outer}


def write_crops(task: Task, folder: Path) -> int:
    """Write the crops around each object, and return their side."""
    from EmbedSeg.utils.generate_crops import process

    pairs = task.complete_pairs()
    smallest = min(min(labels.shape) for _, labels in pairs)
    side = min(256, smallest // 8 * 8)
    source = folder / "source"
    source.mkdir(parents=True)
    for i, (image, labels) in enumerate(pairs):
        names = [str(source / f"{what}{i:03d}.tif") for what in ("image", "labels")]
        tifffile.imwrite(names[0], grey(image))
        tifffile.imwrite(names[1], labels.astype(np.uint16))
        process(names[0], names[1], str(folder), "train", side, "medoid")
    return side


def main() -> None:
    """Train and segment."""
    task = Task.read(Path(sys.argv[1]))
    stand_in_for_torchvision()
    import torch
    from EmbedSeg.criterions import get_loss
    from EmbedSeg.datasets import get_dataset
    from EmbedSeg.models import get_model
    from EmbedSeg.test import predict
    from EmbedSeg.utils.create_dicts import create_dataset_dict
    from EmbedSeg.utils.generate_crops import normalize_min_max_percentile
    from EmbedSeg.utils.utils import Cluster

    # Its test-time augmentation moves tensors to a GPU without asking whether there is one.
    setattr(torch.Tensor, "cuda", lambda tensor, *_, **__: tensor)  # noqa: B010 - not its type
    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    np.random.seed(task.seed)  # noqa: NPY002 - what EmbedSeg draws from
    report = Report(task, f"EmbedSeg {version('EmbedSeg')}")
    crops = task.folder / "crops"
    side = write_crops(task, crops)
    settings = create_dataset_dict(
        str(task.folder), "crops", size=10**6, center="medoid", type="train", workers=0
    )
    loader = torch.utils.data.DataLoader(
        get_dataset("2d", settings["kwargs"]), batch_size=BATCH, num_workers=0
    )
    model = get_model("branched_erfnet", {"num_classes": [4, 1], "input_channels": 1})
    model.init_output(2)
    criterion = get_loss(
        None, GRID, GRID, None, 1, 1, False, {"n_sigma": 2, "foreground_weight": 10}
    )
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=1e-4)
    report.started = time.monotonic()
    model.train()
    steps = 0
    for sample in loader:
        progress = (time.monotonic() - report.started) / task.seconds
        if progress >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = 5e-4 * (1 - progress) ** 0.9
        loss = criterion(
            model(sample["image"]),
            sample["instance"].squeeze(1),
            sample["label"].squeeze(1),
            sample["center_image"].squeeze(1),
            w_inst=1,
            w_var=10,
            w_seed=1,
        ).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
    report.trained(steps=steps, crop=side)
    model.eval()
    with torch.no_grad():
        for image in task.test_images():
            pixels = normalize_min_max_percentile(grey(image), 1, 99.8, axis=(0, 1))
            given = torch.from_numpy(pixels.astype(np.float32))[None, None]
            size = max(GRID, -(-max(image.shape[:2]) // 8) * 8)
            cluster = Cluster(size, size, size / GRID, size / GRID, torch.device("cpu"))
            found, _ = predict(
                given, model, True, True, 2, 0.5, 0.9, 0, 0, 36, cluster, torch.device("cpu")
            )
            report.add(found.cpu().numpy())
    report.close()


if __name__ == "__main__":
    main()
