"""Whether a learned choice among nested candidates beats one bandwidth, and what its scores say.

    python benchmarks/accuracy/choosing.py val --data DIR --model nuclei
    python benchmarks/accuracy/choosing.py FOLDER --model rosette [--every 3]

On ``dsb2018/val``, or on a folder of image and label files as ``discembed evaluate`` takes them.
Every row is of the same embeddings, without a diameter. *One bandwidth* is the card's, *best
bandwidth* the one of a list that is best on these very images, *learned* the judge's choice;
*oracle* is the same choice with the true overlaps in place of the judge's, so that what is left
between both is the judge's to learn, and what is left above it is the candidates'.

Then what the predicted quality is worth: its rank correlation with the true overlap, its expected
calibration error (ten bins), and how many of the wrong objects (overlap below one half) are among
the least sure tenth; ``--plot FILE`` draws the first against the second.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import report
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sections import nuclei
from stages import pairs_of

from napari_discembed import clustering, load_model, metrics
from napari_discembed.clustering import QUALITY
from napari_discembed.config import ClusteringConfig, DensityConfig, LearnedConfig
from napari_discembed.imaging import resample_labels
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.mining import THRESHOLDS, judged
from napari_discembed.mining.scoring import with_overlaps
from napari_discembed.mining.targets import overlaps_with_truth
from napari_discembed.pipeline import embed
from napari_discembed.progress import run
from napari_discembed.types import Embedding, Image, IntArray

BANDWIDTHS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.8)
KINDS = {"fluo": "fluorescence", "histo": "stained", "brightfield": "brightfield"}
BINS = 10
WRONG = 0.5
REVIEWED = 0.1
Found = tuple[metrics.Scores, metrics.Mistakes]


@dataclass
class Sums:
    """Of the images of a kind: what each way found, and predicted and true overlaps."""

    found: dict[str, list[Found]]
    predicted: list[NDArray[np.float64]]
    true: list[NDArray[np.float64]]


def add_images_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what :func:`images` reads, and the model and threads."""
    parser.add_argument("what", help="'val', or a folder")
    parser.add_argument("--data", type=Path, help="folder that holds dsb2018")
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--every", type=int, default=1, help="take every so many of the pictures")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())


def images(options: argparse.Namespace) -> Iterator[tuple[str, Image, IntArray]]:
    """Yield kind, image and truth."""
    if options.what == "val":
        for kind, pixels, truth in nuclei(options.data, "val"):
            yield KINDS[kind.split("_")[0]], Image(pixels), truth
        return
    for pair in pairs_of(Path(options.what), options.every):
        yield "", read_image(pair.image), read_labels(pair.labels)


def with_true_overlaps(embedding: Embedding, truth: IntArray) -> Embedding:
    """Return an embedding whose candidates are judged by the truth."""
    candidates = embedding.candidates
    if candidates is None:
        raise SystemExit("The model has no judge.")
    labels = resample_labels(truth, embedding.shape).astype(np.int64)
    probability = np.asarray(embedding.foreground_probability)
    best, _ = overlaps_with_truth(candidates, probability, labels, THRESHOLDS)
    return replace(embedding, candidates=with_overlaps(candidates, best + 1e-9))


def score(
    embedding: Embedding,
    truth: IntArray,
    card: ClusteringConfig,
    learned: LearnedConfig,
    sums: Sums,
) -> None:
    """Group an embedding in every way and add what comes of it."""
    ways = {"one bandwidth": (embedding, card), "learned": (embedding, learned)}
    if isinstance(card, DensityConfig):
        for bandwidth in BANDWIDTHS:
            ways[f"bandwidth {bandwidth}"] = embedding, card.changed(bandwidth=bandwidth)
    ways["oracle"] = with_true_overlaps(embedding, truth), learned
    for name, (one, config) in ways.items():
        labels = clustering.group(one, config).labels
        sums.found.setdefault(name, []).append(
            (metrics.score(truth, labels), metrics.mistakes(truth, labels))
        )
    prepared = clustering.prepare(embedding, "learned")
    labels = prepared.labels(learned)
    chosen = np.unique(labels[labels > 0]) - 1
    true = metrics.best_overlaps(labels, resample_labels(truth, embedding.shape))
    sums.predicted.append(prepared.candidates(learned).scores[QUALITY][chosen])
    sums.true.append(np.asarray(true))


