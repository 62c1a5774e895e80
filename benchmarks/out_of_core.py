"""Slides segmented out of core: seconds, memory, disk, count beside the truth, equality to the whole.

    python benchmarks/out_of_core.py
    python benchmarks/out_of_core.py --sizes 4096 8192 16384 --block 2048 --no-whole --plot FILE
    python benchmarks/out_of_core.py --sizes 8192 --block 2048 --workers 0 1 2 --no-whole
    python benchmarks/out_of_core.py --sizes 30000 --no-whole          # hours

The slide is drawn block by block into an OME-Zarr store, of cells whose number is known; the edges
of what is drawn lie elsewhere than those of the blocks. Each size is segmented in a process of its
own, by `discembed segment`, as a person does; the smallest also as a whole. `--workers N` is a Dask
cluster of N processes, of one thread each, and 0 none: one process, with as many threads as there
are processors. Seconds are those of the image, without the time that processes take to come up, and
those of them for joining and writing, which no worker shares; the memory is that of the largest
process; the disk what the folder of results held at most while the blocks were made, and the labels
afterwards. `--plot` draws the seconds of one process against the area.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from skimage.segmentation import clear_border

from napari_discembed.blockwise import BlockRun
from napari_discembed.cli import main as discembed
from napari_discembed.datasets.synthetic import CellsConfig, draw_cells
from napari_discembed.datasets.synthetic.base import camera, depth, per_cell
from napari_discembed.io.labels import read_segmentation
from napari_discembed.progress import Job

PATCH, KINDS, CHUNK = 470, 12, 1024
DIAMETER = 36.0


def patches() -> list[tuple[NDArray[np.uint8], int]]:
    """Return drawn patches, and how many cells each has; none touches the border of its patch."""
    config = CellsConfig(size=PATCH, fewest=110, most=150, diameter=(30, 34), look="fluorescence")
    found = []
    for number in range(KINDS):
        rng = np.random.default_rng((7, number))
        labels = clear_border(draw_cells(rng, config).labels.astype(np.int32))
        light = per_cell(rng, labels, 0.35, 1.0) * (0.55 + 0.45 * np.sqrt(depth(labels)))
        image = np.where(labels > 0, light, 0).astype(np.float32) + np.float32(0.06)
        found.append((camera(rng, image, blur=1.0, noise=0.03), len(np.unique(labels)) - 1))
    return found


def draw_slide(path: Path, side: int) -> int:
    """Write a slide of patches, row by row, and return how many cells are whole on it."""
    drawn, count = patches(), 0
    group = zarr.create_group(str(path), zarr_format=3)
    array = group.create_array("0", shape=(side, side), chunks=(CHUNK,) * 2, dtype="uint8")
    scale = [{"type": "scale", "scale": [1.0, 1.0]}]
    multiscale = {
        "axes": [{"name": n, "type": "space"} for n in "yx"],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    n = side // PATCH
    background = int(np.median(drawn[0][0]))
    for i in range(-(-side // PATCH)):
        row = np.full((PATCH, side), background, np.uint8)
        for j in range(n if i < n else 0):
            rng = np.random.default_rng((i, j))
            pixels, cells = drawn[int(rng.integers(KINDS))]
            row[:, j * PATCH : (j + 1) * PATCH] = np.rot90(pixels, int(rng.integers(4)))
            count += cells
        part = slice(i * PATCH, min((i + 1) * PATCH, side))
        array[part] = row[: part.stop - part.start]
    return count


def segment(store: Path, model: str, block: int, name: str, workers: int = 0) -> dict[str, float]:
    """Segment a store in processes of its own; return seconds, memory, disk and the count."""
    command = [sys.executable, __file__, "--one", str(store), "--model", model]
    command += ["--block", str(block), "--name", name, "--workers", str(workers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def segment_here(store: Path, model: str, block: int, name: str, workers: int) -> None:
    """Segment a store, in this process or by workers, and print what it took as JSON."""
    joining: list[float] = []
    BlockRun.joined = noting_start(BlockRun.joined, joining)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as out, watched(Path(out)) as largest:
        words = ["segment", str(store), "--model", model, "--output", out, "--label-name", name]
        words += ["--diameter", str(DIAMETER), "--block-size", str(block)]
        if workers:
            words += ["--cluster", "local", "--workers", str(workers)]
        if discembed(words):
            raise SystemExit(1)
        after = time.perf_counter() - joining[0] if joining else 0.0
        with (Path(out) / "counts.csv").open() as lines:
            row = next(csv.DictReader(lines))
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    peak = max(resource.getrusage(one).ru_maxrss for one in who) / 2**20
    found = {"seconds": float(row["seconds"]), "GB": peak, "count": int(row["count"])}
    found["after"] = after
    print(json.dumps({**found, "blocks": max(largest), "labels": size(store / "labels" / name)}))


def noting_start(job: Callable[..., Job[Any]], began: list[float]) -> Callable[..., Job[Any]]:
    """Return a job that notes when it begins."""

    def noted(*words: Any) -> Job[Any]:  # noqa: ANN401
        began.append(time.perf_counter())
        return (yield from job(*words))

    return noted


@contextmanager
def watched(folder: Path) -> Iterator[list[float]]:
    """Look at the size of a folder every second; yields the list of what was seen, in megabytes."""
    seen, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(1.0):
            seen.append(size(folder))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def size(folder: Path) -> float:
    """Return the megabytes of a folder's files, some of which may go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total / 2**20


