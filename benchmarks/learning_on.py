"""Corrections that each next picture needs, with and without learning from those before.

    python benchmarks/learning_on.py --data DIR [--model generalist] [--steps 120] [--touched]
    python benchmarks/learning_on.py --data DIR --kind histo_purple_on_purple \
        --model benchmarks/accuracy/bases/without_histo.safetensors

A person goes through photographs of plants (``DIR`` holds ``rosettes_mit``, its labels are those of
``recipes/data``; with ``--cvppp`` it is a CVPPP folder, of which each fourth plant is taken),
through nuclei of a kind (``DIR`` holds ``dsb2018``, of which ``train`` is taken) or, without
``--data``, through drawn cells: finds the objects, corrects all that
is not right, learns, goes on. Corrections are counted as the Correct dock counts them, an outline
being right from an overlap of ``--outline``. With ``--touched`` the whole image is not said to be
checked: only what was corrected is learnt. One core; nothing is tuned on it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from napari_discembed import pipeline
from napari_discembed.config import FINE_TUNING
from napari_discembed.datasets.readers import cvppp, dsb2018
from napari_discembed.datasets.synthetic import draw_cells
from napari_discembed.finetuning import finetune
from napari_discembed.interaction.corrections import compare, known_pixels
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.models import Model, load_model
from napari_discembed.progress import run
from napari_discembed.session.examples import Example, Examples
from napari_discembed.session.suggesting import judge
from napari_discembed.types import Image

LABELS = Path(__file__).parents[1] / "recipes" / "data" / "rosettes_mit"


class Picture(NamedTuple):
    """A picture with its true objects."""

    image: Image
    truth: np.ndarray


def plants(data: Path, count: int) -> list[Picture]:
    """Return photographs of different plants."""
    found = []
    for path in sorted(LABELS.glob("ara_*.png"))[:count]:
        image = read_image(data / "rosettes_mit" / "photographs" / path.name)
        found.append(Picture(image, read_labels(path)))
    return found


def other_plants(data: Path, count: int) -> list[Picture]:
    """Return photographs of a CVPPP folder."""
    pairs = cvppp(data)[::4][:count]
    return [Picture(read_image(pair.image), read_labels(pair.labels)) for pair in pairs]


def nuclei(data: Path, kind: str, count: int, seed: int) -> list[Picture]:
    """Return pictures of nuclei of a kind, in an order of chance."""
    pairs = dsb2018(data / "dsb2018", "train", {kind})
    chosen = np.random.default_rng(seed).permutation(len(pairs))[:count]
    return [
        Picture(read_image(pairs[i].image, name=f"{kind} {i}"), read_labels(pairs[i].labels))
        for i in chosen
    ]


def cells(count: int, seed: int) -> list[Picture]:
    """Return drawn cells."""
    drawn = [draw_cells(np.random.default_rng(seed + i)) for i in range(count)]
    return [Picture(Image(d.image, name=f"cells {i}"), d.labels) for i, d in enumerate(drawn)]


def found_in(picture: Picture, model: Model) -> np.ndarray:
    """Return what a model finds."""
    return run(pipeline.segment(picture.image, model)).labels


def learnt(model: Model, examples: Examples, steps: int) -> Model:
    """Fine-tune on all examples so far, as the plugin does."""
    pairs = examples.training_pairs()
    judged = ([image for image, _ in pairs.judged], [objects for _, objects in pairs.judged])
    config = FINE_TUNING.model_copy(update={"seconds": None, "steps": steps})
    return run(
        finetune(
            pairs.images,
            pairs.labels,
            model=model,
            config=config,
            complete=pairs.complete,
            background_label=pairs.background or None,
            validation=judged if pairs.judged else None,
        )
    )


def go_through(
    pictures: Sequence[Picture], start: Model, steps: int, outline: float, touched: bool
) -> None:
    """Print a row a picture."""
    print("| picture | objects | without learning | with | what | learnt in | result |")
    print("|---|---|---|---|---|---|---|")
    model, examples = start, Examples()
    sums = np.zeros(3, int)
    for i, picture in enumerate(pictures):
        without = compare(found_in(picture, start), picture.truth, outline).corrections
        found = found_in(picture, model)
        needed = compare(found, picture.truth, outline).corrections
        sums += (needed.objects, without.total, needed.total)
        known = known_pixels(found, picture.truth, checked=not touched)
        examples.correct(Example(str(i), picture.image, known, picture.truth))
        began, told = time.monotonic(), ""
        if i + 1 < len(pictures):
            model = learnt(model, examples, steps)
            told = "start kept" if "kept" in model.card.description else "learnt"
        seconds = time.monotonic() - began
        kinds = str(needed).partition("(")[2].rstrip(")")
        print(
            f"| {picture.image.name} | {needed.objects} | {without.total} | {needed.total} "
            f"| {kinds} | {seconds:.0f} s | {told} |",
            flush=True,
        )
    print(f"| all | {sums[0]} | {sums[1]} | {sums[2]} | | | |")


def certainty_table(pictures: Sequence[Picture], start: Model, outline: float) -> None:
    """Print how far the share of unsure objects tells how many corrections an image needs."""
    told, needed = [], []
    for picture in pictures:
        doubt = run(judge(picture.image, start))
        found = found_in(picture, start)
        corrections = compare(found, picture.truth, outline).corrections
        told.append(doubt.share)
        needed.append(corrections.total / max(1, corrections.objects))
        print(f"{picture.image.name}: {doubt.reason}; {corrections}", flush=True)
    ranks = [np.argsort(np.argsort(values)) for values in (told, needed)]
    print(f"rank correlation: {np.corrcoef(ranks[0], ranks[1])[0, 1]:.2f}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds rosettes_mit")
    parser.add_argument("--cvppp", action="store_true", help="DATA is a CVPPP folder")
    parser.add_argument("--kind", help="type of dsb2018 pictures")
    parser.add_argument("--model", default="generalist")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--outline", type=float, default=0.7)
    parser.add_argument("--touched", action="store_true", help="learn from corrected objects alone")
    parser.add_argument("--suggest", action="store_true", help="judge the suggestions instead")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = load_model(options.model)
    if options.data is None:
        pictures = cells(options.count, options.seed)
    elif options.kind:
        pictures = nuclei(options.data, options.kind, options.count, options.seed)
    else:
        pictures = (other_plants if options.cvppp else plants)(options.data, options.count)
    if options.suggest:
        certainty_table(pictures, start, options.outline)
    else:
        go_through(pictures, start, options.steps, options.outline, options.touched)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
