"""Seconds and memory of what must not grow without bound, each case in a process of its own.

    python benchmarks/bounds.py [--quick] [CASE ...]

Memory is the peak of the process beyond what it held when the case began: its input and the
libraries are not counted, nor is the result of the case subtracted. ``needed`` leaves out the pages
of temporary files, which the system takes back when memory is short.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

Work = Callable[[], object]


class Case(NamedTuple):
    """A case: what draws its input and returns the work, and the most that it may take."""

    begin: Callable[[int], Work]
    size: int
    quick: int
    seconds: float
    gigabytes: float
    means: str


def discs(side: int, pitch: int, start: int = 0, stop: int | None = None) -> np.ndarray:
    """Return rows of an image of discs on a square grid, numbered from 1."""
    y, x = np.ogrid[start : side if stop is None else stop, :side]
    count = side // pitch
    inside = (y % pitch - (pitch - 1) / 2) ** 2 + (x % pitch - (pitch - 1) / 2) ** 2
    whole = (y // pitch < count) & (x // pitch < count)
    number = (y // pitch) * count + x // pitch + 1
    return np.where(whole & (inside < (0.48 * pitch) ** 2), number, 0).astype(np.int32)


def drawn_embedding(side: int, pitch: int, dim: int) -> object:
    """Return the embedding of such discs: points 3 units apart, or the places themselves in 2-D."""
    from napari_discembed.types import Embedding

    rng = np.random.default_rng(0)
    count = (side // pitch) ** 2
    width = int(np.ceil(count ** (1 / dim)))
    lattice = np.stack(np.unravel_index(np.arange(count), [width] * dim), axis=1)
    means = np.zeros((count + 1, dim), np.float32)
    means[1:] = 3.0 * (lattice if dim == 2 else lattice[rng.permutation(count)])
    values = np.empty((dim, side, side), np.float32)
    inside = np.empty((side, side), np.float32)
    for start in range(0, side, 256):
        rows = slice(start, min(start + 256, side))
        labels = discs(side, pitch, rows.start, rows.stop)
        spread = rng.standard_normal((dim, *labels.shape), np.float32)
        values[:, rows] = np.moveaxis(means[labels], -1, 0) + spread * (0.25 / np.sqrt(dim))
        inside[rows] = 0.9 * (labels > 0)
    return Embedding.of(values, inside[None], inside, diameter=0.96 * pitch)


def density(side: int, pitch: int) -> Work:
    """Group an embedding of eight dimensions."""
    from napari_discembed.clustering import group
    from napari_discembed.config import clustering_config

    embedding = drawn_embedding(side, pitch, 8)
    return lambda: group(embedding, clustering_config()).count  # type: ignore[arg-type]


def mean_shift(side: int) -> Work:
    """Group 70,225 objects by mean shift."""
    from napari_discembed.clustering import group
    from napari_discembed.config import clustering_config

    embedding = drawn_embedding(side, 8, 2)
    return lambda: group(embedding, clustering_config("mean_shift")).count  # type: ignore[arg-type]


def matching(side: int) -> Work:
    """Match objects to themselves where one of them is cut into equal halves."""
    from napari_discembed.metrics import matched_iou, overlaps

    index = np.arange(side)
    number = (index // 8)[:, None] * (side // 8) + index // 8 + 1
    inside = (index % 8 < 6)[:, None] & (index % 8 < 6)
    true = np.where(inside, number, 0)
    found = true.copy()
    found[:3, :6] = true.max() + 1
    return lambda: len(matched_iou(overlaps(true, found), 0.5))


def measuring(side: int) -> Work:
    """Measure 70,225 discs."""
    from napari_discembed.metrics import measure

    labels = discs(side, 8)
    return lambda: measure(labels).count


def picture(shape: tuple[int, int]) -> np.ndarray:
    """Return bright discs of 24 pixels on dark noise."""
    rng = np.random.default_rng(0)
    image = np.empty(shape, np.uint8)
    for start in range(0, shape[0], 256):
        y, x = np.ogrid[start : min(start + 256, shape[0]), : shape[1]]
        distance = (y % 32 - 15.5) ** 2 + (x % 32 - 15.5) ** 2
        noise = rng.integers(0, 20, distance.shape)
        image[start : start + 256] = 20 + 160 * (distance < 144) + noise
    return image


def segmenting(shape: tuple[int, int], diameter: float | None) -> Work:
    """Segment such an image by the shipped model of nuclei."""
    from napari_discembed.models import load_model
    from napari_discembed.pipeline import segment
    from napari_discembed.progress import run

    image, model = picture(shape), load_model("nuclei")
    return lambda: run(segment(image, model, diameter=diameter)).count


CASES = {
    "density 10,000": Case(lambda n: density(n, 16), 1600, 400, 150, 2, "1600^2, E = 8"),
    "density 100,000": Case(lambda n: density(n, 25), 8192, 800, 600, 2, "8192^2, E = 8"),
    "mean shift 70,225": Case(mean_shift, 2120, 400, 120, 2, "2120^2, E = 2"),
    "matching with a tie": Case(matching, 1120, 320, 2, 1, "19,600 objects, one at IoU 0.5"),
    "measuring 70,225": Case(measuring, 2120, 400, 8, 1, "2120^2"),
    "segment with a diameter": Case(
        lambda n: segmenting((n, n), 24), 8192, 1024, 600, 3, "8192^2, nuclei"
    ),
    "segment without": Case(lambda n: segmenting((n, n), None), 8192, 1024, 600, 3, "8192^2"),
    "segment a strip": Case(
        lambda n: segmenting((n, 300), None), 30_000, 2000, 600, 3, "30,000 x 300"
    ),
}


class Held(NamedTuple):
    """Bytes that a process holds: all, and those that are not pages of files."""

    all: int
    needed: int


def held() -> Held:
    """Return the bytes that this process holds now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    anonymous, files = int(found["RssAnon"]), int(found["RssFile"]) + int(found["RssShmem"])
    return Held(1024 * (anonymous + files), 1024 * anonymous)


