"""``discembed demo``: from four painted coins to 24 counted ones."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from napari_discembed.cli.console import answer, answer_json, run_with_bar, say
from napari_discembed.cli.options import JsonOption

if TYPE_CHECKING:
    from napari_discembed.models import Model
    from napari_discembed.types import Image, IntArray, Segmentation

MODEL = "generalist"
GOOD_IOU = 0.7
FILES = ("labels.tif", "counts.csv", "overlay.png", "coins.safetensors")


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results.")
    ] = Path("demo"),
    seconds: Annotated[float, typer.Option(min=1, help="Time for the fine-tuning.")] = 75,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random generator.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune on four painted coins of a photograph, then find and count all of them."""
    from skimage.data import coins

    from napari_discembed import pipeline
    from napari_discembed.config import FINE_TUNING
    from napari_discembed.datasets.coins import BACKGROUND_LABEL, coins_painted
    from napari_discembed.finetuning import finetune
    from napari_discembed.models import load_model
    from napari_discembed.types import Axes, Image

    _prepare(output)
    image, painted = Image(coins(), Axes("YX"), name="coins"), coins_painted()
    config = FINE_TUNING.changed(seconds=seconds, seed=seed)
    say(f"Fine-tuning on 4 painted coins for {seconds:.0f} s ...")
    started = time.monotonic()
    work = finetune(
        image,
        painted,
        model=load_model(MODEL),
        config=config,
        background_label=BACKGROUND_LABEL,
        name="coins",
    )
    model = run_with_bar(work, "fine-tune")
    trained = time.monotonic()
    segmentation = run_with_bar(pipeline.segment(image, model), "segment")
    finished = time.monotonic()

    _write(output, image, np.where(painted == BACKGROUND_LABEL, 0, painted), model, segmentation)
    result = {
        **_scores(segmentation),
        "seconds to train": round(trained - started, 1),
        "seconds to segment": round(finished - trained, 2),
        "output": str(output),
    }
    if as_json:
        answer_json(result)
    else:
        _report(result, output)


def _prepare(output: Path) -> None:
    """Make the folder, and refuse one with files of these names that are not of the demo."""
    from napari_discembed.errors import InputError
    from napari_discembed.files import sweep_partials
    from napari_discembed.io.labels import is_ours

    output.mkdir(parents=True, exist_ok=True)
    sweep_partials(output)
    labels = output / "labels.tif"
    taken = [name for name in FILES if (output / name).exists()]
    if taken and not (labels.exists() and is_ours(labels)):
        raise InputError(
            f"{output / taken[0]} is there and is not of the demo. Choose another --output."
        )


def _write(
    output: Path, image: Image, painted: IntArray, model: Model, segmentation: Segmentation
) -> None:
    from napari_discembed import pipeline
    from napari_discembed.io.labels import write_segmentation
    from napari_discembed.io.tables import write_table
    from napari_discembed.models import save_model
    from napari_discembed.reports.pictures import write_overlay

    write_segmentation(output / "labels.tif", segmentation)
    save_model(output / "coins.safetensors", model)
    write_table(output / "counts.csv", pipeline.measure(segmentation, image))
    write_overlay(output / "overlay.png", image.data / 255.0, segmentation.labels, painted)


def _scores(segmentation: Segmentation) -> dict[str, Any]:
    """Return how the objects compare with the hand-checked reference."""
    from napari_discembed import metrics
    from napari_discembed.datasets.coins import coins_reference

    overlaps = metrics.best_overlaps(coins_reference(), segmentation.labels)
    return {
        "count": segmentation.count,
        "coins": len(overlaps),
        "found": int((overlaps > GOOD_IOU).sum()),
        "lowest IoU": round(float(overlaps.min()), 3),
        "mean IoU": round(float(overlaps.mean()), 3),
    }


def _report(result: Mapping[str, Any], output: Path) -> None:
    answer(f"{result['count']} coins counted; 24 are there.")
    answer(
        f"{result['found']} of {result['coins']} match the hand-checked reference with IoU over "
        f"{GOOD_IOU} (mean {result['mean IoU']}, lowest {result['lowest IoU']})."
    )
    answer(
        f"Fine-tuned in {result['seconds to train']} s, segmented in "
        f"{result['seconds to segment']} s."
    )
    for name in FILES:
        answer(f"  {output / name}")
