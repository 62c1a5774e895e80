"""Tiled embedding: how fast beside the bare network, in how much memory, how equal.

    python benchmarks/tiling.py
    python benchmarks/tiling.py --quick        # without the 8192 x 8192 image

The network is the default one with one input channel. "Bare" is one forward pass over the whole
image that is in memory already, normalised: by the network as it is loaded, and by the copy that
inference makes of it (channels-last weights, folded batch normalisation).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import torch

from napari_discembed.config import NetworkConfig, TilingConfig
from napari_discembed.inference import embed_channels, embed_image
from napari_discembed.inference.run import Runner
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

WHOLE = TilingConfig(size=16384)
LIMIT = 3e9


def network() -> EmbeddingNet:
    """Return the default network, with outputs that differ from pixel to pixel."""
    torch.manual_seed(0)
    net = EmbeddingNet(NetworkConfig.of(in_channels=1)).eval()
    for head in net.named_heads().values():
        torch.nn.init.normal_(head.projection.weight, std=0.5)
    return net


def median_seconds(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return each work's median time; they take turns, so that a busy moment hits all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for i in range(repeats + 1):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if i:  # the first round warms up
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def speed(net: EmbeddingNet, side: int, repeats: int, tile: TilingConfig) -> None:
    """Print tiled and bare pixel rates on a square image."""
    channels = np.random.default_rng(0).random((1, side, side), dtype=np.float32)
    image = Image((channels[0] * 255).astype(np.uint8), Axes("YX"))
    batch, ready = torch.from_numpy(channels[None]), Runner.of(net, tile).net
    model = Model(net, ModelCard(name="bench", config=net.config))

    def bare(which: EmbeddingNet) -> object:
        with torch.inference_mode():
            return which(batch)

    seconds = median_seconds(
        {
            "bare, as loaded": lambda: bare(net),
            "bare, the copy for inference": lambda: bare(ready),
            "tiled": lambda: run(embed_image(model, image, tile=tile)),
        },
        repeats,
    )
    print(f"| {side} x {side}, tiles of {tile.size} | median | Mpixel/s | tiled / this |")
    print("|---|---|---|---|")
    for name, taken in seconds.items():
        share = f"{taken / seconds['tiled']:.0%}"
        print(f"| {name} | {taken:.2f} s | {side**2 / taken / 1e6:.2f} | {share} |")
    print("\nWanted: tiled at least 70% of bare.\n")


def equality(net: EmbeddingNet, side: int, tile: TilingConfig) -> None:
    """Print the largest difference between tiled and whole."""
    channels = np.random.default_rng(1).random((1, side - 3, side - 38), dtype=np.float32)
    whole = run(embed_channels(net, channels, tile=WHOLE))
    tiled = run(embed_channels(net, channels, tile=tile))
    shape = " x ".join(map(str, channels.shape[1:]))
    print(f"| {shape}, tiles of {tile.size} | max abs(tiled - whole) | wanted |\n|---|---|---|")
    for name, array in whole.items():
        print(f"| {name} | {np.abs(array - tiled[name]).max():.1e} | < 1e-4 |")
    print()


class PeakMemory(threading.Thread):
    """Samples this process' resident memory."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process, self.done = psutil.Process(), threading.Event()
        self.start_bytes = self.peak = self.process.memory_info().rss

    def run(self) -> None:
        """Sample until told that it is done."""
        while not self.done.wait(0.02):
            self.peak = max(self.peak, self.process.memory_info().rss)


def memory(side: int, size: int) -> None:
    """Embed a memory-mapped image into a folder, and print what it took; in its own process."""
    model = Model(network(), ModelCard(name="bench", config=network().config))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.npy"
        pixels = np.lib.format.open_memmap(path, "w+", np.uint16, (side, side))
        rng = np.random.default_rng(0)
        for start in range(0, side, 512):
            pixels[start : start + 512] = rng.integers(0, 4096, (512, side), dtype=np.uint16)
        del pixels
        image = Image(np.load(path, mmap_mode="r"), Axes("YX"))
        sampler = PeakMemory()
        sampler.start()
        started = time.perf_counter()
        job = embed_image(model, image, tile=TilingConfig(size=size), store=Path(folder) / "result")
        result = run(job)
        taken = time.perf_counter() - started
        sampler.done.set()
        sampler.join()
        stored = sum(file.stat().st_size for file in (Path(folder) / "result").iterdir())
        above = (sampler.peak - sampler.start_bytes) / 1e9
        print(
            f"| {side} x {side} uint16, tiles of {size} | peak memory above the weights | wanted "
            f"| result on disk | time |\n|---|---|---|---|---|\n| E={result.dim} | {above:.2f} GB "
            f"| < {LIMIT / 1e9:.0f} GB | {stored / 1e9:.2f} GB | {taken:.0f} s |"
        )


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2048, help="of the image for speed")
    parser.add_argument("--large", type=int, default=8192, help="of the image for memory")
    parser.add_argument("--tile", type=int, default=TilingConfig().size)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="leave out the large image")
    parser.add_argument("--memory-only", action="store_true")
    options = parser.parse_args()
    if options.memory_only:
        memory(options.large, options.tile)
        return 0
    net, tile = network(), TilingConfig(size=options.tile)
    speed(net, options.side, options.repeats, tile)
    equality(net, options.side, tile)
    if not options.quick:
        # A fresh process: memory that the parts above have used would hide what this one takes.
        same = ["--memory-only", "--large", str(options.large), "--tile", str(options.tile)]
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, *same], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