def measured(work: Work) -> dict[str, object]:
    """Run some work and return what it gave, its seconds and the bytes it took at its peak.

    The peak is looked at a hundred times a second: what the system keeps (`ru_maxrss`) has the
    drawing of the input in it.
    """
    start, done = held(), threading.Event()
    peak = start

    def look() -> None:
        nonlocal peak
        peak = Held(*map(max, peak, held()))

    def watch() -> None:
        while not done.wait(0.01):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    look()
    beyond = {"bytes": peak.all - start.all, "needed": peak.needed - start.needed}
    return {"found": found, "seconds": seconds, **beyond}


def row(name: str, quick: bool) -> str:
    """Run a case in a process of its own and return its row of the table."""
    case = CASES[name]
    command = [sys.executable, __file__, "--inside", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    limit = f"{case.seconds:.0f} s, {case.gigabytes:.0f} GB"
    if done.returncode:
        reason = (done.stderr.strip() or f"ended by {done.returncode}").splitlines()[-1]
        return f"| {name} ({case.means}) | - | - | - | - | {limit} | {reason[:80]} |"
    got = json.loads(done.stdout.splitlines()[-1])
    cells = (
        f"{name} ({case.means})", f"{got['found']}", f"{got['seconds']:.1f}",
        f"{got['bytes'] / 1e9:.2f} GB", f"{got['needed'] / 1e9:.2f} GB", limit, "",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of cases; none for all")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the program")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        case = CASES[args.inside]
        print(json.dumps(measured(case.begin(case.quick if args.quick else case.size))))
        return
    print("| case | found | seconds | peak | needed | limit | |\n|---|---|---|---|---|---|---|")
    for name in args.cases or CASES:
        print(row(name, args.quick), flush=True)


if __name__ == "__main__":
    main()
