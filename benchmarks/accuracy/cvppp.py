"""Score a model on a CVPPP leaf folder (LSC/LCC layout), as the leaf section of the benchmark does.

    python benchmarks/accuracy/cvppp.py DIR [--model rosette] [--diameter PX | --measured]

``DIR`` holds ``A1/plant001_rgb.png``, ``A1/plant001_label.png`` and so on. The data set may not be
redistributed, so no figure here is of it: this is how you get yours.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import report
import torch
from sections import count_bin

from napari_discembed import load_model, metrics, segment
from napari_discembed.datasets.readers import cvppp
from napari_discembed.imaging import estimate_diameter
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels


def main() -> int:
    """Segment, score, and print the table by leaf count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="rosette")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diameter", type=float, help="of a typical leaf, in pixels")
    how.add_argument("--measured", action="store_true", help="take each image's from its truth")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model(options.model)
    scores: dict[str, list[metrics.Scores]] = defaultdict(list)
    for pair in cvppp(options.folder):
        truth = read_labels(pair.labels)
        measured = options.measured and truth.any()
        diameter = estimate_diameter(truth) if measured else options.diameter
        found = segment(read_image(pair.image), model, diameter=diameter, progress=False).labels
        of_image = metrics.score(truth, found)
        scores[count_bin(of_image.n_true)].append(of_image)
    row = {"method": model.name, "scores": report.by_kind(scores)}
    print(report.leaves([row], options.folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