def same(store: Path, name: str, other: str) -> str:
    """Say whether two label images are equal up to numbering."""
    labels = [read_segmentation(store / "labels" / one).labels.ravel() for one in (name, other)]
    pairs = np.unique(np.stack(labels), axis=1)
    counts = [len(np.unique(one)) for one in labels]
    return "the same" if pairs.shape[1] == counts[0] == counts[1] else "others"


def alike(store: Path) -> str:
    """Say how many objects of the whole are the same pixel for pixel, or nearly, in blocks."""
    whole, blocks = (read_segmentation(store / "labels" / n).labels for n in ("whole", "blocks"))
    pairs, shared = np.unique(np.stack([whole.ravel(), blocks.ravel()]), axis=1, return_counts=True)
    sizes = np.bincount(whole.ravel())[pairs[0]], np.bincount(blocks.ravel())[pairs[1]]
    overlap = np.where((pairs > 0).all(axis=0), shared / (sizes[0] + sizes[1] - shared), 0.0)
    best = np.zeros(int(whole.max()) + 1)
    np.maximum.at(best, pairs[0], overlap)
    return f"{(best[1:] == 1).mean():.3%} identical, {(best[1:] > 0.95).mean():.3%} with IoU > 0.95"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2048, 4096])
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--block", type=int, default=1024, help="side of a block, in pixels")
    parser.add_argument("--workers", type=int, nargs="+", default=[0], help="0: without Dask")
    parser.add_argument("--no-whole", action="store_true", help="leave out the whole image")
    parser.add_argument("--plot", type=Path, help="where to draw time against area")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--name", default="blocks", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        segment_here(options.one, options.model, options.block, options.name, options.workers[0])
        return 0
    print(
        "| side | workers | cells drawn | found | difference | labels | seconds | joining and writing "
        "| s / megapixel | peak memory | blocks on disk | labels on disk |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    equal, took = "", dict[int, float]()
    for side in sorted(options.sizes):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "slide.zarr"
            cells = draw_slide(store, side)
            for number, workers in enumerate(options.workers):
                name = f"blocks{number or ''}"
                found = segment(store, options.model, options.block, name, workers)
                off, rate = found["count"] / cells - 1, found["seconds"] / side**2 * 1e6
                if not workers:
                    took[side] = found["seconds"]
                equality = same(store, "blocks", name) if number else "-"
                print(
                    f"| {side} | {workers or 'none'} | {cells} | {found['count']} | {off:+.2%} "
                    f"| {equality} | {found['seconds']:.0f} | {found['after']:.1f} s "
                    f"| {rate:.2f} | {found['GB']:.2f} GB "
                    f"| {found['blocks']:.0f} MB | {found['labels']:.1f} MB |",
                    flush=True,
                )
            if not equal and not options.no_whole:
                whole = segment(store, options.model, 2 * side, "whole")
                equal = (
                    f"\nAs a whole, {side}: {whole['count']} in {whole['seconds']:.0f} s, "
                    f"{whole['GB']:.2f} GB; of its objects {alike(store)} in blocks of "
                    f"{options.block}. Wanted: 99.9 %."
                )
    print(equal)
    if options.plot is not None:
        plot(options.plot, took)
    return 0


def plot(path: Path, took: dict[int, float]) -> None:
    """Draw seconds against megapixels, and the line from nothing through the largest."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4, 3.4), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    megapixels, seconds = [side**2 / 1e6 for side in took], list(took.values())
    axes.plot([0, megapixels[-1]], [0, seconds[-1]], color="0.7", linewidth=1)
    axes.plot(megapixels, seconds, "o")
    for side, x, y in zip(took, megapixels, seconds, strict=True):
        axes.annotate(f"{side}\u00b2", (x, y), (7, -9), textcoords="offset points")
    axes.margins(0.25, 0.1)
    axes.set(xlim=(0, None), ylim=(0, None), xlabel="megapixels", ylabel="seconds")
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
