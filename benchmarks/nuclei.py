"""Score weights on ``dsb2018/val``, by image type.

    python benchmarks/nuclei.py --data DIR --model generalist --model nuclei

Every figure is of images that were never trained or tuned on. ``own``: no diameter is given, as a
newcomer does; ``measured``: each image's median diameter is, which a user reads off or paints.
``--worst N --pictures DIR`` writes the N worst images of each type with truth and prediction.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from skimage.segmentation import find_boundaries

from napari_discembed import metrics, pipeline
from napari_discembed.datasets.readers import dsb2018
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.metrics.scores import Scores
from napari_discembed.models import Model, load_model
from napari_discembed.preprocess import estimate_diameter
from napari_discembed.progress import run

TYPES = ("fluo", "histo", "brightfield", "all")
HEADER = "| model | diameter | type | images | AP50 | AP70 | AP90 | AP50:95 | F1 | PQ | mean absolute DiC |"


def pictures_of(data: Path) -> list[tuple[str, object, np.ndarray]]:
    """Return type, image and truth of each image of the validation set."""
    with (data / "dsb2018" / "index.csv").open(newline="") as lines:
        kind = {row["name"]: row["type"].partition("_")[0] for row in csv.DictReader(lines)}
    return [
        (kind[pair.name], read_image(pair.image), read_labels(pair.labels))
        for pair in dsb2018(data / "dsb2018", "val")
    ]


def score(model: Model, image, truth: np.ndarray, *, measured: bool) -> tuple[Scores, np.ndarray]:
    """Segment an image and score it."""
    diameter = estimate_diameter(truth) if measured and truth.any() else None
    labels = run(pipeline.segment(image, model, diameter=diameter)).labels
    return metrics.score(truth, labels), labels


def row(name: str, how: str, kind: str, scores: list[Scores]) -> str:
    """Return a row of the table."""
    pooled = metrics.aggregate(scores)
    at = [pooled.average_precision(t) for t in (0.5, 0.7, 0.9)]
    values = (*at, pooled.mean_ap, pooled.f1, pooled.panoptic_quality)
    figures = " | ".join(f"{v:.3f}" for v in values)
    return f"| {name} | {how} | {kind} | {len(scores)} | {figures} | {pooled.abs_dic:.2f} |"


def picture(image, truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the image with the truth's outlines in green and the prediction's in red."""
    pixels = image.channels_first()[:3].astype(float)
    low, high = np.percentile(pixels, (1, 99))
    grey = np.clip((pixels.mean(axis=0) - low) / max(high - low, 1e-9), 0, 1)
    colours = np.stack([grey] * 3, -1)
    colours[find_boundaries(truth, mode="inner")] = (0, 1, 0)
    colours[find_boundaries(labels, mode="inner")] = (1, 0, 0)
    return (255 * np.hstack([np.stack([grey] * 3, -1), colours])).astype(np.uint8)


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = pictures_of(options.data)
    print(HEADER + "\n" + "|---" * 11 + "|", flush=True)
    for name in options.model:
        model = load_model(name)
        for how in ("own", "measured"):
            found: dict[str, list[Scores]] = {kind: [] for kind in TYPES}
            worst: dict[str, list[tuple[float, int, np.ndarray]]] = {kind: [] for kind in TYPES}
            for i, (kind, image, truth) in enumerate(images):
                result, labels = score(model, image, truth, measured=how == "measured")
                found[kind].append(result)
                found["all"].append(result)
                worst[kind].append((result.ap50, i, labels))
            for kind in TYPES:
                print(row(model.name, how, kind, found[kind]), flush=True)
            for kind in TYPES[:3] if options.pictures else ():
                options.pictures.mkdir(parents=True, exist_ok=True)
                for rank, (ap, i, labels) in enumerate(sorted(worst[kind])[: options.worst]):
                    target = options.pictures / f"{how}_{kind}_{rank:02d}_ap{ap:.2f}.png"
                    iio.imwrite(target, picture(images[i][1], images[i][2], labels))
    return 0


if __name__ == "__main__":
    sys.exit(main())
