"""Objects of a movie found and linked, as jobs of the interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_discembed.config import (
    CandidatesConfig,
    ClusteringConfig,
    LinkingConfig,
    TilingConfig,
)
from napari_discembed.errors import InputError
from napari_discembed.io.ctc import read_ctc
from napari_discembed.io.geff_reading import read_graph
from napari_discembed.progress import Job, Portion, Progress, check_interrupted, scaled
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import (
    Embedding,
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
    """Tracks, their lineages, and what a person should know of them."""

    tracks: Tracks
    lineages: Lineages
    notes: Sequence[str] = ()


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


def open_challenge(folder: Path) -> Job[Linked]:
    """Read tracks in the layout of the Cell Tracking Challenge.

    Parameters
    ----------
    folder
        As for :func:`~napari_discembed.io.ctc.read_ctc`.
    """
    yield Progress(None, "Reading the masks")
    return (yield from scaled(_linked(read_ctc(folder)), READING, 1))


def open_graph(path: Path, frames: Sequence[IntArray], about: Segmentation) -> Job[Linked]:
    """Read tracks of another program, for objects that are here.

    Parameters
    ----------
    path
        Of a GEFF store or TrackMate's XML.
    frames, about
        As for :func:`link_labels`.
    """
    from napari_discembed.tracking.adopting import adopt  # here, since it takes a while to load

    yield Progress(None, "Reading the tracks")
    tracks, notes = adopt(read_graph(path), frames, about)
    return replace((yield from scaled(_linked(tracks), READING, 1)), notes=notes)


BY_EMBEDDING = ("candidates", "pairs")
"""Methods of linking that ask the embeddings for more than the objects."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the embeddings of a movie tell beside its objects, for a method of linking.

    Attributes
    ----------
    method
        One of :data:`BY_EMBEDDING`.
    frames
        Of each frame its nested masks, or the groups of its pixels and of those of the frame
        before.
    """

    method: str
    frames: tuple[Any, ...]


class Gatherer:
    """Takes the embeddings of a movie one after the other, and keeps what a method asks of them.

    Parameters
    ----------
    config
        The method; one that asks nothing has no evidence.
    """

    def __init__(self, config: LinkingConfig) -> None:
        from napari_discembed.movies import Hints  # here, since it loads torch

        self._method, self._hints = config.method, Hints(config)
        self._frames: list[Any] = []

    def take(self, embedding: Embedding, clustering: ClusteringConfig) -> None:
        """Take the next frame, and how it is grouped."""
        if self._method == "pairs":
            self._frames.append(self._hints.of(embedding, clustering))
        elif self._method == "candidates":
            from napari_discembed.pipeline import candidates
            from napari_discembed.tracking.nested import on_image

            masks = candidates(embedding, clustering)
            self._frames.append(on_image(embedding, masks, clustering))

    def evidence(self) -> Evidence | None:
        """Return what was kept; None where nothing was asked for."""
        return Evidence(self._method, tuple(self._frames)) if self._frames else None


def gather(
    series: EmbeddingSeries, clustering: ClusteringConfig, config: LinkingConfig
) -> Job[Evidence]:
    """Read what a method asks of embeddings that are at hand.

    Parameters
    ----------
    series
        One frame a time point.
    clustering
        How they are grouped.
    config
        Of one of :data:`BY_EMBEDDING`.
    """
    gatherer = Gatherer(config)
    for t, embedding in enumerate(series):
        yield Progress(t / len(series), "Grouping", portion=Portion(t, len(series), "frame"))
        gatherer.take(embedding, clustering)
    found = gatherer.evidence()
    if found is None:
        raise InputError(f"Linking by {config.method} asks nothing of embeddings.")
    return found


@dataclass(slots=True, eq=False)
class EmbeddingLinks:
    """Links by what embeddings tell, which is kept for the next linking of the same movie.

    Attributes
    ----------
    evidence
        What was gathered last.
    """

    evidence: Evidence | None = None
    _of: object = None

    def keep(self, of: object, evidence: Evidence | None) -> None:
        """Keep what was gathered of a movie, and forget what was before.

        Parameters
        ----------
        of
            What tells the movie, and how its pixels were grouped, from another.
        evidence
            What was gathered; None for nothing.
        """
        self._of, self.evidence = of, evidence

    def link(
        self,
        of: object,
        gathering: Callable[[], Job[Evidence]],
        frames: Sequence[IntArray],
        about: Segmentation,
        config: LinkingConfig,
    ) -> Job[Linked]:
        """Link a movie; its evidence is gathered where it is not kept.

        Parameters
        ----------
        of
            As for :meth:`keep`.
        gathering
            Makes the job of what the method asks.
        frames, about
            As for :func:`link_labels`; candidates are masks themselves and ask for no labels.
        config
            Of one of :data:`BY_EMBEDDING`.
        """
        kept = self.evidence
        if kept is None or kept.method != config.method or of != self._of:
            kept = yield from scaled(gathering(), 0, 0.5)
            self.keep(of, kept)
        yield Progress(0.5, "Linking")
        if isinstance(config, CandidatesConfig):
            from napari_discembed.tracking.persistence import link_candidates

            tracks = link_candidates(kept.frames, config)
        else:
            from napari_discembed.tracking.linker import linking

            tracks = yield from scaled(linking(frames, about, config, kept.frames), 0.5, 0.9)
        return (yield from scaled(_linked(tracks), 0.9, 1))


def _linked(tracks: Tracks) -> Job[Linked]:
    parts, n = [], tracks.n_frames
    for t in range(n):
        if t % 10 == 0:
            yield Progress(t / n, "Reading the tracks")
        check_interrupted()
        parts.append(points_of(tracks.labels, [t]))
    return Linked(tracks, Lineages.of(tracks, ordered(parts)))


@dataclass(frozen=True, slots=True, eq=False)
class FoundMovie:
    """The objects of each frame of a movie, and what a method of linking asks beside them."""

    objects: Segmentation
    evidence: Evidence | None = None


def find_in_movie(
    image: Image,
    model: Model | str,
    config: LinkingConfig,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
) -> Job[FoundMovie]:
    """Find the objects of each frame of a movie; the embeddings are not kept.

    Parameters
    ----------
    image
        With a time axis.
    model
        A model, or the name or file of one.
    config
        How they will be linked.
    diameter
        Typical object diameter in image pixels; None to estimate it on the middle frame, or on
        each of what grows.
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
    from napari_discembed.movies import has_one_scale

    loaded = load_model(model) if isinstance(model, str) else model
    if diameter is None and has_one_scale(config, loaded):
        trials = estimate_scale(loaded, frames[n // 2], tile=tile)
        seen = yield from scaled(trials, 0, 1 / (n + 1), "Measuring the typical size")
        diameter = seen.diameter
    found, memory, gatherer = [], memory_of(loaded), Gatherer(config)
    for t in range(n):
        job = pipeline.embed(frames[t], loaded, diameter=diameter, tile=tile, memory=memory)
        span = ((t + 1) / (n + 1), (t + 2) / (n + 1))
        embedding = yield from scaled(job, *span, f"{t + 1}/{n}", Portion(t, n, "frame"))
        found.append(pipeline.cluster(embedding, loaded.card.recommended(embedding)))
        gatherer.take(embedding, loaded.card.clustering)
    return FoundMovie(stacked(found, frames, image.name), gatherer.evidence())


def find_evidence(find: Callable[[], Job[FoundMovie]]) -> Job[Evidence]:
    """Go through a movie again for what a method asks, where its objects are found already.

    Parameters
    ----------
    find
        Makes the job of :func:`find_in_movie` for one of :data:`BY_EMBEDDING`.
    """
    found = yield from find()
    if found.evidence is None:
        raise InputError("Expected a method of linking that asks something of embeddings.")
    return found.evidence
