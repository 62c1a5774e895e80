"""Tracks, masks and frames to files in the layout of the Cell Tracking Challenge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.files import replaced_folder
from napari_discembed.io.ctc import FRAMES, RESULT, SEGMENTED, TRUTH, Layout, check_numbers
from napari_discembed.io.labels import SOFTWARE, is_ours
from napari_discembed.io.tiff_sets import is_tiff
from napari_discembed.types import Axes, IntArray, Tracks


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
    check_numbers(np.array([row[0] for row in rows], dtype=np.int64), str(folder))
    with replaced_folder(folder, is_ours=is_our_result) as fresh:
        fresh.mkdir(parents=True)
        for t, frame in enumerate(tracks.labels):
            labels = frame
            for was, now in renumbered.get(t, {}).items():
                labels = np.where(frame == was, now, labels)
            _write_page(fresh, layout.masks, t, tracks.n_frames, labels.astype(np.uint16))
        lines = (" ".join(map(str, row)) for row in rows)
        (fresh / layout.table).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_masks(folder: str | Path, labels: IntArray) -> None:
    """Write true masks as ``SEG`` has them, ``man_seg000.tif`` and so on, whole or not at all.

    Parameters
    ----------
    folder
        Such as ``01_GT/SEG``.
    labels
        ``(T, *S)``, numbers up to 65,535.

    Raises
    ------
    InputError
        If a number is larger, or something else is in the folder.
    """
    check_numbers(labels, str(folder))
    _write_pages(Path(folder), SEGMENTED, labels.astype(np.uint16))


def write_frames(folder: str | Path, frames: NDArray[Any]) -> None:
    """Write the frames of a movie, ``t000.tif`` and so on, whole or not at all.

    Parameters
    ----------
    folder
        Such as ``01``.
    frames
        ``(T, Y, X)``, or ``(T, Y, X, 3)`` in colours.

    Raises
    ------
    InputError
        If something else is in the folder.
    """
    _write_pages(Path(folder), FRAMES, frames)


def _write_pages(folder: Path, prefix: str, pages: NDArray[Any]) -> None:
    with replaced_folder(folder, is_ours=is_our_result) as fresh:
        fresh.mkdir(parents=True)
        for t, page in enumerate(pages):
            _write_page(fresh, prefix, t, len(pages), page)


def _write_page(folder: Path, prefix: str, t: int, n: int, page: NDArray[Any]) -> None:
    colours = page.ndim == 3 and page.shape[-1] == 3 and page.dtype == np.uint8
    axes = "YXS" if colours else str(Axes.spatial_of(page.ndim))
    tifffile.imwrite(
        folder / f"{prefix}{t:0{max(3, len(str(n - 1)))}d}.tif",
        page,
        compression="zlib",
        photometric="rgb" if colours else "minisblack",
        metadata={"axes": axes},
        software=SOFTWARE,
    )


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
