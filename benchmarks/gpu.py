"""What a graphics card gives: embedding rate, training steps a second, memory.

    python benchmarks/gpu.py
    python benchmarks/gpu.py --device cuda:1 --side 8192

By each shipped model, on the first of CUDA and MPS that there is, beside the processor. Where there
is none it says so, and runs on the processor alone, on a small picture.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch

from napari_discembed.config import TilingConfig, TrainingConfig
from napari_discembed.datasets.synthetic import CellsConfig, draw_cells
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.devices import choose_device
from napari_discembed.inference import embed_image
from napari_discembed.models import Model, load_model
from napari_discembed.progress import run
from napari_discembed.training import fit
from napari_discembed.types import Axes, Image

SIDES = {"cuda": 4096, "mps": 2048, "cpu": 512}
"""Of the picture that is embedded, by the kind of device."""
STEPS = {"cuda": 40, "mps": 20, "cpu": 3}
WARM = 2
"""Steps of training, and runs of embedding, that are not counted."""
BATCH, PATCH = 4, 256


@dataclass(frozen=True)
class Figures:
    """What was measured of a model on a device."""

    megapixels: float
    steps: float
    memory: float

    def row(self, model: str, device: torch.device) -> str:
        """Return a row of the table."""
        return (
            f"| {model} | {device} | {self.megapixels:.2f} | {self.steps:.2f} "
            f"| {self.memory:.2f} GB |"
        )


def described(device: torch.device) -> str:
    """Return what a device is called."""
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        return f"{about.name}, {about.total_memory / 2**30:.0f} GB"
    kind = "Apple GPU" if device.type == "mps" else "processor"
    return f"{kind} of {platform.machine()}, {os.cpu_count()} cores"


def settled(device: torch.device) -> float:
    """Return the time once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


def memory(device: torch.device) -> float:
    """Return the most gigabytes that were taken: of the device, or of the process on a processor."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 2**30
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / 2**30
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(model: Model, device: torch.device, side: int) -> Figures:
    """Embed a picture and train for a while."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    drawn = draw_cells(np.random.default_rng(0), CellsConfig(size=512))
    times = -(-side // 512)
    pixels = np.tile(drawn.image, (times, times, *[1] * (drawn.image.ndim - 2)))[:side, :side]
    image = Image(pixels, Axes("YX" if pixels.ndim == 2 else "YXC"))
    tile = TilingConfig(device=str(device), views=1)
    seconds = []
    for _ in range(WARM + 1):
        started = settled(device)
        run(embed_image(model, image, diameter=model.config.diameter, tile=tile))
        seconds.append(settled(device) - started)
    rate = side**2 / 1e6 / seconds[-1]
    return Figures(
        rate, training_rate(model, device, pixels[:512, :512], drawn.labels), memory(device)
    )


def training_rate(
    model: Model, device: torch.device, pixels: np.ndarray, labels: np.ndarray
) -> float:
    """Return the steps of training a second."""
    channels = np.atleast_3d(pixels).transpose(2, 0, 1).astype(np.float32) / 255
    channels = np.broadcast_to(channels[:1], (model.config.in_channels, *channels.shape[1:]))
    items = [TrainingImage(np.ascontiguousarray(channels), labels.astype(np.int32))]
    count = STEPS[device.type]
    config = TrainingConfig(
        steps=WARM + count + 1, batch_size=BATCH, patch_size=PATCH, device=str(device)
    )
    job = fit(model.net, TrainingSet(items), config)
    for _ in itertools.islice(job, WARM):
        pass
    started = settled(device)
    for _ in itertools.islice(job, count):
        pass
    rate = count / (settled(device) - started)
    job.close()
    return rate


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda, cuda:1, mps or cpu")
    parser.add_argument("--side", type=int, help="of the picture, in pixels")
    parser.add_argument("--models", nargs="+", default=["generalist", "nuclei", "rosette"])
    options = parser.parse_args()
    device = choose_device(options.device)
    print(f"{described(device)}; PyTorch {torch.__version__}, {platform.system()}")
    if device.type == "cpu":
        print("No graphics card is used: PyTorch finds neither CUDA nor MPS, or cpu was asked for.")
    devices = [device] if device.type == "cpu" else [device, torch.device("cpu")]
    print(f"\n| model | device | megapixels/s | steps/s of {BATCH} x {PATCH} x {PATCH} | memory |")
    print("|---|---|---|---|---|")
    for name in options.models:
        for each in devices:
            side = SIDES[each.type] if options.side is None else options.side
            print(measure(load_model(name), each, side).row(name, each), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
