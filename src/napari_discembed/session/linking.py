"""Objects of a movie found and linked, as jobs of the interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_discembed.config import (
    CandidatesConfig,
    ClusteringConfig,
    LinkingConfig,
    TilingConfig,
)
from napari_discembed.progress import Job, Portion, Progress, check_interrupted, scaled
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import (
    Candidates,
    Image,
    IntArray,
    Lineages,
    Segmentation,
    Tracks,
    stacked,
)
from napari_discembed.types.track_points import ordered, points_of

if TYPE_CHECKING:
    from napari_discembed.models import Model

READING = 0.8
"""Share of the time that linking takes; the rest is for where the objects are."""


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Tracks, and their lineages."""

    tracks: Tracks
    lineages: Lineages


def link_labels(
    frames: Sequence[IntArray], about: Segmentation, config: LinkingConfig
) -> Job[Linked]:
    """Link the objects of all frames, as :func:`~napari_discembed.tracking.linker.linking` does.

    Parameters
    ----------
    frames
        Labels of each, read when its turn comes.
    about
        Says pixel size, unit and name.
    config
        Of a method that links given objects.
    """
    from napari_discembed.tracking.linker import linking  # here, since it takes a while to load

    tracks = yield from scaled(linking(frames, about, config), 0, READING)
    return (yield from scaled(_linked(tracks), READING, 1))


@dataclass(slots=True)
class NestedMasks:
    """The nested masks of the frames of one series, kept for the next linking."""

    series: EmbeddingSeries | None = None
    config: ClusteringConfig | None = None
    frames: tuple[Candidates, ...] = ()

    def link(
        self, series: EmbeddingSeries, clustering: ClusteringConfig, config: CandidatesConfig
    ) -> Job[Linked]:
        """Choose and link masks of a series of embeddings.

        Parameters
        ----------
        series
            One frame a time point.
        clustering
            How the nested masks are made.
        config
            How they are linked.
        """
        from napari_discembed.tracking.persistence import link_candidates

        if series is not self.series or clustering != self.config:
            found = yield from scaled(_nested(series, clustering), 0, 0.5)
            self.series, self.config, self.frames = series, clustering, found
        yield Progress(0.5, "Linking")
        tracks = link_candidates(self.frames, config)
        return (yield from scaled(_linked(tracks), 0.9, 1))


def _nested(series: EmbeddingSeries, config: ClusteringConfig) -> Job[tuple[Candidates, ...]]:
    from napari_discembed.pipeline import candidates  # loads torch
    from napari_discembed.tracking.nested import on_image

    found = []
    for t, embedding in enumerate(series):
        yield Progress(t / len(series), "Masks", portion=Portion(t, len(series), "frame"))
        found.append(on_image(embedding, candidates(embedding, config), config))
    return tuple(found)


def _linked(tracks: Tracks) -> Job[Linked]:
    parts, n = [], tracks.n_frames
    for t in range(n):
        if t % 10 == 0:
            yield Progress(t / n, "Reading the tracks")
        check_interrupted()
        parts.append(points_of(tracks.labels, [t]))
    return Linked(tracks, Lineages.of(tracks, ordered(parts)))


def find_in_movie(
    image: Image,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
) -> Job[Segmentation]:
    """Find the objects of each frame of a movie; of each its labels alone are kept.

    Parameters
    ----------
    image
        With a time axis.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None to estimate it on the middle frame.
    tile
        Tile size and device.

    Raises
    ------
    InputError
        If there is no time axis, or one frame only.
    """
    from napari_discembed.tracking.frames import check_frames

    frames = image.frames()
    n = len(frames)
    check_frames([image.shape] * n, [image.name] * n)
    yield Progress(None, "Loading the model")
    from napari_discembed import pipeline  # here, since it loads torch
    from napari_discembed.inference import estimate_scale, memory_of
    from napari_discembed.models import load_model

    loaded = load_model(model) if isinstance(model, str) else model
    if diameter is None:  # all frames at one scale
        trials = estimate_scale(loaded, frames[n // 2], tile=tile)
        seen = yield from scaled(trials, 0, 1 / (n + 1), "Measuring the typical size")
        diameter = seen.diameter
    found, memory = [], memory_of(loaded)
    for t in range(n):
        job = pipeline.embed(frames[t], loaded, diameter=diameter, tile=tile, memory=memory)
        span = ((t + 1) / (n + 1), (t + 2) / (n + 1))
        embedding = yield from scaled(job, *span, f"{t + 1}/{n}", Portion(t, n, "frame"))
        found.append(pipeline.cluster(embedding, loaded.card.recommended(embedding)))
    return stacked(found, frames, image.name)
