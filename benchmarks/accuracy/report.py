"""The report: one Markdown file of tables and plots, made of the ledger alone."""

from __future__ import annotations

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed import metrics
from napari_discembed.metrics.scores import Scores
from napari_discembed.text import pluralize

KINDS = {
    "fluo": "fluorescence",
    "histo": "stained tissue",
    "brightfield": "brightfield",
    "": "all",
}
FIGURES: dict[str, Callable[[Scores], float]] = {
    "AP50": lambda s: s.ap50,
    "AP70": lambda s: s.average_precision(0.7),
    "AP90": lambda s: s.average_precision(0.9),
    "AP50:95": lambda s: s.mean_ap,
    "F1": lambda s: s.f1,
    "PQ": lambda s: s.panoptic_quality,
    "SBD": lambda s: s.sbd,
    "foreground Dice": lambda s: s.foreground_dice,
    "mean absolute DiC": lambda s: s.abs_dic,
    "exact counts": lambda s: s.exact_counts,
}
AMOUNTS = (
    *(f"{n} objects" for n in (5, 10, 20, 50)),
    *(pluralize(n, "image") for n in (1, 3, 5, 10)),
)
AGAINST_SECONDS = "10 objects"

Row = dict[str, Any]


def rows(ledger: Path) -> list[Row]:
    """Return the measurements, of each the newest."""
    found: dict[tuple[Any, ...], Row] = {}
    if ledger.exists():
        for line_ in ledger.read_text().splitlines():
            row = json.loads(line_)
            if "failed" not in row or identity(row) not in found:
                found[identity(row)] = row
    return list(found.values())


def identity(row: Row) -> tuple[Any, ...]:
    """Return what tells a measurement from all others."""
    return row["case"], row["seed"], row["method"], row["seconds"]


def by_kind(scores: Mapping[str, Sequence[Scores]]) -> dict[str, dict[str, Any]]:
    """Return the pooled scores of each kind of image, as they are kept in the ledger."""
    return {kind: asdict(metrics.aggregate(of_kind)) for kind, of_kind in scores.items()}


def pooled(row: Row, kind: str = "") -> Scores | None:
    """Return the scores of the images of the types that begin so; None where there are none."""
    parts = [
        Scores(**{**of, "true_positives": tuple(of["true_positives"])})
        for name, of in row.get("scores", {}).items()
        if name.startswith(kind)
    ]
    return metrics.aggregate(parts) if parts else None


def line(row: Row) -> str:
    """Return a measurement on one line."""
    head = f"{row['case']}, seed {row['seed']}: {row['method']}"
    if "failed" in row:
        return f"{head}: failed, {row['failed']}"
    parts = [
        f"{kind} {of.ap50:.3f}/{of.mean_ap:.3f}"
        for kind in KINDS
        if (of := pooled(row, kind)) is not None
    ]
    return f"{head}: AP50/AP50:95 {', '.join(parts)} in {row['wall_seconds']:.0f} s"


