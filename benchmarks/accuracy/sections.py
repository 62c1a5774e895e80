"""What is measured: training images, test images, and who competes, section by section."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from task import UNLABELLED

from napari_discembed.datasets.readers import dsb2018
from napari_discembed.datasets.synthetic import (
    RosettesConfig,
    SticksConfig,
    generate,
)
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.text import pluralize
from napari_discembed.training.prepare import typical_diameter

Pair = tuple[np.ndarray, np.ndarray]
Test = tuple[str, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Entry:
    """One competitor in a case.

    Attributes
    ----------
    program
        Of ``methods/``.
    seconds
        Of training.
    options
        For that program alone.
    """

    program: str
    seconds: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pictures:
    """What is learnt from, and what is tested on.

    Attributes
    ----------
    train
        Images with label states.
    test
        Kind, image and truth.
    diameter
        Median of the labelled objects, in pixels.
    """

    train: list[Pair]
    test: list[Test]
    diameter: float


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes
    ----------
    name
        ``section/what``.
    seed
        Of what is drawn.
    entries
        The competitors, by the name they have in the report.
    pictures
        Reads or draws them: a case that is not run need not.
    """

    name: str
    seed: int
    entries: dict[str, Entry]
    pictures: Callable[[], Pictures]


def pixels(path: Path) -> np.ndarray:
    """Return ``(Y, X)`` or ``(Y, X, 3)``."""
    image = read_image(path)
    return image.data[..., :3] if "C" in image.axes else image.data


def nuclei(data: Path, split: str, kind: str = "") -> list[Test]:
    """Return type, image and labels of ``dsb2018``; of one type, or of those that begin so."""
    with (data / "dsb2018" / "index.csv").open(newline="") as lines:
        types = {row["name"]: row["type"] for row in csv.DictReader(lines)}
    return [
        (types[pair.name], pixels(pair.image), read_labels(pair.labels).astype(np.int32))
        for pair in dsb2018(data / "dsb2018", split)
        if types[pair.name].startswith(kind)
    ]


def peers(seconds: float, *names: str, **options: object) -> dict[str, Entry]:
    """Return the competitors that train for so long, with options that all of them get."""
    return {name: Entry(PEERS[name], seconds, dict(options)) for name in names or PEERS}


PEERS = {
    "cellpose 3": "cellpose3",
    "StarDist": "stardist2d",
    "EmbedSeg": "embedseg",
    "pixel classifier": "pixel_classifier",
}
FLOOR = {"Otsu + watershed": Entry("otsu")}


