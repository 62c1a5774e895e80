"""PEP's purify by pairs: how well neighbours are told to be one object, and objects to be none.

    python benchmarks/accuracy/purifying.py FOLDER --model rosette [--every 3]

Each two touching objects of one bandwidth get figures of their embeddings, sizes, border and shape
together, and a boosted classifier tells whether both lie in one true object; another tells of each
object whether it meets a true one. Both are taught on other pictures of the same folder (five
folds), more than a model that is shipped can have of a stranger's pictures: what they gain is the
most that such figures could. Beside it what the truth itself gains in their place (``room.py``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import report
from choosing import images
from numpy.typing import NDArray
from room import HALF, put_together, set_up, shared, without_false
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from napari_discembed import clustering, embed, metrics
from napari_discembed.imaging import resample_labels
from napari_discembed.metrics import measure
from napari_discembed.types import Embedding, IntArray

Figures = NDArray[np.float64]


@dataclass
class Seen:
    """A picture: its truth and objects on the embedding's grid, and what is known of them.

    Attributes
    ----------
    pairs
        ``(P, 2)``: objects that touch.
    of_pairs, of_objects
        ``(P, F)`` and ``(N, G)``: figures.
    same, right
        ``(P,)`` and ``(N,)``: what the truth says.
    """

    truth: IntArray
    labels: IntArray
    pairs: NDArray[np.int64]
    of_pairs: Figures
    of_objects: Figures
    same: NDArray[np.bool_]
    right: NDArray[np.bool_]


def seen(embedding: Embedding, truth: IntArray, labels: IntArray) -> Seen:
    """Look at the objects of a picture, numbered from 1 to N."""
    n, space = int(labels.max()), embedding.space
    index = np.arange(1, n + 1)
    foreground = np.asarray(embedding.foreground_probability, dtype=np.float64)
    heads = {k: np.asarray(v)[0] for k, v in embedding.maps.items() if k == "seediness"}
    seeds = heads.get("seediness", foreground)
    points = np.asarray(embedding.values, dtype=np.float64)
    mean = np.array([ndimage.mean(one, labels, index) for one in points]).reshape(len(points), n)
    table = measure(labels)
    sizes, solid = table["pixels"].astype(float), table["solidity"]
    inside = np.atleast_1d(ndimage.mean(foreground, labels, index))
    top = np.atleast_1d(ndimage.maximum(seeds, labels, index))
    spread = np.sqrt(sum(np.atleast_1d(ndimage.variance(one, labels, index)) for one in points))
    scale = np.median(sizes) if n else 1.0
    own = [np.log(sizes / scale), solid, inside, top, spread / space.bandwidth]
    pairs, contact, step, low, seed = _contacts(labels, points, foreground, seeds)
    a, b = pairs.T
    apart = np.linalg.norm(mean[:, a] - mean[:, b], axis=0) / space.bandwidth
    together = np.array([_solidity(labels, i + 1, j + 1) for i, j in pairs.tolist()])
    smaller = np.minimum(sizes[a], sizes[b])
    n_contacts = np.bincount(pairs.ravel(), minlength=n)
    of_pairs = [
        apart, step / space.bandwidth, contact / np.sqrt(smaller), low / np.minimum(inside[a], inside[b]),
        seed / np.minimum(top[a], top[b]), np.log(smaller / np.maximum(sizes[a], sizes[b])),
        np.log(smaller / scale), np.log((sizes[a] + sizes[b]) / scale),
        together - (sizes[a] * solid[a] + sizes[b] * solid[b]) / (sizes[a] + sizes[b]), together,
        np.minimum(top[a], top[b]), n_contacts[a] + n_contacts[b],
    ]  # fmt: skip
    _, share, overlap = shared(labels, truth)
    home = share[1:, 1:].argmax(axis=1) if truth.max() else np.zeros(n, int)
    within = share[1:, 1:].max(axis=1, initial=0) > HALF
    return Seen(
        truth,
        labels,
        pairs,
        np.stack(of_pairs, axis=1) if len(pairs) else np.zeros((0, 12)),
        np.stack([*own, n_contacts], axis=1),
        within[a] & within[b] & (home[a] == home[b]),
        overlap[1:].max(axis=1, initial=0) >= HALF,
    )


def _contacts(
    labels: IntArray, points: Figures, foreground: Figures, seeds: Figures
) -> tuple[NDArray[np.int64], Figures, Figures, Figures, Figures]:
    """Return which objects touch, along how many pixels, and the means of what is there."""
    found = []
    for axis in (0, 1):
        one = [np.delete(np.arange(labels.shape[axis]), end) for end in (-1, 0)]
        first, second = (labels.take(at, axis) for at in one)
        there = (first != second) & (first > 0) & (second > 0)
        step = np.linalg.norm(
            points.take(one[0], axis + 1)[:, there] - points.take(one[1], axis + 1)[:, there],
            axis=0,
        )
        both = np.sort(np.stack([first[there], second[there]], axis=1), axis=1) - 1
        values = [
            np.minimum(m.take(one[0], axis)[there], m.take(one[1], axis)[there])
            for m in (foreground, seeds)
        ]
        found.append(np.column_stack([both, step, *values]))
    rows = np.concatenate(found)
    pairs, place = np.unique(rows[:, :2].astype(np.int64), axis=0, return_inverse=True)
    place = place.reshape(-1)
    contact = np.bincount(place, minlength=len(pairs)).astype(float)
    means = [np.bincount(place, rows[:, c], len(pairs)) / np.maximum(contact, 1) for c in (2, 3, 4)]
    return pairs.reshape(-1, 2), contact, *means


def _solidity(labels: IntArray, one: int, other: int) -> float:
    both = np.isin(labels, (one, other))
    rows, columns = (np.flatnonzero(both.any(axis=k)) for k in (1, 0))
    cut = both[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return float(measure(cut.astype(np.uint8))["solidity"][0])


def told(pictures: list[Seen], figures: str, answer: str) -> tuple[list[Figures], float]:
    """Return what a classifier taught on other pictures tells of each, and its area under the ROC."""
    x = np.concatenate([getattr(p, figures) for p in pictures])
    y = np.concatenate([getattr(p, answer) for p in pictures])
    sizes = [len(getattr(p, answer)) for p in pictures]
    groups = np.repeat(np.arange(len(pictures)), sizes)
    model = HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=8, learning_rate=0.06)
    folds = GroupKFold(min(5, len(pictures)))
    p = cross_val_predict(model, x, y, groups=groups, cv=folds, method="predict_proba")[:, 1]
    return np.split(p, np.cumsum(sizes)[:-1]), float(roc_auc_score(y, p))


def merged(picture: Seen, same: NDArray[Any]) -> IntArray:
    """Join the touching objects that are told to be one."""
    a, b = picture.pairs[same > HALF].T
    n = int(picture.labels.max())
    _, number = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), False)
    return np.append(0, number + 1)[picture.labels]


def kept(picture: Seen, right: Figures) -> IntArray:
    """Drop the objects that are told to be none."""
    return np.where(np.append(False, right > HALF)[picture.labels], picture.labels, 0)


def main() -> int:
    """Embed, group, look, teach and print."""
    options, model = set_up(__doc__)
    by_kind: dict[str, list[Seen]] = {}
    for kind, image, labelled in images(options):
        embedding = embed(image, model, progress=False)
        found = clustering.prepare(embedding, model.card.clustering.method).labels(
            model.card.clustering
        )
        truth = np.unique(labelled, return_inverse=True)[1].reshape(labelled.shape)
        small = resample_labels(truth, embedding.shape).astype(np.int64)
        labels = np.unique(found, return_inverse=True)[1].reshape(found.shape)
        if labels.max():
            by_kind.setdefault(kind, []).append(seen(embedding, small, labels))
    rows = []
    for kind, pictures in by_kind.items():
        same, of_pairs = told(pictures, "of_pairs", "same")
        right, of_objects = told(pictures, "of_objects", "right")
        ways = {
            "one bandwidth": [p.labels for p in pictures],
            f"pairs joined (AUC {of_pairs:.2f})": list(map(merged, pictures, same)),
            "pairs joined by the truth": [merged(p, p.same) for p in pictures],
            "all pieces joined by the truth": [put_together(p.labels, p.truth) for p in pictures],
            f"false ones dropped (AUC {of_objects:.2f})": list(map(kept, pictures, right)),
            "false ones dropped by the truth": [without_false(p.labels, p.truth) for p in pictures],
        }
        for name, mended in ways.items():
            scores = [metrics.score(p.truth, m) for p, m in zip(pictures, mended, strict=True)]
            total = metrics.aggregate(scores)
            figures = f"{total.ap50:.3f}", f"{total.mean_ap:.3f}", f"{total.sbd:.3f}"
            rows.append([kind or "all", name, *figures, f"{total.abs_dic:.2f}"])
    print(report.table(["kind", "", "AP50", "AP50:95", "SBD", "mean abs. DiC"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
