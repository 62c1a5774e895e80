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
import tifffile

from napari_discembed import scratch
from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.files import replaced_folder
from napari_discembed.io.labels import SOFTWARE, is_ours, read_segmentation
from napari_discembed.io.tiff_sets import is_tiff
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


def write_ctc(folder: str | Path, tracks: Tracks, layout: Layout = RESULT) -> None:
    """Write tracks in the challenge's layout, whole or not at all.

    Where a track is missing in some frames, the challenge has another track, whose parent is the
    first: so it is written, under a new number.

    Parameters
    ----------
    folder
        Such as ``01_RES``; a result that this program wrote there before is replaced.
    tracks
        With numbers up to 65,535.
    layout
        How files are called: :data:`RESULT` or :data:`TRUTH`.

    Raises
    ------
    InputError
        If a number is larger, or something else is in the folder.
    """
    folder = Path(folder)
    rows, renumbered = _without_gaps(tracks)
    if rows and max(row[0] for row in rows) > MOST:
        check_numbers(np.array([row[0] for row in rows]), str(folder))
    digits = max(3, len(str(tracks.n_frames - 1)))
    with replaced_folder(folder, is_ours=is_our_result) as fresh:
        fresh.mkdir(parents=True)
        for t, frame in enumerate(tracks.labels):
            labels = frame
            for was, now in renumbered.get(t, {}).items():
                labels = np.where(frame == was, now, labels)
            tifffile.imwrite(
                fresh / f"{layout.masks}{t:0{digits}d}.tif",
                labels.astype(np.uint16),
                compression="zlib",
                photometric="minisblack",
                metadata={"axes": str(tracks.axes.spatial)},
                software=SOFTWARE,
            )
        lines = (" ".join(map(str, row)) for row in rows)
        (fresh / layout.table).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _without_gaps(
    tracks: Tracks,
) -> tuple[list[tuple[int, int, int, int]], dict[int, dict[int, int]]]:
    """Return the rows of tracks cut where they are missing, and by frame what is renumbered."""
    last_seen: dict[int, int] = {}
    pieces: dict[int, list[list[int]]] = {}
    for t, frame in enumerate(tracks.labels):
        for number in np.unique(frame[frame > 0]).tolist():
            if last_seen.get(number) != t - 1 or number not in pieces:
                pieces.setdefault(number, []).append([t, t])
            pieces[number][-1][1] = last_seen[number] = t
    following = int(tracks.table.ids.max(initial=0)) + 1
    rows: list[tuple[int, int, int, int]] = []
    renumbered: dict[int, dict[int, int]] = {}
    final: dict[int, int] = {}
    for number, _, _, parent in tracks.table.rows():
        before = parent
        for k, (begin, end) in enumerate(pieces[number]):
            own = number if k == 0 else following
            following += k > 0
            rows.append((own, begin, end, before))
            if k > 0:
                for t in range(begin, end + 1):
                    renumbered.setdefault(t, {})[number] = own
            before = own
        final[number] = before
    own_parent = dict(zip(tracks.table.ids.tolist(), tracks.table.parents.tolist(), strict=True))
    # Children come from the last piece of their parent.
    return [
        (own, b, e, final.get(p, p) if own_parent.get(own) == p else p) for own, b, e, p in rows
    ], renumbered


def is_our_result(folder: Path) -> bool:
    """Tell whether all in a folder is of a result that :func:`write_ctc` wrote."""
    names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    masks = [path for path in names if path.suffix == ".tif"]
    others = {path.name for path in names} - {path.name for path in masks}
    return others <= {RESULT.table, TRUTH.table} and all(
        path.is_file() and is_tiff(path) and is_ours(path) for path in masks
    )