def table(header: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(header)]
    lines += [["---"] * len(lines[0]), *map(list, body)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def figures(row: Row, names: Iterable[str], kind: str = "") -> list[str]:
    """Return cells of figures."""
    of = pooled(row, kind)
    return ["failed" if of is None else f"{FIGURES[name](of):.3f}" for name in names]


TIMES = ("threads", "training s", "s an image")


def times(row: Row) -> list[str]:
    """Return the threads, and the seconds of training and of segmenting an image."""
    threads, facts = str(row["threads"]), row.get("facts")
    if facts is None:
        return [threads, "", ""]
    count = sum(of["n_images"] for of in row["scores"].values())
    return [threads, f"{facts['train_seconds']:.0f}", f"{facts['predict_seconds'] / count:.2f}"]


def versions(found: list[Row]) -> str:
    """Return what was compared, in which version."""
    return "; ".join(sorted({row["facts"]["version"] for row in found if "facts" in row})) + ".\n"


def full(found: list[Row], folder: Path) -> str:
    """Return the tables of the full training."""
    del folder
    names = ("AP50", "AP70", "AP90", "AP50:95", "F1", "PQ", "mean absolute DiC")
    body = [
        [KINDS[kind], row["method"], *figures(row, names, kind), *times(row)]
        for kind in KINDS
        for row in found
    ]
    return table(["type", "method", *names, *TIMES], body)


def few(found: list[Row], folder: Path) -> str:
    """Return AP50 against the amount of labels and against seconds: tables, a plot a type."""
    text = ""
    for of_type in sorted({row["case"].split("/")[1] for row in found}):
        labels, seconds = EmbeddingBins(), EmbeddingBins()
        timed: dict[str, list[Row]] = defaultdict(list)
        for row in found:
            amount = row["case"].removeprefix(f"few/{of_type}/")
            if amount in AMOUNTS:
                labels.add(row["method"], amount, row)
            if amount == AGAINST_SECONDS:
                timed[row["method"]].append(row)
        for method, rows_of_method in timed.items():
            taken = round(statistics.median(trained_for(row) for row in rows_of_method))
            for row in rows_of_method:
                seconds.add(alone(method), taken, row)
        amounts = sorted(labels.columns(), key=AMOUNTS.index)
        plot(labels, amounts, seconds, of_type, folder / f"few_{of_type}.png")
        text += f"### {of_type}\n\n{labels.table(amounts)}\n"
        text += f"{AGAINST_SECONDS}, after so many seconds of training:\n\n"
        text += f"{seconds.table(sorted(seconds.columns()), ' s')}\n"
        text += f"![AP50 of {of_type}](few_{of_type}.png)\n\n"
    return text


def alone(method: str) -> str:
    """Return the name of a method without its seconds."""
    return re.sub(r" \(\d+ s\)$", "", method)


def trained_for(row: Row) -> int:
    """Return the seconds of training, as given or, where no end was given, as they took."""
    return round(row["seconds"] or row.get("facts", {}).get("train_seconds", 0))


class EmbeddingBins:
    """AP50 of each method and column, seed by seed."""

    def __init__(self) -> None:
        self.of: dict[str, dict[Any, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, method: str, column: object, row: Row) -> None:
        """Take up a measurement."""
        score = pooled(row)
        self.of[method][column].append(float("nan") if score is None else score.ap50)

    def columns(self) -> set[Any]:
        """Return the columns that any method has."""
        return {column for of_method in self.of.values() for column in of_method}

    def table(self, columns: Sequence[object], unit: str = "") -> str:
        """Return a Markdown table of the means over the seeds."""
        body = [
            [method, *(spread(of_method.get(column, [])) for column in columns)]
            for method, of_method in sorted(self.of.items())
        ]
        return table(["AP50", *(f"{column}{unit}" for column in columns)], body)


def spread(values: list[float]) -> str:
    """Return the mean over the seeds, and the range where there are several."""
    if not values:
        return ""
    if np.isnan(values).all():
        return "failed"
    mean = f"{np.nanmean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({np.nanmin(values):.2f}-{np.nanmax(values):.2f})"


def plot(
    labels: EmbeddingBins, amounts: list[str], seconds: EmbeddingBins, title: str, path: Path
) -> None:
    """Draw AP50 against the amount of labels, and against seconds."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(13, 6), sharey=True, layout="constrained")
    places = ({amount: i for i, amount in enumerate(amounts)}, {s: s for s in seconds.columns()})
    names = sorted({alone(method) for method in (*labels.of, *seconds.of)})
    colours = {name: f"C{i}" for i, name in enumerate(names)}
    for side, cells, place in zip(axes, (labels, seconds), places, strict=True):
        for method, of_method in sorted(cells.of.items()):
            means = {place[at]: float(np.nanmean(of)) for at, of in of_method.items()}
            across, up = zip(*sorted(means.items()), strict=True)
            side.plot(
                across,
                up,
                "--" if method.endswith("(60 s)") else "-",
                marker="o",
                label=method,
                color=colours[alone(method)],
                linewidth=2.5 if "ours" in method else 1.2,
            )
        if cells.of:
            side.legend(fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.16))
        side.grid(alpha=0.3)
    axes[0].set_xticks(range(len(amounts)), amounts, rotation=30, ha="right")
    axes[0].set_ylim(-0.02, 1)
    axes[0].set_ylabel("AP50")
    axes[0].set_title(f"{title}: labels")
    axes[1].set_xlabel("seconds of training")
    axes[1].set_title(f"{title}: {AGAINST_SECONDS}")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def leaves(found: list[Row], folder: Path) -> str:
    """Return the table by leaf count."""
    del folder
    names = ("SBD", "mean absolute DiC", "exact counts", "foreground Dice", "AP50")
    kinds = sorted({kind for row in found for kind in row.get("scores", {})})
    body = [
        [kind or "all", row["method"], *figures(row, names, kind)]
        for kind in [*kinds, ""]
        for row in found
    ]
    return table(["leaves", "method", *names], body)


def real(found: list[Row], folder: Path) -> str:
    """Return the table of real pictures, whose counts matter as well."""
    names = ("AP50", "AP50:95", "SBD", "mean absolute DiC", "exact counts")
    return plain(found, folder, names)


def plain(
    found: list[Row],
    folder: Path,
    names: Sequence[str] = ("AP50", "AP50:95", "F1", "SBD", "mean absolute DiC"),
) -> str:
    """Return one table for each case, means over the seeds."""
    del folder
    groups: dict[tuple[str, str, float], list[Row]] = defaultdict(list)
    for row in found:
        case = re.sub(r", taught .*", "", row["case"].partition("/")[2])
        groups[case, row["method"], row["seconds"]].append(row)
    body = []
    for (case, method, _), of in groups.items():
        scores = [score for row in of if (score := pooled(row)) is not None]
        cells = [
            spread([FIGURES[name](score) for score in scores]) if scores else "failed"
            for name in names
        ]
        body.append([case, method, *cells, *times(of[0])])
    return table(["case", "method", *names, *TIMES], body)


SECTIONS: dict[str, tuple[str, Callable[[list[Row], Path], str]]] = {
    "real": ("Real pictures of other makers", real),
    "full": ("Full training on dsb2018/train, tested on dsb2018/val", full),
    "few": ("Few labels of a kind of image that the base has never seen", few),
    "shapes": ("Shapes without a prior", plain),
    "leaves": ("Leaves: drawn rosettes; accuracy on photographs is unmeasured", leaves),
    "volume": ("A volume: one half taught, the other tested", plain),
    "ablation": ("What each part brings: removed once", plain),
    "design": ("Choices of the design, changed one at a time", plain),
    "clustering": ("Ways of grouping on the same embeddings", plain),
}


def write(ledger: Path) -> None:
    """Write ``report.md`` and its plots beside the ledger."""
    folder = ledger.parent
    found = sorted(rows(ledger), key=lambda row: not row["method"].startswith("ours"))
    text = "# Accuracy\n\nMade by `benchmarks/accuracy/run.py`; do not edit.\n\n"
    text += versions(found)
    for section, (title, show) in SECTIONS.items():
        of = [row for row in found if row["case"].startswith(section + "/")]
        if of:
            text += f"\n## {title}\n\n{show(of, folder)}"
    (folder / "report.md").write_text(text)
    print(folder / "report.md")
