"""What judging costs: candidates, scores and the choice, beside embedding, on two cores.

    python benchmarks/judging.py [--sides 512 1024 6000]

Drawn cells of 36 pixels, as `nuclei` sees them, a patch of 512 pixels beside another. Seconds are
the least of three (one for the largest); *choice* is what a slider of *As learnt* waits for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from napari_discembed import clustering, load_model
from napari_discembed.config import LearnedConfig
from napari_discembed.datasets.synthetic import CellsConfig, draw_cells
from napari_discembed.mining import judged, perceive
from napari_discembed.pipeline import embed
from napari_discembed.progress import run
from napari_discembed.types import Image

PATCH, LARGE = 512, 2048


def least(what: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Return the least seconds of several tries, and what came of the last."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        found = what()
        took.append(time.perf_counter() - began)
    return min(took), found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 6000])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model("nuclei")
    if model.judge is None:
        raise SystemExit("The model has no judge.")
    bare, judge = replace(model, judge=None), model.judge
    config = CellsConfig(size=PATCH, fewest=90, most=90, diameter=(30, 34), look="fluorescence")
    drawn = draw_cells(np.random.default_rng(0), config)
    print("| side | objects | candidates | embedding | perceive | judge | choice | on top |")
    print("|---|---|---|---|---|---|---|---|")
    for side in options.sides:
        n, times = -(-side // PATCH), 1 if side > LARGE else 3
        image = Image(np.tile(drawn.image, (n, n))[:side, :side])
        embedding_s, embedding = least(lambda: run(embed(image, bare, diameter=36.0)), times)  # noqa: B023
        perceive_s, candidates = least(lambda: perceive(embedding), times)  # noqa: B023
        judged_s, scored = least(lambda: run(judged(embedding, judge)), times)  # noqa: B023
        prepared = clustering.prepare(scored, "learned")
        settings = iter(np.linspace(0.4, 0.6, 10))
        choice_s, labels = least(
            lambda: prepared.labels(LearnedConfig(quality_threshold=float(next(settings)))),  # noqa: B023
            times,
        )
        share = (judged_s + choice_s) / embedding_s
        print(
            f"| {side} | {len(np.unique(labels)) - 1} | {len(candidates)} | {embedding_s:.2f} s "
            f"| {perceive_s:.2f} s | {judged_s - perceive_s:.2f} s | {choice_s * 1000:.0f} ms "
            f"| {share:.0%} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
