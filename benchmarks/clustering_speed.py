"""Time the clusterers, beside scikit-learn's MeanShift and the hdbscan package.

    python benchmarks/clustering_speed.py

Embeddings are drawn: touching discs in an image, each with a point of its own in embedding space
(``global``, E = 8, as far apart as the loss drives them) or its own place in the image
(``semiconv``, E = 2), pixels spread around it, and one in five border pixels drifting towards the
neighbour. The peers get the foreground pixels; where there are more than they can take within the
time limit, they get a sample of `--sample` pixels and the time is of that sample: a lower bound.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import ndimage
from sklearn.cluster import MeanShift
from sklearn.metrics import adjusted_rand_score

from napari_discembed.clustering import prepare
from napari_discembed.config import Method, clustering_config
from napari_discembed.types import Embedding, Margins

CASES = [(512, 20, 8), (512, 20, 2), (2048, 1000, 8), (2048, 1000, 2)]
WANTED = {512: 0.040, 2048: 0.250}
REPEATS = 7


def draw(side: int, objects: int, dim: int, seed: int = 0) -> tuple[Embedding, np.ndarray]:
    """Return an embedding and its true labels."""
    rng = np.random.default_rng(seed)
    pitch = side / np.ceil(np.sqrt(objects))
    grid = np.stack(np.meshgrid(*[np.arange(pitch / 2, side, pitch)] * 2), -1).reshape(-1, 2)
    centres = grid[rng.permutation(len(grid))[:objects]] + rng.uniform(-1, 1, (objects, 2))
    seeds = np.zeros((side, side), dtype=np.int32)
    seeds[tuple(np.clip(centres, 0, side - 1).astype(int).T)] = np.arange(1, objects + 1)
    distance, nearest = ndimage.distance_transform_edt(seeds == 0, return_indices=True)
    labels = np.where(distance < 0.48 * pitch, seeds[tuple(nearest)], 0)
    margins = Margins()
    if dim == 2:
        unit = 7 / (0.96 * pitch)  # units a pixel: seven for a diameter
        means = np.vstack(
            [
                [0, 0],
                np.array(ndimage.center_of_mass(labels > 0, labels, range(1, objects + 1))) * unit,
            ]
        )
    else:
        means = np.vstack([np.zeros(dim), _apart(objects, dim, 2 * margins.push, rng)])
    values = means[labels] + rng.normal(0, margins.pull / 2 / np.sqrt(dim), (side, side, dim))
    # Border pixels are unsure of where they belong.
    ahead = np.roll(labels, 1, axis=1)
    border = (ahead != labels) & (labels > 0) & (ahead > 0) & (rng.random(labels.shape) < 0.2)
    share = rng.uniform(0, 1, (border.sum(), 1))
    values[border] = (1 - share) * values[border] + share * means[ahead[border]]
    spread = np.linalg.norm(values - means[labels], axis=-1)
    seediness = np.exp(-np.log(2) * (spread / margins.pull) ** 2) * (labels > 0)
    foreground = np.clip((labels > 0) * 0.9 + rng.normal(0, 0.02, labels.shape), 0, 1)
    embedding = Embedding.of(
        values.transpose(2, 0, 1).astype(np.float32),
        foreground[None].astype(np.float32),
        seediness.astype(np.float32),
        margins=margins,
        diameter=0.96 * pitch,
        has_coordinates=dim == 2,
    )
    return embedding, labels


def _apart(n: int, dim: int, distance: float, rng: np.random.Generator) -> np.ndarray:
    """Return random points that are at least a distance apart."""
    points = np.zeros((0, dim))
    side = 2 * distance
    while len(points) < n:
        candidate = rng.uniform(-side, side, dim)
        if not len(points) or np.linalg.norm(points - candidate, axis=1).min() >= distance:
            points = np.vstack([points, candidate])
        side *= 1.0005
    return points


def median_seconds(work: Callable[[int], object], repeats: int = REPEATS) -> float:
    """Return the median wall time of some work."""
    times = []
    for i in range(repeats):
        started = time.perf_counter()
        work(i)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def ours(
    embedding: Embedding, truth: np.ndarray, method: Method
) -> tuple[float, float, float, int]:
    """Return seconds to prepare and to change a setting, the Rand index and the count."""
    preparing = median_seconds(lambda _: prepare(embedding, method), 3)
    prepared = prepare(embedding, method)
    config = clustering_config(method)
    labels = prepared.labels(config)
    configs = [config.changed(bandwidth=float(b)) for b in np.linspace(1.0, 2.0, REPEATS)]
    changing = median_seconds(lambda i: prepared.labels(configs[i]))
    inside = truth > 0
    rand = adjusted_rand_score(truth[inside], labels[inside])
    return preparing, changing, rand, prepared.count(config)


def nested(embedding: Embedding) -> tuple[float, float, int]:
    """Return seconds to list the candidates and their contours, and how many there are."""
    prepared = prepare(embedding)
    config = clustering_config()
    found = prepared.candidates(config)
    listing = median_seconds(lambda _: prepared.candidates(config), 3)
    return listing, median_seconds(lambda _: found.contours(), 3), len(found)


def peer(
    name: str, embedding: Embedding, truth: np.ndarray, sample: int
) -> tuple[float, float, int, int]:
    """Return a peer's seconds, Rand index, count, and how many pixels it was given."""
    inside = np.flatnonzero(truth.ravel() > 0)
    rng = np.random.default_rng(0)
    if len(inside) > sample:
        inside = rng.choice(inside, sample, replace=False)
    points = embedding.values.reshape(embedding.dim, -1)[:, inside].T.astype(float)
    if name == "sklearn MeanShift":
        model = MeanShift(bandwidth=embedding.margins.push, bin_seeding=True)
    else:
        import hdbscan

        model = hdbscan.HDBSCAN(min_cluster_size=12)
    started = time.perf_counter()
    found = model.fit_predict(points)
    taken = time.perf_counter() - started
    return (
        taken,
        adjusted_rand_score(truth.ravel()[inside], found),
        len(set(found) - {-1}),
        len(inside),
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=["density", "mean_shift", "greedy"])
    parser.add_argument("--sample", type=int, default=20_000, help="most pixels for a peer")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 2048], help="of the images")
    options = parser.parse_args()
    print(
        "| image | objects | E | method | pixels | prepare | change a setting | wanted | ARI | count |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for side, objects, dim in [case for case in CASES if case[0] in options.sides]:
        embedding, truth = draw(side, objects, dim)
        head = f"| {side} x {side} | {objects} | {dim}"
        pixels = int((truth > 0).sum())
        for method in options.methods:
            first, again, rand, count = ours(embedding, truth, method)
            print(
                f"{head} | {method} | {pixels} | {first * 1e3:.0f} ms | {again * 1e3:.1f} ms "
                f"| < {WANTED[side] * 1e3:.0f} ms | {rand:.4f} | {count} |",
                flush=True,
            )
        listing, drawing, count = nested(embedding)
        print(
            f"{head} | candidates of density | {pixels} | {listing * 1e3:.0f} ms "
            f"| contours {drawing * 1e3:.0f} ms | - | - | {count} |",
            flush=True,
        )
        for name in () if options.no_peers else ("sklearn MeanShift", "hdbscan package"):
            taken, rand, count, given = peer(name, embedding, truth, options.sample)
            print(
                f"{head} | {name} | {given} | - | {taken * 1e3:.0f} ms | - | {rand:.4f} | {count} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
