"""Write what the benchmark measured into the cards of the shipped weights.

    python benchmarks/accuracy/cards.py [--report REPORT]

Only figures of the very weights that lie there are written; the weights stay as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import report

from napari_discembed import load_model, save_model
from napari_discembed.catalogue import SHIPPED
from napari_discembed.models import Model

FIGURES = {
    "full": ("dsb2018/val", ("AP50", "AP50:95")),
    "leaves": ("drawn plants", ("SBD", "mean absolute DiC", "AP50")),
}


def figures(row: report.Row) -> dict[str, float]:
    """Return the figures of a measurement, by type where it has several."""
    what, names = FIGURES[row["case"].partition("/")[0]]
    found = {}
    for kind, title in report.KINDS.items():
        scores = report.pooled(row, kind)
        if scores is not None:
            for name in names:
                found[f"{what}, {title}: {name}"] = round(report.FIGURES[name](scores), 4)
    return found


def main() -> int:
    """Write the cards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, default=Path(__file__).parent / "report")
    options = parser.parse_args()
    rows = report.rows(options.report / "results.jsonl")
    for path in sorted(SHIPPED.glob("*.safetensors")):
        model = load_model(path)
        measured = {
            name: value
            for row in rows
            if row["case"].partition("/")[0] in FIGURES
            and row["method"] == f"ours, shipped `{path.stem}`"
            and row.get("facts", {}).get("weights") == model.card.weights_sha256
            for name, value in figures(row).items()
        }
        if measured:
            save_model(path, Model(model.net, model.card.model_copy(update={"metrics": measured})))
        print(path.stem, measured or "was not measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
