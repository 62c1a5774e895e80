"""The untuned floor: Otsu's threshold and a watershed of the distance transform."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed
from task import Report, Task, grey


def segment(image: np.ndarray, min_distance: int = 5) -> np.ndarray:
    """Return the objects: the rarer side of the threshold, cut where it is narrow."""
    smooth = gaussian(image, 1)
    mask = smooth > threshold_otsu(smooth)
    if mask.mean() > 0.5:
        mask = ~mask
    mask = remove_small_objects(ndimage.binary_fill_holes(mask), max_size=19)
    distance = gaussian(ndimage.distance_transform_edt(mask), 1)
    peaks = peak_local_max(distance, min_distance=min_distance, labels=label(mask))
    markers = np.zeros(image.shape, dtype=int)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return watershed(-distance, markers, mask=mask)


def main() -> None:
    """Segment."""
    task = Task.read(Path(sys.argv[1]))
    report = Report(task, f"scikit-image {version('scikit-image')}")
    report.trained()
    ndim = task.options.get("ndim", 2)
    for image in task.test_images():
        report.add(segment(grey(image, ndim)))
    report.close()


if __name__ == "__main__":
    main()
