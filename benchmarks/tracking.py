"""Linking and tracking, scored by py-ctcmetrics.

    python benchmarks/tracking.py --data DIR [--seconds 300] [--model generalist] [--only links]
    python benchmarks/tracking.py --only drawn [--model nuclei] [--speed 0.08 0.3]

DIR holds movies in the layout of the Cell Tracking Challenge, each a folder with 01_GT and perhaps
the frames in 01. Five tables: `links`, each linker on the true masks, laptrack beside ours where it is
installed; `drawn`, each linker on four drawn movies of dividing cells, whose objects a model finds;
`speed`, of linking 100 frames of 300 objects; `growing`, of drawn rosettes over ten days:
the share of leaves that keep their number, on true masks and on those that `rosette` finds; `movie`, of
every movie with frames and SEG: fine-tuned on five painted frames (every eighth), tracked, scored on
frames that were not painted (SEG) and on the whole movie (the rest).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_discembed import finetune, movies
from napari_discembed.config import LINK_METHODS, CandidatesConfig, linking_config
from napari_discembed.datasets.synthetic import DividingConfig, draw_dividing, draw_growing
from napari_discembed.inference import estimate_scale, memory_of
from napari_discembed.io.ctc import FRAMES, TRUTH, numbered_files, read_ctc
from napari_discembed.io.ctc_writer import write_ctc, write_masks
from napari_discembed.io.images import read_image
from napari_discembed.models import Model, load_model
from napari_discembed.pipeline import candidates, cluster, embed, segment
from napari_discembed.progress import run
from napari_discembed.tracking import link_frames
from napari_discembed.tracking.linker import GUIDED
from napari_discembed.tracking.nested import on_image
from napari_discembed.tracking.persistence import link_candidates
from napari_discembed.tracking.scores import MEASURES, score_tracking
from napari_discembed.types import Axes, Image, IntArray, Tracks
from tracking_peers import PEERS

LINK_MEASURES = ("LNK", "TRA", "BC", "BIO")
EVERY = 8
"""Frames from a painted one to the next."""


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--model", default="generalist")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--speed", type=float, nargs="+", default=[0.08, 0.3])
    parser.add_argument("--only", choices=("links", "drawn", "speed", "growing", "movie"))
    options = parser.parse_args()
    truths = sorted(path for path in options.data.glob("*/01_GT") if (path / "TRA").is_dir())
    if options.only in (None, "links"):
        links(truths)
    if options.only in (None, "drawn"):
        drawn(options.model, options.speed)
    if options.only in (None, "speed"):
        speed()
    if options.only in (None, "growing"):
        growing()
    if options.only in (None, "movie"):
        for truth in truths:
            if (truth.parent / "01").is_dir() and (truth / "SEG").is_dir():
                movie(truth, options.model, options.seconds)
    return 0


def links(truths: list[Path]) -> None:
    """Score linkers on true masks."""
    print("| true masks | linker | LNK | TRA | divisions F1 | BIO |\n|---|---|---|---|---|---|")
    for truth in truths:
        true = read_ctc(truth)
        for method in ("overlap", "lap", *PEERS):
            if method in PEERS:
                found = PEERS[method](np.asarray(true.labels))
            else:
                found = link_frames(list(true.labels), true.segmentation, linking_config(method))
            s = scored(truth, found)
            values = " | ".join(f"{s[m]:.4f}" if m in s else "-" for m in LINK_MEASURES)
            print(f"| {truth.parent.name} | {method} | {values} |", flush=True)


def drawn(model: str, speeds: list[float], n_movies: int = 4) -> None:
    """Score linkers on drawn cells that a model finds, by how far they move, in diameters."""
    print(
        "| cells move | linker | SEG | TRA | LNK | divisions F1 | seconds |\n"
        "|---|---|---|---|---|---|---|"
    )
    network = load_model(model)
    for moved in speeds:
        config = DividingConfig(fewest=30, most=60, motion=moved, look="fluorescence")
        rows: dict[str, list[list[float]]] = {}
        for seed in range(1000, 1000 + n_movies):
            one = draw_dividing(np.random.default_rng(seed), config)
            frames = [Image(frame, Axes("YX")) for frame in one.frames]
            with tempfile.TemporaryDirectory() as folder:
                truth = Path(folder) / "01_GT"
                write_ctc(truth / "TRA", one.tracks, TRUTH)
                for linker, found, took in tracked(frames, network, exact=False):
                    s = scored(truth, found, without=[])
                    values = [s.get(m, np.nan) for m in ("SEG", "TRA", "LNK", "BC")]
                    rows.setdefault(linker, []).append([*values, took])
        for method, of_movies in rows.items():
            mean = " | ".join(f"{v:.3f}" for v in np.mean(of_movies, axis=0))
            print(f"| {moved} | {method} | {mean} |", flush=True)


def speed() -> None:
    """Time linking of 100 frames of 300 objects."""
    config = DividingConfig(
        size=640, frames=100, fewest=300, most=300, cycle=(1e4, 1e4), motion=0.03
    )
    labels = draw_dividing(np.random.default_rng(0), config).tracks.labels
    objects = np.mean([len(np.unique(frame)) - 1 for frame in labels])
    print(f"100 frames of 640x640, {objects:.0f} objects each:")
    for method in ("overlap", "lap"):
        before = time.process_time(), time.perf_counter()
        movies.link(labels, method)
        cpu, wall = time.process_time() - before[0], time.perf_counter() - before[1]
        print(f"  {method}: {cpu:.1f} s of one core, {wall:.1f} s", flush=True)


def growing(seeds: Sequence[int] = range(30)) -> None:
    """Print the share of leaves that keep their number over ten days.

    A leaf keeps it where the same track covers most of it in every frame in which it is found at
    all; one that is never found has none to keep.
    """
    print(
        "| drawn rosettes, ten days | linker | leaves | keep their number | found |\n"
        "|---|---|---|---|---|"
    )
    drawn = [draw_growing(np.random.default_rng(seed)) for seed in seeds]
    linkers = linking_config("lap", divisions=False), linking_config("rosette")
    for name in ("true masks", "by `rosette`"):
        masks = [one.tracks.labels for one in drawn]
        if name != "true masks":
            masks = [leaves_found(one.frames) for one in drawn]
        for linker in linkers:
            pairs = zip(drawn, masks, strict=True)
            by_leaf = [
                numbers
                for one, found in pairs
                for numbers in owners(one.tracks.labels, movies.link(found, linker).labels)
            ]
            kept = np.mean([len(set(filter(None, numbers))) == 1 for numbers in by_leaf])
            seen = np.mean([n > 0 for numbers in by_leaf for n in numbers])
            print(
                f"| {name} | {linker.method} | {len(by_leaf)} | {kept:.1%} | {seen:.1%} |",
                flush=True,
            )


def leaves_found(frames: NDArray[np.uint8]) -> IntArray:
    """Return the leaves of each picture that the shipped model finds."""
    images = [Image(frame, Axes("YXC")) for frame in frames]
    return np.stack([run(segment(image, "rosette")).labels for image in images])


def owners(true: IntArray, found: IntArray) -> list[list[int]]:
    """Return, for each true object, the track that covers most of it in each of its frames."""
    result = []
    for number in np.unique(true[true > 0]):
        frames = [t for t in range(len(true)) if (true[t] == number).any()]
        covering = [np.bincount(found[t][true[t] == number]) for t in frames]
        result.append([int(count.argmax()) for count in covering])
    return result


def movie(truth: Path, start: str, seconds: float) -> None:
    """Fine-tune on painted frames, track, score."""
    name = truth.parent.name
    files = numbered_files(truth.parent / "01", FRAMES)
    frames = [read_image(files[number]) for number in sorted(files)]
    true = read_ctc(truth)
    painted = list(range(0, len(frames), EVERY))
    began = time.perf_counter()
    model = finetune(
        [frames[t] for t in painted],
        [true.labels[t] for t in painted],
        start,
        complete=True,
        seconds=seconds,
        progress=False,
    )
    model = model.learnt or model
    print(f"{name}: learnt {time.perf_counter() - began:.0f} s from frames {painted}", flush=True)
    print(
        "| linker | SEG (not painted) | DET | TRA | LNK | divisions F1 | BIO | seconds |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for label, tracks, took in tracked(frames, model):
        s = scored(truth, tracks, without=painted)
        values = " | ".join(f"{s[m]:.4f}" if m in s else "-" for m in MEASURES)
        print(f"| {label} | {values} | {took:.1f} |", flush=True)


def tracked(
    frames: list[Image], model: Model, *, exact: bool = True
) -> list[tuple[str, Tracks, float]]:
    """Track by each linker; the seconds are those of linking, grouping of pairs included."""
    grouping = model.card.clustering
    diameter = run(estimate_scale(model, frames[len(frames) // 2])).diameter
    memory = memory_of(model)
    embeddings = [run(embed(f, model, diameter=diameter, memory=memory)) for f in frames]
    objects = [cluster(one, grouping) for one in embeddings]
    nested = [on_image(one, candidates(one, grouping), grouping) for one in embeddings]
    results: list[tuple[str, Tracks, float]] = []
    known = [m for m in LINK_METHODS if m in embeddings[0].maps or m not in ("motion", "rosette")]
    configs = [linking_config(method) for method in known]
    if exact:
        configs.append(linking_config("candidates", solver="exact"))
    for config in configs:
        began, name = time.perf_counter(), str(config.method)
        if isinstance(config, CandidatesConfig):
            name += f", {config.solver}"
            found = link_candidates(nested, config)
        elif config.method in GUIDED:
            said = movies.Hints(config)
            hints = [hint for one in embeddings if (hint := said.of(one, grouping)) is not None]
            labels = [one.labels for one in objects]
            found = link_frames(labels, objects[0], config, hints)
        else:
            found = movies.link(objects, config)
        results.append((name, found, time.perf_counter() - began))
    for name, peer in PEERS.items():
        began = time.perf_counter()
        found = peer(np.stack([one.labels for one in objects]))
        results.append((name, found, time.perf_counter() - began))
    return results


def scored(truth: Path, tracks: Tracks, without: list[int] | None = None) -> dict[str, float]:
    """Return the measures; SEG over true masks of frames that are not among some."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        true = read_ctc(truth)
        write_ctc(folder / "01_GT" / "TRA", true, TRUTH)
        masks = folder / "01_GT" / "SEG"
        if without is not None:
            write_masks(masks, true.labels)
            for number, file in numbered_files(masks).items():
                if number in without:
                    file.unlink()
        write_ctc(folder / "01_RES", tracks)
        return score_tracking(folder / "01_GT", folder / "01_RES")


if __name__ == "__main__":
    sys.exit(main())
