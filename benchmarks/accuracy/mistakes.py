"""Say what goes wrong with a model: merged, split and missed objects, and the worst images.

    python benchmarks/accuracy/mistakes.py full --data DIR --model nuclei [--pictures FOLDER]
    python benchmarks/accuracy/mistakes.py leaves --model rosette

On the test images of a section's first case. With ``--pictures`` the worst images of each type are
written, beside them the true objects outlined in green and those found in red. No diameter is
given, as a newcomer does, but for ``--measured``: each image's own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import report
import torch
from sections import SECTIONS, Test
from skimage.segmentation import find_boundaries

from napari_discembed import load_model, metrics, segment
from napari_discembed.imaging import estimate_diameter
from napari_discembed.models import Model
from napari_discembed.types import Image

MISTAKES = [field.name for field in fields(metrics.Mistakes)]


@dataclass(frozen=True)
class Segmented:
    """A test image and what was found in it.

    Attributes
    ----------
    number
        Of the image, among the section's.
    kind, image, truth
        Of the image.
    found
        Its labels.
    scores, mistakes
        How good they are, and what went wrong.
    """

    number: int
    kind: str
    image: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    scores: metrics.Scores
    mistakes: metrics.Mistakes

    @property
    def type(self) -> str:
        """Return what its kind begins with."""
        return self.kind.split("_")[0]


def segmented(test: list[Test], model: Model, *, measured: bool) -> Iterator[Segmented]:
    """Yield the test images with what is found in them."""
    for number, (kind, image, truth) in enumerate(test):
        diameter = estimate_diameter(truth) if measured and truth.any() else None
        found = segment(Image(image), model, diameter=diameter, progress=False).labels
        scores, mistakes = metrics.score(truth, found), metrics.mistakes(truth, found)
        yield Segmented(number, kind, image, truth, found, scores, mistakes)


def summary(images: list[Segmented]) -> list[str]:
    """Return a row of all images of a type."""
    scores = metrics.aggregate([one.scores for one in images])
    total = sum((one.mistakes for one in images), metrics.Mistakes())
    counts = map(str, asdict(total).values())
    return [images[0].type, str(len(images)), f"{scores.ap50:.3f}", *counts]


def picture(image: np.ndarray, truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return the image, and beside it the outlines over it."""
    low, high = np.percentile(image, (1, 99.8))
    seen = np.clip((image - low) / max(high - low, 1e-9), 0, 1)
    if seen.ndim == 2:
        seen = np.stack([seen] * 3, axis=-1)
    outlined = seen.copy()
    outlined[find_boundaries(truth, mode="inner")] = (0, 1, 0)
    outlined[find_boundaries(found, mode="inner")] = (1, 0, 0)
    return (255 * np.hstack([seen, outlined])).round().astype(np.uint8)


def main() -> int:
    """Segment, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", choices=("full", "leaves"))
    parser.add_argument("--data", type=Path, help="folder that holds dsb2018")
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--measured", action="store_true", help="give each image's diameter")
    parser.add_argument("--worst", type=int, default=10, help="images of each type")
    parser.add_argument("--pictures", type=Path, help="folder for them")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    case = next(SECTIONS[options.section](options.data, 1, None, Path()))
    by_type: dict[str, list[Segmented]] = {}
    for one in segmented(
        case.pictures().test, load_model(options.model), measured=options.measured
    ):
        by_type.setdefault(one.type, []).append(one)
    body = [summary(images) for images in by_type.values()]
    print(report.table(["type", "images", "AP50", *MISTAKES], body))

    worst = []
    for of_type, images in by_type.items():
        ranked = sorted(images, key=lambda one: one.scores.ap50)
        for rank, one in enumerate(ranked[: options.worst], start=1):
            counts = map(str, asdict(one.mistakes).values())
            worst.append([one.kind, str(one.number), f"{one.scores.ap50:.3f}", *counts])
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                target = options.pictures / f"{of_type}_{rank:02d}_{one.number}.png"
                iio.imwrite(target, picture(one.image, one.truth, one.found))
    print(report.table(["kind", "image", "AP50", *MISTAKES], worst))
    return 0


if __name__ == "__main__":
    sys.exit(main())
