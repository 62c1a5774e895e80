"""The layout of the Cell Tracking Challenge: a mask a frame, and a text that says who is whom.

``01/t000.tif`` are the frames of the movie ``01``, ``01_GT/TRA/man_track000.tif`` and
``man_track.txt`` its true tracks, ``01_GT/SEG/man_seg000.tif`` true masks of some frames,
``01_RES/mask000.tif`` and ``res_track.txt`` a result. A line of the text is a track: its number,
its first and last frame, and the track that it comes from, 0 for none
(http://celltrackingchallenge.net, "Naming and file content conventions").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_discembed import scratch
from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.labels import read_segmentation
from napari_discembed.types import Axes, IntArray, Numbering, Segmentation, Tracks, TrackTable
from napari_discembed.types.axes import TIME

MOST = int(np.iinfo(np.uint16).max)
"""The largest number of a track: masks are of 16 bits."""
_NUMBER = re.compile(r"^(.*?)(\d+)$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How masks and the table of tracks are called.

    Attributes
    ----------
    masks
        What the names of the masks begin with, before the number of the frame.
    table
        Of the text.
    """

    masks: str
    table: str


TRUTH = Layout("man_track", "man_track.txt")
RESULT = Layout("mask", "res_track.txt")
FRAMES, SEGMENTED = "t", "man_seg"
"""What the names of frames and of true masks begin with."""


def numbered_files(folder: Path, prefix: str | None = None) -> dict[int, Path]:
    """Return the TIFF files of a folder by the number that their names end with.

    Parameters
    ----------
    folder
        Any number of digits will do: ``t000.tif``, ``t0000.tif``, ``t7.tif``.
    prefix
        What comes before the number; None for anything.

    Raises
    ------
    InputError
        If two files have one number.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*.tif")):
        match = _NUMBER.match(path.stem)
        if match is None or path.name.startswith(".") or prefix not in (None, match[1]):
            continue
        number = int(match[2])
        if number in found:
            raise InputError(
                f"{found[number]} and {path.name} are both frame {number}. Leave one of them."
            )
        found[number] = path
    return found


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """Return which numbers between the first and the last are not there."""
    there = set(numbers)
    return sorted(set(range(min(there), max(there) + 1)) - there) if there else []


def read_ctc(folder: str | Path) -> Tracks:
    """Read tracks in the challenge's layout.

    Parameters
    ----------
    folder
        With ``man_track.txt`` (such as ``01_GT`` or ``01_GT/TRA``) or ``res_track.txt``
        (``01_RES``), and a mask for each frame.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    InputError
        If there is no table, a frame is missing or of another size, or the table contradicts the
        masks: each row is named.
    FileFormatError
        If a mask or the table is damaged.
    """
    folder = Path(folder)
    home, layout = find_layout(folder)
    files = numbered_files(home, layout.masks)
    missing = missing_numbers([0, *files])
    if not files or missing:
        lost = f"frame {missing[0]}" if files else "any"
        raise InputError(
            f"{home}: expected a mask for each frame, {layout.masks}000.tif and so on, and found "
            f"none of {lost}. Add what is missing; an empty frame is a mask of zeros."
        )
    table = read_track_table(home / layout.table)
    masks = _stacked([files[number] for number in sorted(files)])
    return Tracks(replace(masks, name=folder.name, numbering=Numbering.through_time), table)


def find_layout(folder: Path) -> tuple[Path, Layout]:
    """Return the folder that has the table of tracks, this one or its ``TRA``, and its layout.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    InputError
        If neither has a table.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder. Check the spelling.")
    for home, layout in ((folder, RESULT), (folder, TRUTH), (folder / "TRA", TRUTH)):
        if (home / layout.table).is_file():
            return home, layout
    raise InputError(
        f"{folder}: expected tracks in the layout of the Cell Tracking Challenge: {TRUTH.table} "
        f"beside {TRUTH.masks}000.tif, or {RESULT.table} beside {RESULT.masks}000.tif."
    )


def read_track_table(path: Path) -> TrackTable:
    """Read ``man_track.txt`` or ``res_track.txt``.

    Raises
    ------
    FileFormatError
        If a line is anything but four whole numbers.
    """
    rows = []
    for i, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        words = line.split()
        if len(words) != 4 or not all(re.fullmatch(r"-?\d{1,12}", word) for word in words):
            raise FileFormatError(
                f"{path}, line {i}: expected four whole numbers (track, begin, end, parent), got "
                f"{line.strip()[:60]!r}."
            )
        rows.append([int(word) for word in words])
    return TrackTable.of(rows)


def _stacked(files: list[Path]) -> Segmentation:
    """Read masks of one size, one at a time, into labels with time first."""
    first = read_segmentation(files[0])
    if first.axes.has_time:  # a volume whose file does not say so, as the challenge's
        first = replace(first, axes=Axes.spatial_of(first.labels.ndim), frame_axes=None)
    labels = scratch.zeros((len(files), *first.labels.shape), np.uint16)
    for t, file in enumerate(files):
        frame = read_segmentation(file).labels
        if frame.shape != first.labels.shape:
            raise InputError(
                f"{file}: expected a mask of {first.labels.shape} as {files[0].name} is, got "
                f"{frame.shape}."
            )
        check_numbers(frame, str(file))
        labels[t] = frame
    axes = Axes(TIME + first.axes)
    return replace(first, labels=labels, axes=axes, frame_axes=Axes(TIME), classes=None)


def check_numbers(labels: IntArray, name: str) -> None:
    """Refuse numbers that masks of 16 bits cannot hold.

    Raises
    ------
    InputError
        If there is one.
    """
    top = int(labels.max(initial=0))
    if top > MOST:
        raise InputError(
            f"{name}: expected numbers of tracks up to {MOST}, which is all that masks of 16 bits "
            f"hold, got {top}. Number the tracks from 1, or split the movie."
        )
