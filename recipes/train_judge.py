"""Teach the judge of masks that the shipped weights hold, and put it into them.

    python recipes/train_judge.py --data DIR --weights FOLDER --output FOLDER

``DIR`` holds ``dsb2018/train`` (CC0) and ``rosettes_mit``; ``--weights`` is the folder of the
networks that candidates come from (`train_weights.py nuclei_half0`, `without_fluo`,
`without_histo`); ``generalist`` and ``rosette`` are those that are shipped. On the images that it
has learnt an embedding is too good, so each network is shown only what it has not: `nuclei_half0`
the other half, `without_fluo` and `without_histo` the kind that they lack, `generalist` the
photographs of rosettes, `rosette` fresh drawings.

Written to ``--output`` are ``nuclei.safetensors`` and ``rosette.safetensors``: the shipped weights
with the judge beside them.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from napari_discembed.config import LearnedConfig
from napari_discembed.datasets.readers import dsb2018
from napari_discembed.datasets.stains import vary_stains
from napari_discembed.datasets.synthetic import generate
from napari_discembed.imaging import estimate_diameter, resample_labels
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.mining import Judge
from napari_discembed.mining.teaching import Lesson, make_lesson, teach
from napari_discembed.models import Model, load_model, load_model_file, save_model
from napari_discembed.pipeline import embed
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image, IntArray
from train_weights import NUCLEI, half_of, percents, rosettes, types_of

Pictures = Iterable[tuple[Image, IntArray]]
OTHER_STAINS = 3
SPREAD = 0.25
"""By how much the diameter of photographs is told wrongly, as a standard deviation of its log."""


def lessons(model: Model, pictures: Pictures, kind: str, seed: int | None = None) -> list[Lesson]:
    """Return the lessons of pictures that a model has not learnt.

    Without a seed no diameter is told, as a newcomer does; with one, one that is about right.
    """
    rng, found = np.random.default_rng(seed), []
    for image, truth in pictures:
        around = float(np.exp(rng.normal(0, SPREAD)))
        diameter = None if seed is None else around * estimate_diameter(truth)
        embedding = run(embed(image, replace(model, judge=None), diameter=diameter))
        labels = resample_labels(truth, embedding.shape).astype(np.int64)
        lesson = make_lesson(embedding, labels, kind)
        found += [lesson] if len(lesson) else []
    print(
        f"{kind}, {model.name}: {len(found)} images, {sum(map(len, found))} candidates", flush=True
    )
    return found


def nuclei(data: Path, kinds: Iterable[str], half: int | None = None, every: int = 1) -> Pictures:
    """Yield images of kinds of ``dsb2018/train``; of a half of each."""
    for kind in kinds:
        pairs = half_of(dsb2018(data / "dsb2018", "train", types_of(data, kind)), half)
        for pair in pairs[::every]:
            yield read_image(pair.image), read_labels(pair.labels)


def stained_otherwise(pictures: Pictures, seed: int) -> Iterator[tuple[Image, IntArray]]:
    """Yield pictures of stained tissue in other stains."""
    rng = np.random.default_rng(seed)
    for image, truth in pictures:
        for _ in range(OTHER_STAINS):
            pixels = vary_stains(np.asarray(image.data)[..., :3], rng)
            yield Image(pixels, Axes("YXC"), name=image.name), truth


def drawn(kind: str, count: int, seed: int) -> Iterator[tuple[Image, IntArray]]:
    """Yield drawn pictures."""
    for sample in generate(kind, count, seed):
        yield Image(sample.image, Axes("YX" if sample.image.ndim == 2 else "YXC")), sample.labels


def everything(data: Path, weights: Path) -> list[Lesson]:
    """Return the lessons of all networks."""
    half = load_model_file(weights / "nuclei_half0.safetensors")
    no_fluo = load_model_file(weights / "without_fluo.safetensors")
    no_histo = load_model_file(weights / "without_histo.safetensors")
    generalist, rosette = load_model("generalist"), load_model("rosette")
    fluo = [kind for kind in NUCLEI if kind.startswith("fluo")]
    stained = [kind for kind in NUCLEI if not kind.startswith("fluo")]
    histo = [kind for kind in stained if kind.startswith("histo")]
    photographs = list(rosettes(data))
    return [
        *lessons(half, nuclei(data, fluo, 1), "fluorescence"),
        *lessons(no_fluo, nuclei(data, fluo, every=4), "fluorescence"),
        *lessons(half, nuclei(data, stained, 1), "tissue"),
        *lessons(half, stained_otherwise(nuclei(data, histo, 1), 5), "tissue"),
        *lessons(no_histo, nuclei(data, histo), "tissue"),
        *lessons(no_histo, stained_otherwise(nuclei(data, histo), 6), "tissue"),
        *lessons(generalist, photographs, "photographs of leaves"),
        *lessons(generalist, photographs, "photographs of leaves", seed=7),
        *lessons(rosette, drawn("rosettes", 60, 9901), "drawn leaves"),
    ]


def main() -> int:
    """Make the lessons, teach, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds dsb2018")
    parser.add_argument("--weights", type=Path, required=True, help="folder of the networks")
    parser.add_argument("--output", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.output.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")  # of sizes that could not be told
    kept = options.output / "lessons.pt"
    if not kept.exists():
        torch.save(everything(options.data, options.weights), kept)
    taught = torch.load(kept, weights_only=False)
    torch.manual_seed(81)
    judge = run(teach(Judge(), taught, steps=options.steps, seed=81), percents())
    for name in ("nuclei", "rosette"):
        model = load_model(name)
        card = model.card.model_copy(update={"learned": LearnedConfig()})
        save_model(options.output / f"{name}.safetensors", replace(model, card=card, judge=judge))
    return 0


if __name__ == "__main__":
    sys.exit(main())
