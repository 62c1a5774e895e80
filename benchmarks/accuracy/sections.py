"""What is measured: training images, test images, and who competes, section by section."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

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
from napari_discembed.preprocess import estimate_diameter
from napari_discembed.training.prepare import typical_diameter
from napari_discembed.wording import counted

Pair = tuple[np.ndarray, np.ndarray]


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
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes
    ----------
    name
        ``section/what``.
    seed
        Of what is drawn.
    diameter
        Median of the labelled objects, in pixels.
    train
        Images with label states.
    test
        Kind, image and truth.
    entries
        The competitors, by the name they have in the report.
    """

    name: str
    seed: int
    diameter: float
    train: list[Pair]
    test: list[tuple[str, np.ndarray, np.ndarray]]
    entries: dict[str, Entry]


def pixels(path: Path) -> np.ndarray:
    """Return ``(Y, X)`` or ``(Y, X, 3)``."""
    image = read_image(path)
    return image.data[..., :3] if "C" in image.axes else image.data


def nuclei(data: Path, split: str, kind: str = "") -> list[tuple[str, np.ndarray, np.ndarray]]:
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
    seconds = seconds or 1800
    train = [(image, labels) for _, image, labels in nuclei(data, "train")]
    yield Case(
        "full/dsb2018",
        0,
        typical_diameter([labels for _, labels in train]),
        train,
        nuclei(data, "val"),
        {
            "ours, shipped `nuclei`": Entry("ours", 0, {"base": "nuclei"}),
            "ours, shipped `generalist`": Entry("ours", 0, {"base": "generalist"}),
            "ours, from scratch": Entry("ours", seconds),
            **peers(seconds),
            **FLOOR,
        },
    )


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
    states = np.where(np.isin(labels, kept), labels, UNLABELLED).astype(np.int32)
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
                    diameter = typical_diameter([states for _, states in train])
                    yield Case(f"few/{of_type}/{name}", seed, diameter, train, test, entries)


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


def labelled(
    pool: list[tuple[str, np.ndarray, np.ndarray]], seed: int
) -> Iterator[tuple[str, list[Pair]]]:
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
            yield counted(count, "image"), chosen


