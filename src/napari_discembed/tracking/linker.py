"""The tracks of a movie, made while its frames come one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.config import LinkingConfig, LinkingWithGaps, RosetteConfig
from napari_discembed.progress import Job, Portion, Progress, check_interrupted, run
from napari_discembed.tracking.gaps import Lost, found_again
from napari_discembed.tracking.linking import AssignmentStep, FrameLinks, link_overlap
from napari_discembed.tracking.observed import Observed, Vector, observe
from napari_discembed.tracking.pairing import link_pairs
from napari_discembed.tracking.rosettes import RosetteStep, found_by_angle
from napari_discembed.tracking.voting import link_motion
from napari_discembed.types import (
    Axes,
    IntArray,
    Links,
    Numbering,
    Segmentation,
    Tracks,
    TrackTable,
)
from napari_discembed.types.axes import TIME

Step: TypeAlias = Callable[[Observed, Observed, LinkingConfig], FrameLinks]
Guided: TypeAlias = Callable[[Observed, Observed, LinkingConfig, NDArray[Any]], FrameLinks]
STEPS: dict[str, Callable[[], Step]] = {
    "overlap": lambda: link_overlap,
    "lap": AssignmentStep,
    "rosette": RosetteStep,
}
"""Methods that link given objects, by name: each makes what links two frames of a movie."""
GUIDED: dict[str, Guided] = {"motion": link_motion, "pairs": link_pairs}
"""Methods that need what a network says of each frame besides, its hint, by name."""

TOLD = 10
"""Frames after which it is told how far linking is: to draw that takes as long as some of them."""


class Linker:
    """Gives each object of each frame the number of its track, frame by frame.

    It keeps the objects of the last frame and where lost ones would be, so its memory does not
    grow with the movie.

    Parameters
    ----------
    config
        Of a method of :data:`STEPS` or :data:`GUIDED`.
    """

    def __init__(self, config: LinkingConfig) -> None:
        self._config = config
        self._reach = config.reach if isinstance(config, LinkingWithGaps) else 0.0
        self._gap = config.gap if isinstance(config, LinkingWithGaps) else 0
        self._step = None if config.method in GUIDED else STEPS[config.method]()
        self._frame = -1
        self._last: Observed | None = None
        self._tracks: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._lost: Lost | None = None
        self._rows: list[list[int]] = []
        self._links: list[tuple[int, int, int, int, float]] = []

    def add(self, labels: IntArray, hint: NDArray[Any] | None = None) -> NDArray[np.int32]:
        """Take the next frame.

        Parameters
        ----------
        labels
            ``(*S)``: 0 for background, a number for each object.
        hint
            For the methods of :data:`GUIDED`. By motion ``(ndim, *S)``: the offset of each pixel to
            its object's centre in the frame before; by pairs ``(2, *S)``: the group of each pixel
            of the frame before and of this one.

        Returns
        -------
        ``(*S)``: the number of the track of each object.
        """
        now = observe(labels)
        self._frame += 1
        tracks = np.zeros(len(now), dtype=np.int64)
        if self._last is not None:
            self._follow(self._last, now, tracks, hint)
        for i in np.flatnonzero(tracks == 0):
            tracks[i] = self._new_track(0)
        if self._lost is None:
            self._lost = Lost.none(labels.ndim)
        self._last, self._tracks = now, tracks
        table = np.concatenate([[0], tracks]).astype(np.int32)
        return table[now.image]

    def table(self) -> TrackTable:
        """Return the tracks so far."""
        return TrackTable.of(self._rows)

    def links(self) -> Links:
        """Return the links so far."""
        rows = np.array(self._links, dtype=np.float64).reshape(-1, 5)
        whole = rows[:, :4].astype(np.int64)
        return Links(whole[:, :2], whole[:, 2:], rows[:, 4])

    def _follow(
        self,
        last: Observed,
        now: Observed,
        tracks: NDArray[np.int64],
        hint: NDArray[Any] | None,
    ) -> None:
        config = self._config
        if self._step is not None:
            step = self._step(last, now, config)
        elif hint is None:
            raise ValueError(f"linking by {config.method} needs a hint of each frame but the first")
        else:
            step = GUIDED[config.method](last, now, config, hint)
        children = np.bincount(step.source, minlength=len(last))
        for a, b, sure in zip(step.source, step.target, step.confidence, strict=True):
            own = int(self._tracks[a])
            tracks[b] = own if children[a] == 1 else self._new_track(own)
            self._link(self._frame - 1, own, int(tracks[b]), float(sure))
        gone = children == 0
        fresh = Lost(
            self._tracks[gone],
            np.full(int(gone.sum()), self._frame - 1, dtype=np.int64),
            last.centroids[gone],
            last.sizes[gone].astype(np.float64),
            last.diameters[gone],
        )
        lost = fresh if self._lost is None else self._lost.joined(fresh)
        self._lost = self._close_gaps(lost.moved(last, step.drift), now, tracks)

    def _close_gaps(self, lost: Lost, now: Observed, tracks: NDArray[np.int64]) -> Lost:
        """Find lost objects again, those lost last first; return who is still to be looked for."""
        near = partial(found_again, reach=self._reach)
        for age in range(1, self._gap + 2 if self._reach else 1):
            lost = self._look_for(lost, lost.frame == self._frame - age, now, tracks, near)
            if isinstance(self._config, RosetteConfig):
                which = lost.frame == self._frame - age
                lost = self._look_for(lost, which, now, tracks, found_by_angle)
        return lost.kept(lost.frame >= self._frame - self._gap)

    def _look_for(
        self,
        lost: Lost,
        which: NDArray[np.bool_],
        now: Observed,
        tracks: NDArray[np.int64],
        look: Callable[..., tuple[NDArray[np.intp], NDArray[np.intp], Vector]],
    ) -> Lost:
        """Look for some of the lost objects; return those that are still lost."""
        asked, some = np.flatnonzero(which), lost.kept(which)
        found = np.zeros(len(which), dtype=bool)
        for i, j, sure in zip(*look(some, now, tracks == 0), strict=True):
            tracks[j] = own = int(some.track[i])
            self._link(int(some.frame[i]), own, own, float(sure))
            found[asked[i]] = True
        return lost.kept(~found)

    def _new_track(self, parent: int) -> int:
        number = len(self._rows) + 1
        self._rows.append([number, self._frame, self._frame, parent])
        return number

    def _link(self, frame: int, source: int, target: int, sure: float) -> None:
        self._rows[target - 1][2] = self._frame
        self._links.append((frame, self._frame, source, target, sure))


def link_frames(
    frames: Sequence[IntArray],
    about: Segmentation,
    config: LinkingConfig,
    hints: Sequence[NDArray[Any]] | None = None,
) -> Tracks:
    """Link the objects of all frames, as :func:`linking` does."""
    return run(linking(frames, about, config, hints))


def linking(
    frames: Sequence[IntArray],
    about: Segmentation,
    config: LinkingConfig,
    hints: Sequence[NDArray[Any]] | None = None,
) -> Job[Tracks]:
    """Link the objects of all frames.

    Parameters
    ----------
    frames
        Labels of one shape, in the order of time, each taken once.
    about
        A frame, or all: says spatial axes, pixel size, unit, name and provenance.
    config
        Of a method of :data:`STEPS` or :data:`GUIDED`.
    hints
        For the latter: of each frame, as :meth:`Linker.add` takes it.
    """
    linker, n = Linker(config), len(frames)
    whole = scratch.zeros((n, *np.shape(frames[0])), np.uint16)
    for t in range(n):
        check_interrupted()
        if t % TOLD == 0:
            yield Progress(t / n, "Linking", portion=Portion(t, n, "frame"))
        numbered = linker.add(frames[t], None if hints is None else hints[t])
        if numbered.max(initial=0) > np.iinfo(whole.dtype).max:
            whole = _widened(whole, t)
        whole[t] = numbered
    settings = config.model_dump(mode="json")
    return tracks_of(whole, linker.table(), linker.links(), about, settings)


def _widened(labels: IntArray, n_frames: int) -> IntArray:
    """Return labels that hold larger numbers, with the first frames of others."""
    wide = scratch.zeros(labels.shape, np.uint32)
    for t in range(n_frames):
        wide[t] = labels[t]
    return wide


def tracks_of(
    labels: IntArray,
    table: TrackTable,
    links: Links,
    about: Segmentation,
    settings: Mapping[str, Any],
) -> Tracks:
    """Return tracks of labels ``(T, *S)``, with what is known of the image and of the linking."""
    spatial = about.axes.spatial
    provenance = about.provenance.with_step("linking", dict(settings))
    segmentation = replace(
        about,
        labels=labels,
        axes=Axes(TIME + spatial),
        frame_axes=Axes(TIME),
        numbering=Numbering.through_time,
        classes=None,
        provenance=provenance,
    )
    return Tracks(segmentation, table, links)