def full(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield the full training: all of ``dsb2018/train``, tested on all of ``dsb2018/val``."""
    del seeds, bases
    seconds = seconds or 1200
    entries = {
        "ours, shipped `nuclei`": Entry("ours", 0, {"base": "nuclei"}),
        "ours, shipped `generalist`": Entry("ours", 0, {"base": "generalist"}),
        "ours, from scratch": Entry("ours", seconds),
        **peers(seconds),
        **FLOOR,
    }

    def pictures() -> Pictures:
        train = [(image, labels) for _, image, labels in nuclei(data, "train")]
        return learnt(train, nuclei(data, "val"))

    yield Case("full/dsb2018", 0, entries, pictures)


def learnt(train: list[Pair], test: list[Test]) -> Pictures:
    """Return pictures of which those to learn from tell the diameter."""
    return Pictures(train, test, typical_diameter([states for _, states in train]))


def paint(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the states of an image of which a person painted a few neighbouring objects.

    A group is painted, as people do, and four strokes of background.
    """
    centres = {
        number: np.add([(s.start + s.stop) / 2 for s in box], 0)
        for number, box in enumerate(ndimage.find_objects(labels), start=1)
        if box is not None
    }
    numbers = np.array(list(centres))
    first = centres[int(rng.choice(numbers))]
    away = [float(np.linalg.norm(centres[n] - first)) for n in numbers]
    kept = numbers[np.argsort(away)[:count]]
    states = np.where(np.isin(labels, kept), labels.astype(np.int32), UNLABELLED)
    far = ndimage.distance_transform_edt(labels == 0) > 2
    rows = np.zeros(labels.shape, dtype=bool)
    rows[rng.choice(labels.shape[0], 4, replace=False)] = True
    states[far & ndimage.binary_dilation(rows)] = 0
    return states


NEW_KINDS = {
    "fluo": ("fluo_256x256", "fluo_360x360", "fluo_520x696"),
    "histo": ("histo_purple_on_purple", "histo_purple_on_white"),
}


def few(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield few labels of a kind of image that the base has never seen.

    Labelled images come from ``dsb2018/train``, of the same type as the test images, which are
    all of that type in ``dsb2018/val``.
    """
    for kind, types in NEW_KINDS.items():
        for of_type in types:
            pool = nuclei(data, "train", of_type)
            test = nuclei(data, "val", of_type)
            base = str(bases / f"without_{kind}.safetensors")
            entries = competitors(base, (60.0, 300.0) if seconds is None else (seconds,))
            for seed in range(seeds):
                for name, train in labelled(pool, seed):
                    pictures = partial(learnt, train, test)
                    yield Case(f"few/{of_type}/{name}", seed, entries, pictures)


def competitors(base: str, budgets: tuple[float, ...]) -> dict[str, Entry]:
    """Return who competes with few labels."""
    entries = {
        "base alone": Entry("ours", 0, {"base": base, "ask_diameter": True}),
        "base alone, no diameter": Entry("ours", 0, {"base": base}),
    }
    for budget in budgets:
        after = f" ({budget:.0f} s)"
        entries["ours" + after] = Entry("ours", budget, {"base": base})
        entries["ours, from scratch" + after] = Entry("ours", budget)
        some = peers(budget, "cellpose 3", "EmbedSeg")
        entries |= {peer + after: entry for peer, entry in some.items()}
    return entries | peers(0, "pixel classifier") | FLOOR


def labelled(pool: list[Test], seed: int) -> Iterator[tuple[str, list[Pair]]]:
    """Yield the amounts of labels: painted objects of one image, and whole images."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(pool))
    rich = max(order[:5], key=lambda i: pool[i][2].max())
    for count in (10, 5, 20, 50):
        image, labels = pool[rich][1:]
        if labels.max() >= count:
            yield f"{count} objects", [(image, paint(labels, count, np.random.default_rng(seed)))]
    for count in (1, 3, 5, 10):
        chosen = [pool[i][1:] for i in order[:count]]
        if len(pool) >= count and any(labels.any() for _, labels in chosen):
            yield pluralize(count, "image"), chosen


def shapes(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield objects that no shape prior fits: crossing sticks, cut leaves, long bacteria."""
    del bases
    sticks = SticksConfig(fewest=20, most=20)
    deep = {"features": (16, 32, 64, 128, 192)}
    whole = {  # sticks as long as the image are taught where they end
        "network": {"coordinates": "input", "embedding_dim": 8, **deep},
        "train": {"patch_size": 176, "batch_size": 3, "learning_rate": 3e-3},
    }
    yield drawn("shapes/20 crossing sticks", seconds or 1800, whole, "sticks", sticks)
    plants = RosettesConfig(fewest=8, most=16)
    split = {"network": deep}
    yield drawn("shapes/split leaves", seconds or 900, split, "rosettes", plants, is_split)
    folder = data / "omnipose_bacteria"
    files = sorted((folder / "images").glob("*.tif"))
    budget = seconds or 300
    entries = {
        "ours": Entry("ours", budget, {"base": "generalist"}),
        "ours, from scratch": Entry("ours", budget),
        **peers(budget),
        **FLOOR,
    }
    for i, taught in enumerate(files[:seeds]):
        yield Case(
            f"shapes/bacteria, taught {taught.stem}", i, entries, partial(bacteria, files, i)
        )


def bacteria(files: list[Path], taught: int) -> Pictures:
    """Return one image of bacteria to learn from, and the others."""
    images = []
    for file in files:
        labels = read_labels(file.parents[1] / "labels" / f"{file.stem}.png").astype(np.int32)
        images.append(("bacteria", pixels(file), labels))
    _, image, labels = images.pop(taught)
    return learnt([(image, labels)], images)


def drawn(
    name: str,
    seconds: float,
    options: dict[str, Any],
    kind: str,
    config: SticksConfig | RosettesConfig,
    is_test: Callable[[np.ndarray], bool] = np.any,
) -> Case:
    """Return a training on 200 drawn pictures from scratch.

    Tested on 30 fresh ones, or as many as there are among 300, whose labels pass ``is_test``.
    """
    entries = {"ours, from scratch": Entry("ours", seconds, options), **peers(seconds), **FLOOR}

    def pictures() -> Pictures:
        train = [(s.image, s.labels) for s in generate(kind, 200, 1, config)]
        fresh = (s for s in generate(kind, 300, 2, config) if is_test(s.labels))
        return learnt(train, [("drawn", s.image, s.labels) for s in islice(fresh, 30)])

    return Case(name, 0, entries, pictures)


def is_split(labels: np.ndarray) -> bool:
    """Whether some object lies in two parts, each a tenth of it at least."""
    for number in np.unique(labels[labels > 0]):
        parts, n = ndimage.label(labels == number)
        sizes = np.bincount(parts.ravel())[1:]
        if n > 1 and np.sort(sizes)[-2] > 0.1 * sizes.sum():
            return True
    return False


def leaves(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield drawn rosettes of every leaf count for the shipped ``rosette`` weights."""
    del data, seeds, seconds, bases
    entries = {
        "ours, shipped `rosette`": Entry("ours", 0, {"base": "rosette", "ask_diameter": True}),
        "ours, shipped `rosette`, no diameter": Entry("ours", 0, {"base": "rosette"}),
        **FLOOR,
    }

    def pictures() -> Pictures:
        test = [
            (count_bin(len(np.unique(s.labels)) - 1), s.image, s.labels)
            for s in generate("rosettes", 200, 4242)
        ]
        return Pictures([], test, typical_diameter([labels for _, _, labels in test]))

    yield Case("leaves/drawn", 0, entries, pictures)


def count_bin(count: int) -> str:
    """Return the row of the leaf count in the report."""
    low = 4 + 4 * ((max(count, 4) - 4) // 4)
    return f"{low:02d}-{low + 3:02d} leaves"


def volume(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield a volume of nuclei: one half is taught, the other tested."""
    del bases
    budget = seconds or 300
    entries = {
        "ours": Entry("ours", budget, {"base": "generalist", "ndim": 3}),
        "ours, from scratch": Entry("ours", budget, {"ndim": 3}),
        **peers(budget, "cellpose 3", "pixel classifier", ndim=3),
        "Otsu + watershed": Entry("otsu", 0, {"ndim": 3}),
    }

    def pictures() -> Pictures:
        folder = data / "plantseg_samples"
        image = read_image(folder / "1135_mini_raw.tif").data
        labels = read_labels(folder / "1135_mini_label.tif").astype(np.int32)
        half = len(image) // 2
        return learnt([(image[:half], labels[:half])], [("nuclei", image[half:], labels[half:])])

    for seed in range(seeds):
        yield Case("volume/1135_mini", seed, entries, pictures)


HALF_PAINTED = "fluo_256x256"

REMOVED: dict[str, dict[str, Any]] = {
    "everything": {},
    "no sparse terms": {"train": {"unlabelled_push": 0, "object_dice": 0}},
    "no seediness": {"network": {"seediness": False}},
    "no coordinates (E = 8)": {"network": {"coordinates": "none", "embedding_dim": 8}},
    "no merge margin": {"config": {"method": "mean_shift", "merge_margin": 0.0}},
    "no averaged weights": {"train": {"ema_decay": 0.0}},
}


CHANGED: dict[str, dict[str, Any]] = {
    "as it is": {},
    "E = 4, two free dimensions": {"network": {"embedding_dim": 4}},
    "coordinates in the input, E = 8": {"network": {"coordinates": "input", "embedding_dim": 8}},
    "pull margin 0.25": {"network": {"delta_v": 0.25}},
    "push margin 2": {"network": {"delta_d": 2.0}},
    "twice the units per diameter": {"network": {"units_per_diameter": 14.0}},
    "push neighbours alone, 12 px": {"train": {"neighbour_radius": 12.0}},
    "cosine loss, E = 16": {
        "network": {"coordinates": "none", "embedding_dim": 16, "space_kind": "cosine"},
        "train": {"neighbour_radius": 12.0},
    },
    "a fifth scale": {"network": {"features": (16, 32, 64, 128, 192)}},
    "twice as wide": {"network": {"features": (32, 64, 128, 256)}},
    "three scales": {"network": {"features": (16, 32, 64)}},
    "asinh_channel objects lifted": {"network": {"asinh_channel": True}},
    "learning rate 3e-3": {"train": {"learning_rate": 3e-3}},
    "foreground twice": {"train": {"head_weights": {"foreground": 2.0}}},
    "consistency": {"train": {"consistency": 1.0}},
    "no augmentation": {"train": {"augmentation": {"enabled": False}}},
}


def ablation(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield each part removed once."""
    del bases
    # Mean shift with its margin, beside which the removed margin is to be read.
    options = {**REMOVED, "mean shift": {"config": {"method": "mean_shift"}}}
    test = nuclei(data, "val", HALF_PAINTED)
    yield from half_painted("ablation", data, seeds, seconds or 300, options, test)


def design(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield each choice of the design changed once; to choose by, so none of ``val`` is looked at."""
    del bases
    yield from half_painted("design", data, seeds, seconds or 300, CHANGED)


def half_painted(
    section: str,
    data: Path,
    seeds: int,
    seconds: float,
    options: Mapping[str, dict[str, Any]],
    test: list[Test] | None = None,
) -> Iterator[Case]:
    """Yield small trainings from scratch on 20 images of which half of the nuclei are painted.

    Tested on 40 others of ``dsb2018/train`` where nothing else is given.
    """
    entries = {name: Entry("ours", seconds, changed) for name, changed in options.items()}
    pool = nuclei(data, "train", HALF_PAINTED)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(pool))
        train = [
            (pool[i][1], paint(pool[i][2], max(1, int(pool[i][2].max()) // 2), rng))
            for i in order[:20]
            if pool[i][2].any()
        ]
        pictures = partial(learnt, train, test or [pool[i] for i in order[20:60]])
        yield Case(f"{section}/{HALF_PAINTED}, half painted", seed, entries, pictures)


def clustering(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield the ways of grouping, on the same embeddings of ``dsb2018/val``."""
    del seeds, seconds, bases
    entries = {
        method: Entry("ours", 0, {"base": "nuclei", "config": {"method": method}})
        for method in ("density", "mean_shift", "greedy", "hdbscan")
    }
    yield Case("clustering/dsb2018", 0, entries, lambda: Pictures([], nuclei(data, "val"), 24.0))


SECTIONS = {
    "full": full,
    "few": few,
    "shapes": shapes,
    "leaves": leaves,
    "volume": volume,
    "ablation": ablation,
    "design": design,
    "clustering": clustering,
}