def shapes(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield objects that no shape prior fits: crossing sticks, cut leaves, long bacteria."""
    del bases
    sticks = SticksConfig(fewest=20, most=20)
    deep = {"features": (16, 32, 64, 128, 192)}
    whole = {  # sticks as long as the image are taught where they end
        "network": {"coordinates": "input", "embedding_dim": 8, **deep},
        "train": {"patch_size": 176, "batch_size": 3, "learning_rate": 3e-3},
    }
    yield drawn("shapes/20 crossing sticks", "sticks", 200, sticks, seconds or 1200, whole)
    yield drawn(
        "shapes/split leaves",
        "rosettes",
        200,
        RosettesConfig(fewest=8, most=16),
        seconds or 1200,
        {"network": deep},
        only_split=True,
    )
    folder = data / "omnipose_bacteria"
    files = sorted((folder / "images").glob("*.tif"))
    pairs = [(pixels(f), read_labels(folder / "labels" / f"{f.stem}.png")) for f in files]
    for i in range(min(seeds, len(pairs))):
        image, labels = pairs[i]
        budget = seconds or 300
        yield Case(
            f"shapes/bacteria, taught {files[i].stem}",
            i,
            estimate_diameter(labels),
            [(image, labels.astype(np.int32))],
            [("bacteria", *pair) for j, pair in enumerate(pairs) if j != i],
            {
                "ours": Entry("ours", budget, {"base": "generalist"}),
                "ours, from scratch": Entry("ours", budget),
                **peers(budget),
                **FLOOR,
            },
        )


def drawn(
    name: str,
    kind: str,
    count: int,
    config: SticksConfig | RosettesConfig,
    seconds: float,
    options: dict,
    *,
    only_split: bool = False,
) -> Case:
    """Return a training on drawn pictures from scratch, tested on 30 fresh ones."""
    train = [(s.image, s.labels) for s in generate(kind, count, 1, config)]
    test = []
    for sample in generate(kind, 300, 2, config):
        if not only_split or is_split(sample.labels):
            test.append(("drawn", sample.image, sample.labels))
        if len(test) == 30:
            break
    diameter = typical_diameter([labels for _, labels in train])
    entries = {
        "ours, from scratch": Entry("ours", seconds, options),
        **peers(seconds),
        **FLOOR,
    }
    return Case(name, 0, diameter, train, test, entries)


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
    test = [
        (count_bin(len(np.unique(s.labels)) - 1), s.image, s.labels)
        for s in generate("rosettes", 200, 4242)
    ]
    diameter = typical_diameter([labels for _, _, labels in test])
    entries = {
        "ours, shipped `rosette`": Entry("ours", 0, {"base": "rosette", "ask_diameter": True}),
        "ours, shipped `rosette`, no diameter": Entry("ours", 0, {"base": "rosette"}),
        **FLOOR,
    }
    yield Case("leaves/drawn", 0, diameter, [], test, entries)


def count_bin(count: int) -> str:
    """Return the row of the leaf count in the report."""
    low = 4 + 4 * ((max(count, 4) - 4) // 4)
    return f"{low:02d}-{low + 3:02d} leaves"


def volume(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield a volume of nuclei: one half is taught, the other tested."""
    del bases
    folder = data / "plantseg_samples"
    image = read_image(folder / "1135_mini_raw.tif").data
    labels = read_labels(folder / "1135_mini_label.tif").astype(np.int32)
    half = len(image) // 2
    for seed in range(seeds):
        yield Case(
            "volume/1135_mini",
            seed,
            estimate_diameter(labels[:half]),
            [(image[:half], labels[:half])],
            [("nuclei", image[half:], labels[half:])],
            {
                "ours": Entry("ours", seconds or 600, {"base": "generalist", "ndim": 3}),
                "ours, from scratch": Entry("ours", seconds or 600, {"ndim": 3}),
                **peers(seconds or 600, "cellpose 3", "pixel classifier", ndim=3),
                "Otsu + watershed": Entry("otsu", 0, {"ndim": 3}),
            },
        )


HALF_PAINTED = "fluo_256x256"

REMOVED = {
    "everything": {},
    "no sparse terms": {"train": {"unlabelled_push": 0, "object_dice": 0}},
    "no seediness": {"network": {"seediness": False}},
    "no coordinates (E = 8)": {"network": {"coordinates": "none", "embedding_dim": 8}},
    "no merge margin": {"knobs": {"method": "mean_shift", "merge_margin": 0.0}},
    "no averaged weights": {"train": {"ema_decay": 0.0}},
}


CHANGED = {
    "as it is": {},
    "E = 4, two free dimensions": {"network": {"embedding_dim": 4}},
    "coordinates in the input, E = 8": {"network": {"coordinates": "input", "embedding_dim": 8}},
    "pull margin 0.25": {"network": {"delta_v": 0.25}},
    "push margin 2": {"network": {"delta_d": 2.0}},
    "twice the units per diameter": {"network": {"units_per_diameter": 14.0}},
    "push neighbours alone, 12 px": {"train": {"neighbour_radius": 12.0}},
    "cosine loss, E = 16": {
        "network": {"coordinates": "none", "embedding_dim": 16},
        "train": {"loss": "cosine", "neighbour_radius": 12.0},
    },
    "a fifth scale": {"network": {"features": (16, 32, 64, 128, 192)}},
    "twice as wide": {"network": {"features": (32, 64, 128, 256)}},
    "three scales": {"network": {"features": (16, 32, 64)}},
    "faint objects lifted": {"network": {"faint": True}},
    "learning rate 3e-3": {"train": {"learning_rate": 3e-3}},
    "foreground twice": {"train": {"foreground_weight": 2.0}},
    "consistency": {"train": {"consistency": 1.0}},
    "no augmentation": {"train": {"augment": {"enabled": False}}},
}


def ablation(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield each part removed once."""
    del bases
    # Mean shift with its margin, beside which the removed margin is to be read.
    options = {**REMOVED, "mean shift": {"knobs": {"method": "mean_shift"}}}
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
    options: dict[str, dict],
    test: list[tuple[str, np.ndarray, np.ndarray]] | None = None,
) -> Iterator[Case]:
    """Yield small trainings from scratch on 20 images of which half of the nuclei are painted.

    Tested on 40 others of ``dsb2018/train`` where nothing else is given.
    """
    pool = nuclei(data, "train", HALF_PAINTED)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(pool))
        train = [
            (pool[i][1], paint(pool[i][2], max(1, int(pool[i][2].max()) // 2), rng))
            for i in order[:20]
            if pool[i][2].any()
        ]
        yield Case(
            f"{section}/{HALF_PAINTED}, half painted",
            seed,
            typical_diameter([states for _, states in train]),
            train,
            test or [pool[i] for i in order[20:60]],
            {name: Entry("ours", seconds, changed) for name, changed in options.items()},
        )


def clustering(data: Path, seeds: int, seconds: float | None, bases: Path) -> Iterator[Case]:
    """Yield the ways of grouping, on the same embeddings of ``dsb2018/val``."""
    del seeds, seconds, bases
    test = nuclei(data, "val")
    entries = {
        method: Entry("ours", 0, {"base": "nuclei", "knobs": {"method": method}})
        for method in ("density", "mean_shift", "greedy", "hdbscan")
    }
    yield Case("clustering/dsb2018", 0, 24.0, [], test, entries)


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
