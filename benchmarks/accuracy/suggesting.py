"""Whether the images that are suggested for labelling next are those that were segmented worst.

    python benchmarks/accuracy/suggesting.py FOLDER --model rosette [--every 1]

``FOLDER`` holds image and label files as ``discembed evaluate`` takes them. Each image is judged
without its labels, as the docks do, and segmented; printed is the rank correlation of the doubt
with the error (1 - F1 at IoU 0.5), and the mean F1 of the least sure third beside the others.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from stages import pairs_of

from napari_discembed import load_model, metrics, segment
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.progress import run
from napari_discembed.session.suggesting import judge


def main() -> int:
    """Judge, score, and print how well the two agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="rosette")
    parser.add_argument("--every", type=int, default=1, help="take every so many of the pictures")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")  # of sizes that could not be told, which the doubt counts
    model, doubts, f1 = load_model(options.model), [], []
    for pair in pairs_of(options.folder, options.every):
        image = read_image(pair.image)
        doubts.append(run(judge(image, model)).share)
        found = segment(image, model, progress=False).labels
        f1.append(metrics.score(read_labels(pair.labels), found).f1)
    order = np.argsort(doubts)[::-1]
    scores, third = np.asarray(f1)[order], len(f1) // 3
    rho = spearmanr(doubts, 1 - np.asarray(f1)).statistic
    print(
        f"{model.name}, {len(f1)} images: rank correlation of doubt and error {rho:.2f}; F1 of the "
        f"least sure third {scores[:third].mean():.3f}, of the others {scores[third:].mean():.3f}, "
        f"of the worst third {np.sort(f1)[:third].mean():.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
