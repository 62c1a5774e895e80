"""Ten painted nuclei of one dsb2018/val image, through the command line.

    python benchmarks/painted_nuclei.py --data DIR [--image NAME] [--seconds 60]

Paints ten nuclei (keeps ten of the truth) and a scribble of background, calls ``discembed
finetune``, ``segment`` and ``evaluate``, and prints AP50 before and after. Nothing is tuned on it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage

from napari_discembed.datasets.readers import dsb2018
from napari_discembed.io.labels import read_labels, write_labels

BACKGROUND = 65_535


def discembed(*words: object) -> str:
    """Run the command line and return what it prints."""
    command = [sys.executable, "-m", "napari_discembed", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def painted(truth: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Keep some nuclei, and scribble lines where background is at least 3 pixels wide."""
    rng = np.random.default_rng(seed)
    numbers = np.unique(truth[truth > 0])
    kept = rng.choice(numbers, min(count, len(numbers)), replace=False)
    labels = np.where(np.isin(truth, kept), truth, 0).astype(np.uint16)
    far = ndimage.distance_transform_edt(truth == 0) > 2
    rows = np.zeros(truth.shape, dtype=bool)
    rows[rng.choice(truth.shape[0], 4, replace=False)] = True
    labels[far & ndimage.binary_dilation(rows, iterations=1)] = BACKGROUND
    return labels


def evaluate(model: str, image: Path, truth: Path, work: Path, *more: object) -> dict[str, float]:
    """Segment one image with a model and score it."""
    out = work / f"out_{Path(model).stem}"
    discembed("segment", image, "--model", model, "--output", out, *more)
    (work / "truth").mkdir(exist_ok=True)
    write_labels(work / "truth" / f"{image.stem}.tif", read_labels(truth))
    found = discembed("evaluate", "--predictions", out, "--labels", work / "truth", "--json")
    return json.loads(found)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds dsb2018")
    parser.add_argument("--image", nargs="*", help="names; default: one of each kind")
    parser.add_argument("--model", default="generalist")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pairs = {p.name: p for p in dsb2018(options.data / "dsb2018", "val")}
    names = options.image
    if not names:
        kinds = ("fluo_520x696", "histo_purple_on_purple")
        names = [dsb2018(options.data / "dsb2018", "val", {k})[0].name for k in kinds]
    print(
        "| image | true | painted | model | predicted | AP50 | mean AP |\n|---|---|---|---|---|---|---|"
    )
    for name in names:
        pair = pairs[name]
        truth = read_labels(pair.labels)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            labels = work / "painted.tif"
            write_labels(labels, painted(truth, options.count, options.seed))
            tuned = work / "tuned.safetensors"
            discembed(
                "finetune", "--images", pair.image, "--labels", labels, "--background-label",
                BACKGROUND, "--model", options.model, "--seconds", options.seconds,
                "--output", tuned, "--seed", options.seed,
            )  # fmt: skip
            for label, model in ((options.model, options.model), ("fine-tuned", str(tuned))):
                s = evaluate(model, pair.image, pair.labels, work)
                print(
                    f"| {name} | {int(s['true'])} | {options.count} | {label} | {int(s['predicted'])} "
                    f"| {s['ap50']:.3f} | {s['mean_ap']:.3f} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