def rows(kind: str, sums: Sums) -> Iterator[list[str]]:
    """Yield a row a way."""
    pooled = {name: metrics.aggregate([s for s, _ in found]) for name, found in sums.found.items()}
    lists = [name for name in pooled if name.startswith("bandwidth")]
    best = max(lists, key=lambda name: pooled[name].ap50 + pooled[name].mean_ap, default=None)
    for name, scores in pooled.items():
        if name in lists and name != best:
            continue
        wrong = sum((m for _, m in sums.found[name]), metrics.Mistakes())
        counts = [str(getattr(wrong, f.name)) for f in fields(wrong)]
        shown = f"best: {name}" if name == best else name
        figures = [scores.ap50, scores.mean_ap, scores.average_precision(0.8), scores.sbd]
        yield [
            kind or "all",
            shown,
            *(f"{x:.3f}" for x in figures),
            f"{scores.abs_dic:.2f}",
            *counts,
        ]


def reliability(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(B, 3)``: of each bin of what is predicted its share, and both means."""
    bins = np.minimum((predicted * BINS).astype(int), BINS - 1)
    within = [bins == b for b in np.unique(bins)]
    return np.array([(at.mean(), predicted[at].mean(), true[at].mean()) for at in within])


def plot(path: Path, kinds: dict[str, Sums]) -> None:
    """Draw the mean true overlap against the predicted one, a line a kind, points by their share."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4, 4.2), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for kind, sums in kinds.items():
        predicted, true = np.concatenate(sums.predicted), np.concatenate(sums.true)
        share, said, was = reliability(predicted, true).T
        (line,) = axes.plot(said, was, label=f"{kind or 'all'} ({len(true)} objects)")
        axes.scatter(said, was, 4 + 300 * share, color=line.get_color(), alpha=0.6)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted overlap", ylabel="true overlap (mean)")
    axes.legend(loc="upper left", frameon=False, fontsize="small")
    figure.savefig(path)


def calibration(sums: Sums) -> str:
    """Return what the predicted quality is worth, in a sentence."""
    predicted, true = np.concatenate(sums.predicted), np.concatenate(sums.true)
    share, said, was = reliability(predicted, true).T
    wrong = true < WRONG
    least = np.argsort(predicted)[: max(1, round(REVIEWED * len(predicted)))]
    found = wrong[least].sum() / max(1, wrong.sum())
    return (
        f"{len(true)} objects, {wrong.sum()} wrong: rank correlation of predicted and true overlap "
        f"{spearmanr(predicted, true).statistic:.2f}, expected calibration error {share @ abs(said - was):.3f}; "
        f"the least sure tenth holds {found:.0%} of the wrong ones"
    )


def main() -> int:
    """Embed, judge, group and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_images_arguments(parser)
    parser.add_argument("--quality", type=float, help="that an object must have; else the card's")
    parser.add_argument("--plot", type=Path, help="where to draw how well quality is calibrated")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")  # of sizes that could not be told
    model = load_model(options.model)
    if model.judge is None:
        raise SystemExit(f"The model {model.name!r} has no judge.")
    bare = replace(model, judge=None)
    learned = model.card.learned or LearnedConfig()
    if options.quality is not None:
        learned = learned.changed(quality_threshold=options.quality)
    kinds: dict[str, Sums] = {}
    spent = {"embed": 0.0, "judge": 0.0}
    for kind, image, truth in images(options):
        start = time.perf_counter()
        embedding = run(embed(image, bare))
        middle = time.perf_counter()
        embedding = run(judged(embedding, model.judge))
        spent["embed"] += middle - start
        spent["judge"] += time.perf_counter() - middle
        for name in {kind, ""}:
            sums = kinds.setdefault(name, Sums({}, [], []))
            score(embedding, truth, model.card.clustering, learned, sums)
    mistakes = [f.name for f in fields(metrics.Mistakes)]
    head = ["kind", "objects by", "AP50", "AP50:95", "AP80", "SBD", "abs DiC", *mistakes]
    print(report.table(head, [row for kind, sums in kinds.items() for row in rows(kind, sums)]))
    print(f"\n{calibration(kinds[''])}.")
    if options.plot is not None:
        plot(options.plot, {kind: sums for kind, sums in kinds.items() if kind or len(kinds) == 1})
    print(f"Embedding {spent['embed']:.1f} s, candidates and scores {spent['judge']:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
