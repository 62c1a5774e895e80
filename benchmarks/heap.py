"""What keeping the heap while a network runs brings (napari_discembed/heap.py): rate and memory.

Each figure is of a process of its own, with and without in turn.

    python benchmarks/heap.py
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import subprocess
import sys
import time

import numpy as np

from napari_discembed import embed
from napari_discembed.config import TilingConfig
from napari_discembed.inference import embedder


def one(model: str, side: int, *, is_kept: bool) -> None:
    """Embed noise, and print megapixels a second and the peak of memory."""
    if not is_kept:
        vars(embedder)["kept_heap"] = contextlib.nullcontext
    image = np.random.default_rng(0).random((side, side), dtype=np.float32)
    tile = TilingConfig(device="cpu", views=1)
    embed(image[:256, :256], model, diameter=36, tile=tile, progress=False)
    start = time.perf_counter()
    embed(image, model, diameter=36, tile=tile, progress=False)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    how = "kept" if is_kept else "as it is"
    print(f"{model}, {side}^2, {how:8} {side**2 / 1e6 / seconds:6.2f} Mpx/s, peak {peak:5.2f} GiB")


def main() -> None:
    """Compare, or do one of the runs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="+", default=["nuclei", "rosette"])
    parser.add_argument("--sides", nargs="+", type=int, default=[1024, 2048, 4096])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--run", choices=["kept", "usual"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        one(given.models[0], given.sides[0], is_kept=given.run == "kept")
        return
    for model in given.models:
        for side in given.sides:
            for run in ("usual", "kept") * given.repeats:
                words = [__file__, "--run", run, "--models", model, "--sides", str(side)]
                subprocess.run([sys.executable, *words], check=True)


if __name__ == "__main__":
    main()
