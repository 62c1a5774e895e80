"""Linkers of others, where they are installed: ``pip install laptrack``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import Axes, Numbering, Segmentation, Tracks, TrackTable


def by_laptrack(labels: NDArray[np.integer[Any]]) -> Tracks:
    """Link the masks ``(T, Y, X)`` of frames by laptrack's overlap linker, divisions allowed."""
    from laptrack import OverLapTrack

    linker = OverLapTrack(cutoff=0.9, splitting_cutoff=0.9, gap_closing_cutoff=False)
    points, splits, _ = linker.predict_overlap_dataframe(labels)
    parents = dict(zip(splits["child_track_id"], splits["parent_track_id"], strict=True))
    followed = np.zeros(labels.shape, np.int32)
    ends: dict[int, list[int]] = {}
    for (frame, label), track in points["track_id"].items():
        followed[frame][labels[frame] == label] = track + 1
        ends.setdefault(int(track), []).append(int(frame))
    rows = [(t + 1, min(f), max(f), int(parents.get(t, -1)) + 1) for t, f in ends.items()]
    about = Segmentation(followed, Axes("TYX"), numbering=Numbering.through_time)
    return Tracks(about, TrackTable.of(rows))


PEERS: dict[str, Callable[[NDArray[np.integer[Any]]], Tracks]] = (
    {"laptrack": by_laptrack} if find_spec("laptrack") else {}
)
