"""``discembed evaluate``: score label images against the truth."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from napari_discembed.cli.console import answer, answer_json, say
from napari_discembed.cli.options import JsonOption
from napari_discembed.datasets.readers import LABEL_ENDING, image_files
from napari_discembed.errors import InputError


def evaluate(
    predictions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Predicted label images.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="DIR", help="True label images.")] = None,
    tracking: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="GT_DIR RES_DIR",
            help="Tracks in the layout of the Cell Tracking Challenge, such as 01_GT 01_RES.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score predicted label images against true ones of the same names.

    Says too how many objects were merged, split or missed. With --tracking, SEG, DET, TRA, LNK,
    BC (divisions) and BIO of tracks, by py-ctcmetrics.
    """
    if tracking is not None:
        if predictions is not None or labels is not None:
            raise InputError("Expected --tracking alone, or --predictions and --labels.")
        _evaluate_tracking(*tracking, as_json=as_json)
        return
    if predictions is None or labels is None:
        raise InputError("Expected --predictions and --labels, or --tracking GT_DIR RES_DIR.")
    _evaluate_labels(predictions, labels, as_json=as_json)


def _evaluate_tracking(truth: Path, result: Path, *, as_json: bool) -> None:
    from napari_discembed.tracking.scores import score_tracking

    scores = score_tracking(truth, result)
    if as_json:
        answer_json(scores)
        return
    for name, value in scores.items():
        answer(f"{name:<24}{value:.6f}")


def _evaluate_labels(predictions: Path, labels: Path, *, as_json: bool) -> None:
    from napari_discembed.io.doubts import check_labels
    from napari_discembed.io.labels import read_segmentation
    from napari_discembed.metrics import Mistakes, aggregate, mistakes, score

    scores, wrong = {}, {}
    for file, (predicted, true) in _pair(predictions, labels).items():
        truth, found = read_segmentation(true, name=file), read_segmentation(predicted)
        for path, read in ((true, truth), (predicted, found)):
            check_labels(path, read)
        if truth.labels.shape != found.labels.shape:
            raise InputError(
                f"{file}: expected a prediction of the truth's shape {truth.labels.shape}, got "
                f"{found.labels.shape}."
            )
        # The truth says what the axes are.
        pairs = zip(
            truth.frames(), replace(truth, labels=found.labels, quality=None).frames(), strict=True
        )
        for frame, guess in pairs:
            both = frame.labels, guess.labels
            scores[frame.name], wrong[frame.name] = score(*both), mistakes(*both)
    total = aggregate(list(scores.values())).to_dict()
    went_wrong = asdict(sum(wrong.values(), Mistakes()))
    if as_json:
        each = {
            name: {**scores[name].to_dict(), "mistakes": asdict(wrong[name])} for name in scores
        }
        answer_json({**total, "mistakes": went_wrong, "images": len(scores), "per_image": each})
        return
    for key, value in (total | went_wrong).items():
        answer(f"{key:<24}{value:.4g}" if isinstance(value, float) else f"{key:<24}{value}")


def _pair(predictions: Path, labels: Path) -> dict[str, tuple[Path, Path]]:
    """Match files by their path below the folder, endings such as _labels and suffix apart.

    A truth without a prediction is an error, since leaving it out would flatter the score.
    """
    predicted, true = _by_name(predictions), _by_name(labels)
    missing = sorted(true.keys() - predicted.keys())
    if missing:
        raise InputError(
            f"{len(missing)} of {len(true)} true label images have no prediction in "
            f"{predictions}, the first being {missing[0]}. Segment those images too."
        )
    extra = len(predicted.keys() - true.keys())
    if extra:
        say(f"{extra} predictions have no truth and are left out.")
    return {name: (predicted[name], true[name]) for name in sorted(true)}


def _by_name(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of label images.")
    files = image_files(folder)
    if not files:
        raise InputError(f"{folder}: no label images (.tif, .png) in it.")
    found: dict[str, Path] = {}
    for path in files:
        name = LABEL_ENDING.sub("", path.relative_to(folder).with_suffix("").as_posix())
        if name in found:
            raise InputError(
                f"{found[name]} and {path} are both label images of {name}. Leave one of them."
            )
        found[name] = path
    return found
