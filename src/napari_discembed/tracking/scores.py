"""How well objects are tracked: the measures of the Cell Tracking Challenge, by its library."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_discembed.errors import FileFormatError, InputError, MissingDependencyError
from napari_discembed.io.ctc import RESULT, TRUTH, find_layout, numbered_files, read_ctc

MEASURES = ("SEG", "DET", "TRA", "LNK", "BC", "BIO")
"""Of the challenge, in [0, 1]: masks, detection, tracking, links, divisions (their F1), and
biology (complete tracks, track fractions, divisions and cell cycles)."""
_NEEDED = ["Valid", "DET", "TRA", "LNK", "CT", "TF", "BC", "CCA"]


def score_tracking(
    truth: str | Path, result: str | Path, divisions_within: int = 0
) -> dict[str, float]:
    """Compare tracks with the truth, both in the challenge's layout.

    Parameters
    ----------
    truth
        Folder with ``TRA`` and, for the measure SEG, ``SEG``: such as ``01_GT``.
    result
        Folder with ``mask000.tif`` and ``res_track.txt``: such as ``01_RES``.
    divisions_within
        Frames, 0 to 3, that a division may be early or late by in the measures BC and BIO.

    Returns
    -------
    SEG (where there are true masks), DET, TRA, LNK, BC, BIO in [0, 1], larger is better; BC where
    there are divisions, BIO where there are such to judge by.

    Raises
    ------
    MissingDependencyError
        If ``py-ctcmetrics`` is not installed.
    FileNotFoundError, FileFormatError, InputError
        If a folder is not in that layout, or contradicts itself.
    """
    evaluate = _library()
    truth, result = Path(truth), Path(result)
    if find_layout(truth) != (truth / "TRA", TRUTH):
        raise InputError(f"{truth}: expected the truth as a folder with TRA, such as 01_GT.")
    if find_layout(result)[1] != RESULT:
        raise InputError(f"{result}: expected a result with {RESULT.table}, such as 01_RES.")
    _check_alike(truth, result)
    with_masks = bool(numbered_files(truth / "SEG"))
    values = _evaluated(evaluate, truth, result, [*_NEEDED, *(["SEG"] if with_masks else [])])
    for name in ("BC", "BIO"):
        values[name] = values.get(f"{name}({divisions_within})")
    return {name: float(values[name]) for name in MEASURES if values.get(name) is not None}


def _library() -> Any:  # noqa: ANN401 - a function
    try:
        from ctc_metrics.scripts.evaluate import evaluate_sequence
    except ImportError as error:
        raise MissingDependencyError(
            "Scoring tracks needs py-ctcmetrics: pip install 'napari-discembed[tracking]'."
        ) from error
    return evaluate_sequence


def _check_alike(truth: Path, result: Path) -> None:
    """Read both, which names what contradicts, and compare their frames."""
    true, found = read_ctc(truth), read_ctc(result)
    if true.labels.shape != found.labels.shape:
        raise InputError(
            f"{result}: expected frames and pixels {true.labels.shape} as in {truth}, got "
            f"{found.labels.shape}."
        )
    beyond = [n for n in numbered_files(truth / "SEG") if n >= true.n_frames]
    if beyond:
        raise InputError(f"{truth / 'SEG'}: a mask of frame {beyond[0]}, which the movie has not.")


def _evaluated(
    evaluate: Any,  # noqa: ANN401 - the library's function
    truth: Path,
    result: Path,
    measures: Sequence[str],
) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty frames, and of divisions that there are none of
        values: dict[str, Any] = evaluate(str(result), str(truth), list(measures), threads=1)
    if not values.get("Valid"):
        raise FileFormatError(
            f"{result}: not valid by the rules of the challenge: a track is missing in a frame "
            "between its first and its last. Give it another number after the gap, its parent "
            "being the track before."
        )
    return values
