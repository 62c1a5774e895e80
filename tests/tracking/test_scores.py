"""The measures of the challenge are those of its library."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.errors import InputError
from napari_discembed.io.ctc import TRUTH
from napari_discembed.io.ctc_writer import write_ctc
from napari_discembed.tracking.scores import score_tracking
from napari_discembed.types import Numbering, Segmentation, Tracks, TrackTable

evaluate = pytest.importorskip("ctc_metrics.scripts.evaluate")


def movie(*frames: str, rows: list[tuple[int, int, int, int]]) -> Tracks:
    """Return tracks of frames that say their numbers as digits, each three pixels wide."""
    labels = np.array([[[int(c) for c in frame]] for frame in frames], dtype=np.uint16)
    labels = labels.repeat(3, axis=2).repeat(3, axis=1)
    about = Segmentation(labels, "TYX", numbering=Numbering.through_time)
    return Tracks(about, TrackTable.of(rows))


TRUE = movie("1102", "3402", "3400", rows=[(1, 0, 0, 0), (2, 0, 1, 0), (3, 1, 2, 1), (4, 1, 2, 1)])


def folders(root: Path, result: Tracks, *, masks: bool = True) -> tuple[Path, Path]:
    write_ctc(root / "01_GT" / "TRA", TRUE, TRUTH)
    if masks:
        (root / "01_GT" / "SEG").mkdir()
        for t in (0, 2):
            tifffile.imwrite(root / "01_GT" / "SEG" / f"man_seg{t:03d}.tif", TRUE.labels[t])
    write_ctc(root / "01_RES", result)
    return root / "01_GT", root / "01_RES"


def test_the_truth_is_perfect(tmp_path: Path) -> None:
    scores = score_tracking(*folders(tmp_path, TRUE))
    assert scores == {"SEG": 1, "DET": 1, "TRA": 1, "LNK": 1, "BC": 1, "BIO": 1}


def test_they_equal_what_the_library_says(tmp_path: Path) -> None:
    # One daughter keeps the mother's number, and one object is missed.
    worse = movie(
        "1100", "1402", "3400", rows=[(1, 0, 1, 0), (2, 1, 1, 0), (3, 2, 2, 0), (4, 1, 2, 0)]
    )
    truth, result = folders(tmp_path, worse)
    scores = score_tracking(truth, result)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = evaluate.evaluate_sequence(
            str(result), str(truth),
            ["Valid", "SEG", "DET", "TRA", "LNK", "CT", "TF", "BC", "CCA"], threads=1,
        )  # fmt: skip
    for name in ("SEG", "DET", "TRA", "LNK"):
        assert scores[name] == pytest.approx(theirs[name], abs=1e-9)
    for name in ("BC", "BIO"):
        assert scores[name] == pytest.approx(theirs[f"{name}(0)"], abs=1e-9)
    assert scores["LNK"] < 1
    assert scores["TRA"] < 1


def test_without_true_masks_there_is_no_seg(tmp_path: Path) -> None:
    assert "SEG" not in score_tracking(*folders(tmp_path, TRUE, masks=False))


def test_folders_that_cannot_be_compared_are_told(tmp_path: Path) -> None:
    truth, result = folders(tmp_path, movie("1", rows=[(1, 0, 0, 0)]))
    with pytest.raises(InputError, match=r"expected frames and pixels \(3, 3, 12\)"):
        score_tracking(truth, result)
    with pytest.raises(InputError, match="expected the truth as a folder with TRA"):
        score_tracking(result, result)
    with pytest.raises(InputError, match="expected a result with res_track"):
        score_tracking(truth, truth)
