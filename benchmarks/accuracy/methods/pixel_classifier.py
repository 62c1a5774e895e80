"""A pixel classifier as ilastik does it: multiscale features, a random forest, a watershed.

Classes are the inside of an object, its border and background. The border is a band of a pixel
or two on each side of the outline, so that touching objects come apart. ilastik takes intensities
as they are, and so are those of volumes, which are parts of one; images of many exposures are
brought to one range.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.feature import multiscale_basic_features
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import find_boundaries, watershed
from sklearn.ensemble import RandomForestClassifier
from task import UNLABELLED, Report, Task

BACKGROUND, INSIDE, BORDER = 0, 1, 2
MOST_PIXELS = 200_000


def features(image: np.ndarray, ndim: int, diameter: float, *, colour: bool) -> np.ndarray:
    """Return ``(*S, F)``: intensity, edges and texture at scales up to half an object.

    With `colour`, a grey image is taken for one of three equal colours.
    """
    if colour and image.ndim == ndim:
        image = np.stack([image] * 3, axis=-1)
    scaled = image.astype(np.float32)
    if ndim == 2:
        low, high = np.percentile(image, (1, 99.8))
        scaled = (scaled - low) / max(high - low, 1e-6)
    return multiscale_basic_features(
        scaled,
        sigma_min=0.5,
        sigma_max=max(2.0, diameter / 2),
        channel_axis=-1 if colour else None,
    )


def classes(states: np.ndarray) -> np.ndarray:
    """Return each pixel's class, -1 where none is known."""
    kinds = np.where(states > 0, INSIDE, states)
    edge = find_boundaries(np.maximum(states, 0), mode="inner")
    # The outline's outer side is background or the next object, if it is known at all.
    outer = find_boundaries(np.maximum(states, 0), mode="outer") & (states == 0)
    kinds[edge | outer] = BORDER
    return kinds


def training_pixels(
    task: Task, pairs: list[tuple[np.ndarray, np.ndarray]], *, colour: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return features and classes of the labelled pixels, as many of each image and class."""
    rng = np.random.default_rng(task.seed)
    most = max(50, MOST_PIXELS // (3 * len(pairs)))
    rows, kinds = [], []
    for image, states in pairs:
        known = states
        if not (states == 0).any():  # no background was painted: a band around the objects is
            near = ndimage.distance_transform_edt(states <= 0) < 3
            known = np.where(near & (states == UNLABELLED), 0, states)
        table = features(image, known.ndim, task.diameter, colour=colour)
        of_image = table.reshape(known.size, -1)
        kind = classes(known).ravel()
        for which in (BACKGROUND, INSIDE, BORDER):
            where = np.flatnonzero(kind == which)
            where = rng.permutation(where)[:most]
            rows.append(of_image[where])
            kinds.append(kind[where])
    return np.concatenate(rows), np.concatenate(kinds)


def segment(probability: np.ndarray, diameter: float) -> np.ndarray:
    """Return the objects: seeds where the inside is sure, grown over what is no background."""
    ndim = probability.ndim - 1
    inside = ndimage.gaussian_filter(probability[..., INSIDE], 1)
    mask = probability[..., BACKGROUND] < 0.5
    size = (diameter / 2) ** ndim
    seeds = remove_small_objects(label(inside > 0.6), max_size=max(2, round(size / 8)))
    found = watershed(-inside, seeds, mask=mask)
    return remove_small_objects(found, max_size=max(4, round(size / 6)))


def main() -> None:
    """Train and segment."""
    task = Task.read(Path(sys.argv[1]))
    report = Report(
        task, f"scikit-image {version('scikit-image')} with scikit-learn's random forest"
    )
    ndim = task.options.get("ndim", 2)
    pairs = task.training_pairs()
    # Where some images are coloured, grey ones are shown in colours too: one table of features.
    colour = any(image.ndim > ndim for image, _ in pairs)
    rows, kinds = training_pixels(task, pairs, colour=colour)
    forest = RandomForestClassifier(
        n_estimators=100, min_samples_leaf=2, n_jobs=task.threads, random_state=task.seed
    )
    forest.fit(rows, kinds)
    report.trained(pixels=len(rows))
    for image in task.test_images():
        table = features(image, ndim, task.diameter, colour=colour)
        flat = forest.predict_proba(table.reshape(-1, table.shape[-1]))
        probability = np.zeros((len(flat), 3), dtype=np.float32)
        probability[:, forest.classes_] = flat
        shape = (*table.shape[:ndim], 3)
        report.add(segment(probability.reshape(shape), task.diameter))
    report.close()


if __name__ == "__main__":
    main()
