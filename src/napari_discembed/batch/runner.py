"""Segment and count many images: what is done is skipped, what fails is told, the rest goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari_discembed import pipeline
from napari_discembed.batch.entries import Row
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.record import LABEL_NAME, Record
from napari_discembed.batch.results import FILE, WARNING, BatchResult, FileResult
from napari_discembed.batch.sources import Source
from napari_discembed.batch.stores import StoreWork
from napari_discembed.batch.summary import Summary, summarise
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.files import sweep_partials
from napari_discembed.io.labels import write_segmentation
from napari_discembed.models import Model, load_model
from napari_discembed.progress import Job, Portion, Progress, scaled
from napari_discembed.types import Segmentation

FAILURES = (DiscembedError, OSError, MemoryError, ValueError, RuntimeError)
"""What may be wrong with one file alone."""


def run_batch(
    sources: Sequence[Source],
    recipe: Recipe,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    label_name: str = LABEL_NAME,
) -> Job[BatchResult]:
    """Segment files one after the other and count their objects.

    Parameters
    ----------
    sources
        From :func:`~napari_discembed.batch.sources.find_sources`.
    recipe
        What is done to each.
    output
        Folder for the labels, the counts and the record of what is done; None to write nothing.
    overwrite
        Whether to do again what is done, and to replace labels that someone painted or changed.
    label_name
        Of the labels of images of OME-Zarr stores, which are written into the stores; those that
        are there are never replaced, but with `overwrite`.

    Returns
    -------
    A job of what came of each file. The progress at the end of each file has its
    :class:`~napari_discembed.batch.results.FileResult` as ``data["file"]``. A job that was
    cancelled or killed goes on where it was when it is run again.
    """
    model = load_model(recipe.model) if isinstance(recipe.model, str) else recipe.model
    if output is None:
        return (yield from _Batch(recipe, model).run(sources))
    output.mkdir(parents=True, exist_ok=True)
    record = Record(output, label_name)
    if not overwrite:
        record.check_table()
    files = [source for source in sources if not source.is_store]
    for folder in {output, *(record.labels_path(source).parent for source in files)}:
        sweep_partials(folder)
    if record.unreadable:
        yield Progress(0.0, record.unreadable, data={WARNING: record.unreadable})
    with record.saved_at_the_end():
        return (yield from _Batch(recipe, model, record, overwrite).run(sources))


@dataclass(frozen=True, slots=True)
class _Batch:
    recipe: Recipe
    model: Model
    record: Record | None = None
    overwrite: bool = False
    taken: dict[Path, Path] = field(default_factory=dict)
    """By label file: the image that it is of."""

    def run(self, sources: Sequence[Source]) -> Job[BatchResult]:
        files: list[FileResult] = []
        for i, source in enumerate(sources):
            span = (i / len(sources), (i + 1) / len(sources))
            title = f"[{i + 1}/{len(sources)}] {source.key}"
            now, then = (Portion(n, len(sources), "image") for n in (i, i + 1))
            try:
                result = yield from scaled(self._file(source), *span, title, now)
            except FAILURES as error:
                result = FileResult(source, error=str(error) or type(error).__name__)
            files.append(result)
            if self.record is not None:
                self.record.save_now_and_then()
            yield Progress(span[1], title, data={FILE: result}, portion=then)
        return BatchResult(files)

    def _file(self, source: Source) -> Job[FileResult]:
        if self.record is None:
            _, rows = yield from self._segment(source)
            return FileResult(source, rows)
        self._take(self.record.labels_path(source), source)
        settings = self.recipe.settings_hash(self.model.card, source.path)
        if self.record.is_done(source, settings) and not self.overwrite:
            return FileResult(source, self.record.done[source.key].rows, skipped=True)
        if source.is_store:
            return (yield from self._into_store(source, settings, self.record))
        if self.record.is_foreign(source) and not self.overwrite:
            raise DiscembedError(
                f"{self.record.labels_path(source)} is there, painted or changed by someone. "
                "Choose another --output, or say --overwrite to replace it."
            )
        found, rows = yield from self._segment(source)
        self._write(found, source, self.record)
        self.record.add(source, settings, rows)
        return FileResult(source, rows)

    def _into_store(self, source: Source, settings: str, record: Record) -> Job[FileResult]:
        started = time.monotonic()
        name, folder = record.label_name, record.folder
        work = StoreWork(source, self.recipe, self.model, settings, name, folder, self.overwrite)
        found = yield from work.run()
        seconds = time.monotonic() - started
        rows = self._rows(source, found.summaries, found.diameter, seconds)
        record.add(source, settings, rows)
        record.save()
        work.blocks.clear()
        return FileResult(source, rows)

    def _take(self, target: Path, source: Source) -> None:
        if target in self.taken:
            raise InputError(
                f"{self.taken[target].name} and {source.path.name} would both be written to "
                f"{target}. Rename one of them."
            )
        self.taken[target] = source.path

    def _segment(self, source: Source) -> Job[tuple[Segmentation, list[Row]]]:
        started = time.monotonic()
        recipe = self.recipe
        image = recipe.reading.read(source.path)
        found = yield from pipeline.segment(
            image, self.model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        seconds = time.monotonic() - started
        diameter = found.provenance.config["diameter"]
        return found, self._rows(source, summarise(found), diameter, seconds)

    def _rows(
        self, source: Source, summaries: Sequence[Summary], diameter: float, seconds: float
    ) -> list[Row]:
        about = {
            "image": source.name,
            "diameter": round(diameter, 1),
            "model": self.model.name,
            "seconds": round(seconds, 3),
        }
        if self.record is not None:
            target = self.record.labels_path(source)
            about["labels"] = str(target) if source.is_store else f"{source.key}_labels.tif"
        return [{**summary.row(), **about, "frame": None, **summary.where} for summary in summaries]

    @staticmethod
    def _write(found: Segmentation, source: Source, record: Record) -> None:
        write_segmentation(record.labels_path(source), found)
        if found.class_image is not None:
            classes = replace(found, labels=found.class_image, quality=None)
            write_segmentation(record.classes_path(source), classes)
