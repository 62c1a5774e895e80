"""Track many movies: what is done is skipped, what fails is told, a killed run goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_discembed.batch.found_frames import FoundFrames
from napari_discembed.batch.movie_frames import HINT, FrameFinder, kept_of
from napari_discembed.batch.movie_record import MovieRecord
from napari_discembed.batch.movie_sources import MovieSource
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.results import FILE
from napari_discembed.batch.runner import FAILURES
from napari_discembed.config import CandidatesConfig, LinkingConfig
from napari_discembed.errors import InputError
from napari_discembed.files import sweep_partials
from napari_discembed.inference import estimate_scale
from napari_discembed.io.ctc_writer import is_our_result, write_ctc
from napari_discembed.io.geff import has_geff, write_geff
from napari_discembed.io.tables import write_table
from napari_discembed.models import Model, load_model
from napari_discembed.movies import has_one_scale
from napari_discembed.progress import Job, Portion, Progress, scaled
from napari_discembed.tracking import link_frames
from napari_discembed.tracking.linker import GUIDED
from napari_discembed.tracking.persistence import link_candidates
from napari_discembed.types import (
    Candidates,
    Image,
    Provenance,
    Segmentation,
    Tracks,
    point_table,
    track_points,
    track_table,
)


@dataclass(frozen=True, slots=True)
class MovieResult:
    """What came of one movie.

    Attributes
    ----------
    source
        The movie.
    row
        Its frames, tracks, objects, births, divisions and losses; empty where it failed.
    error
        Why it failed; empty where it did not.
    skipped
        Whether it was done before with the same settings.
    """

    source: MovieSource
    row: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    skipped: bool = False


def track_movies(
    sources: Sequence[MovieSource],
    recipe: Recipe,
    linking: LinkingConfig,
    output: Path,
    *,
    overwrite: bool = False,
) -> Job[list[MovieResult]]:
    """Track movies one after the other.

    Parameters
    ----------
    sources
        From :func:`~napari_discembed.batch.movie_sources.find_movies`.
    recipe
        How the objects of each frame are found.
    linking
        How they are linked.
    output
        Folder for the results: ``NAME_RES`` and tables for each movie.
    overwrite
        Whether to do again what is done, and to replace a result that someone changed.

    Returns
    -------
    A job of what came of each movie. The progress at the end of each has its
    :class:`MovieResult` as ``data["file"]``.
    """
    model = load_model(recipe.model) if isinstance(recipe.model, str) else recipe.model
    model = model.for_grouping(recipe.config)  # tracks have no quality of objects
    output.mkdir(parents=True, exist_ok=True)
    sweep_partials(output)
    results: list[MovieResult] = []
    for i, source in enumerate(sources):
        span = (i / len(sources), (i + 1) / len(sources))
        title = f"[{i + 1}/{len(sources)}] {source.name}"
        work = _Movie(source, recipe, model, linking, MovieRecord(output, source.name), overwrite)
        try:
            result = yield from scaled(work.run(), *span, title)
        except FAILURES as error:
            result = MovieResult(source, error=str(error) or type(error).__name__)
        results.append(result)
        then = Portion(i + 1, len(sources), "movie")
        yield Progress(span[1], title, data={FILE: result}, portion=then)
    return results


@dataclass(frozen=True, slots=True)
class _Movie:
    source: MovieSource
    recipe: Recipe
    model: Model
    linking: LinkingConfig
    record: MovieRecord
    overwrite: bool

    def run(self) -> Job[MovieResult]:
        settings = self._hash(self.linking.model_dump(mode="json"))
        if self.record.is_done(settings) and not self.overwrite:
            self.record.sweep()  # a run that was killed right after its last movie left it
            return MovieResult(self.source, self.record.summary(), skipped=True)
        self._check_result()
        frames = self.source.frames(self.recipe.reading)
        started = time.monotonic()
        yield from self._find(frames)
        tracks = self._linked(FoundFrames(self.record, len(frames)))
        row = self._write(tracks, time.monotonic() - started)
        self.record.finish(settings, row)
        return MovieResult(self.source, row)

    def _check_result(self) -> None:
        """Refuse to work for a result that could not be written."""
        folder = self.record.result
        if not folder.exists():
            return
        foreign = not folder.is_dir() or not is_our_result(folder)
        if foreign or (self.record.was_changed() and not self.overwrite):
            remedy = "" if foreign else ", or say --overwrite to replace it"
            raise InputError(
                f"{folder} is there and was not written by this program, or was changed since. "
                f"Choose another --output{remedy}."
            )

    def _find(self, frames: Sequence[Image]) -> Job[None]:
        """Find the objects of each frame, those apart that an earlier run has found."""
        settings = self._hash(kept_of(self.linking))
        noted = self.record.begin(settings)
        diameter = self.recipe.diameter or noted.get("diameter")
        if diameter is None and has_one_scale(self.linking, self.model):
            middle = frames[len(frames) // 2]
            seen = yield from scaled(estimate_scale(self.model, middle), 0, 0.02, "size")
            diameter = float(seen.diameter)
            self.record.note(settings, {"diameter": diameter})
        finder = FrameFinder(frames, self.recipe, self.model, self.linking, diameter)
        for t in range(len(frames)):
            if self.record.frame(t) is None:
                span = (t / len(frames), (t + 1) / len(frames))
                portion = Portion(t, len(frames), "frame")
                yield from scaled(finder.go_to(t), span[0], span[0], f"frames before {t}", portion)
                found = yield from scaled(finder.find(t), *span, f"frame {t}", portion)
                self.record.add_frame(t, found)

    def _linked(self, found: FoundFrames) -> Tracks:
        first = found[0]
        provenance = Provenance(**json.loads(str(first["provenance"])))
        size, unit = tuple(first["pixel_size"].tolist()), str(first["unit"])
        if not isinstance(self.linking, CandidatesConfig):
            about = Segmentation(
                first["labels"],
                pixel_size=size,
                unit=unit,
                name=self.source.name,
                provenance=provenance,
            )
            hints = found.of(HINT) if self.linking.method in GUIDED else None
            return link_frames(found.of("labels"), about, self.linking, hints)
        masks = [
            Candidates(
                each["smallest"],
                each["first"],
                each["parent"],
                each["birth"],
                scores={"foreground": each["foreground"]},
                pixel_size=size,
                unit=unit,
                name=self.source.name,
                provenance=provenance,
            )
            for each in found
        ]
        return link_candidates(masks, self.linking)

    def _write(self, tracks: Tracks, seconds: float) -> dict[str, Any]:
        """Write tables, graph and masks, these last; return the summary."""
        points, counts = track_points(tracks), tracks.counts()
        start = self.record.output / self.source.name
        write_table(Path(f"{start}_tracks.csv"), track_table(tracks, points))
        write_table(Path(f"{start}_objects.csv"), point_table(tracks, points))
        write_table(Path(f"{start}_counts.csv"), counts)
        if has_geff():
            write_geff(Path(f"{start}.geff"), tracks, points)
        write_ctc(self.record.result, tracks)
        totals = ("births", "divisions", "losses")
        return {
            "movie": self.source.name,
            "frames": tracks.n_frames,
            "tracks": len(tracks.table),
            "objects": len(points),
            **{name: int(counts[name].sum()) for name in totals},
            "model": self.model.name,
            "seconds": round(seconds, 3),
        }

    def _hash(self, linking: object) -> str:
        """Return a short hash of all that a result depends on."""
        files = [self.recipe.settings_hash(self.model.card, file) for file in self.source.files]
        return hashlib.sha256(json.dumps([files, linking]).encode()).hexdigest()[:16]
