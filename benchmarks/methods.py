"""Compare the clusterers on the same embeddings: accuracy and time, on cells and on leaves.

    python benchmarks/methods.py [--model generalist] [--count 25]

Pictures are drawn with a seed that no training uses; each is embedded once.
"""

from __future__ import annotations

import argparse
import sys
import time

from napari_discembed import clustering, metrics, pipeline
from napari_discembed.config import Method, clustering_config
from napari_discembed.datasets.synthetic import generate
from napari_discembed.imaging import estimate_diameter
from napari_discembed.models import load_model
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

SEED = 77
METHODS: tuple[Method, ...] = ("density", "mean_shift", "greedy", "hdbscan")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="generalist")
    parser.add_argument("--count", type=int, default=25)
    options = parser.parse_args()
    model = load_model(options.model)
    print("| data (drawn) | method | AP50 | SBD | mean absolute DiC | prepare | cluster |")
    print("|---|---|---|---|---|---|---|")
    for kind in ("cells", "rosettes"):
        embedded = []
        for sample in generate(kind, options.count, SEED):
            if not sample.labels.any():
                continue
            image = Image(sample.image, Axes("YX" if sample.image.ndim == 2 else "YXC"))
            diameter = estimate_diameter(sample.labels)
            embedded.append((run(pipeline.embed(image, model, diameter=diameter)), sample.labels))
        for method in METHODS:
            config = clustering_config(method)
            scores, preparing, grouping = [], 0.0, 0.0
            for embedding, truth in embedded:
                started = time.perf_counter()
                prepared = clustering.prepare(embedding, method)
                ready = time.perf_counter()
                labels = prepared.labels(config)
                grouping += time.perf_counter() - ready
                preparing += ready - started
                found = clustering.finish(embedding, labels, config).labels
                scores.append(metrics.score(truth, found))
            s, n = metrics.aggregate(scores), len(embedded)
            print(
                f"| {kind} | {method} | {s.ap50:.3f} | {s.sbd:.3f} | {s.abs_dic:.2f} "
                f"| {preparing / n * 1e3:.1f} ms | {grouping / n * 1e3:.1f} ms |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
