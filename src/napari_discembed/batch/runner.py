"""Segment and count many images: what is done is skipped, what fails is told, the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from napari_discembed.batch.cluster import Cluster
from napari_discembed.batch.cluster_tasks import ClusterBatch
from napari_discembed.batch.entries import Row
from napari_discembed.batch.image_work import ImageWork, Target
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.record import LABEL_NAME, Record
from napari_discembed.batch.results import FILE, WARNING, BatchResult, FileResult
from napari_discembed.batch.sources import Source
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.files import sweep_partials
from napari_discembed.models import Model, load_model
from napari_discembed.progress import Job, Portion, Progress, scaled

FAILURES = (DiscembedError, OSError, MemoryError, ValueError, RuntimeError)
"""What may be wrong with one file alone."""


def run_batch(
    sources: Sequence[Source],
    recipe: Recipe,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    label_name: str = LABEL_NAME,
    cluster: Cluster | None = None,
) -> Job[BatchResult]:
    """Segment files and count their objects.

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
    cluster
        Whose workers do images, and blocks of large ones, many at a time; they see all paths as
        this process does. None to do one after the other here.

    Returns
    -------
    A job of what came of each file. The progress at the end of each file has its
    :class:`~napari_discembed.batch.results.FileResult` as ``data["file"]``. A job that was
    cancelled or killed goes on where it was when it is run again.

    Raises
    ------
    InputError
        If a cluster has no folder to write into, or a table of counts is there that is not ours.
    """
    model = load_model(recipe.model) if isinstance(recipe.model, str) else recipe.model
    if output is None:
        if cluster is not None:
            raise InputError("A cluster needs a folder for its results: give one as output.")
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
        if cluster is None:
            return (yield from _Batch(recipe, model, record, overwrite).run(sources))
        with ClusterBatch.of(cluster, model, output) as workers:
            batch = _Batch(recipe, model, record, overwrite, workers)
            return (yield from batch.run_many_at_a_time(sources, record, workers))


@dataclass(frozen=True, slots=True)
class _Batch:
    recipe: Recipe
    model: Model
    record: Record | None = None
    overwrite: bool = False
    workers: ClusterBatch | None = None
    taken: dict[Path, Path] = field(default_factory=dict)
    """By label file: the image that it is of."""

    def run(self, sources: Sequence[Source]) -> Job[BatchResult]:
        """Segment one after the other."""
        files: list[FileResult] = []
        for i, source in enumerate(sources):
            result = yield from self._told(self._file(source), source, i, len(sources))
            files.append(result)
        return BatchResult(files)

    def run_many_at_a_time(
        self, sources: Sequence[Source], record: Record, workers: ClusterBatch
    ) -> Job[BatchResult]:
        """Segment images by the workers of a cluster, then the large ones block by block."""
        files: dict[Path, FileResult] = {}
        whole: list[ImageWork] = []
        large: list[ImageWork] = []
        total = len(sources)

        def ended(number: int, outcome: list[Row] | Exception) -> Progress:
            work = whole[number]
            result = self._after(work, outcome, record)
            files[work.source.path] = result
            return _progress(result, len(files), total)

        for source in sources:
            try:
                work = self._work(source, record)
                before = self._before(work, record)
                if before is None:
                    (large if self._is_large(work) else whole).append(work)
                    continue
            except FAILURES as error:
                before = _failed(source, error)
            files[source.path] = before
            yield _progress(before, len(files), total)
        yield from workers.images(whole, ended)
        for work in large:
            job = self._segment(work, record)
            source = work.source
            files[source.path] = yield from self._told(job, source, len(files), total)
        return BatchResult([files[source.path] for source in sources])

    def _told(self, job: Job[FileResult], source: Source, done: int, total: int) -> Job[FileResult]:
        """Do a file under its title; what is wrong with it alone is told and not raised."""
        span, title = (done / total, (done + 1) / total), _title(source, done + 1, total)
        try:
            result = yield from scaled(job, *span, title, Portion(done, total, "image"))
        except FAILURES as error:
            result = _failed(source, error)
        if self.record is not None:
            self.record.save_now_and_then()
        yield _progress(result, done + 1, total)
        return result

    def _file(self, source: Source) -> Job[FileResult]:
        if self.record is None:
            rows = yield from ImageWork(source, self.recipe).run(self.model)
            return FileResult(source, rows)
        work = self._work(source, self.record)
        before = self._before(work, self.record)
        return before or (yield from self._segment(work, self.record))

    def _work(self, source: Source, record: Record) -> ImageWork:
        labels, classes = record.labels_path(source), record.classes_path(source)
        self._take(labels, source)
        settings = self.recipe.settings_hash(self.model.card, source.path)
        target = Target(record.folder, labels, classes, record.label_name, self.overwrite)
        return ImageWork(source, self.recipe, settings, target)

    def _before(self, work: ImageWork, record: Record) -> FileResult | None:
        """Return what came of a file before; None where it is to be done.

        Raises
        ------
        DiscembedError
            If labels are there that are not to be replaced.
        """
        source = work.source
        if self.overwrite:
            return None
        if record.is_done(source, work.settings):
            return FileResult(source, record.done[source.key].rows, skipped=True)
        if not source.is_store and record.is_foreign(source):
            raise DiscembedError(
                f"{record.labels_path(source)} is there, painted or changed by someone. "
                "Choose another --output, or say --overwrite to replace it."
            )
        return None

    def _segment(self, work: ImageWork, record: Record) -> Job[FileResult]:
        workers = self.workers
        do_blocks = (
            None if workers is None else partial(workers.blocks, work.source.path, work.recipe)
        )
        rows = yield from work.run(self.model, do_blocks)
        return self._done(work, rows, record)

    def _done(self, work: ImageWork, rows: list[Row], record: Record) -> FileResult:
        """Take up what was written."""
        record.add(work.source, work.settings, rows)
        if work.target is not None:
            blocks = work.large(self.model, work.target).blocks
            if blocks.path.is_dir():
                record.save()
                blocks.clear()
        return FileResult(work.source, rows)

    def _after(self, work: ImageWork, outcome: list[Row] | Exception, record: Record) -> FileResult:
        """Take up what a worker did, or say why it could not."""
        try:
            if isinstance(outcome, Exception):
                raise outcome
            result = self._done(work, outcome, record)
        except FAILURES as error:
            result = _failed(work.source, error)
        record.save_now_and_then()
        return result

    def _is_large(self, work: ImageWork) -> bool:
        return work.target is not None and work.large(self.model, work.target).is_large()

    def _take(self, target: Path, source: Source) -> None:
        if target in self.taken:
            raise InputError(
                f"{self.taken[target].name} and {source.path.name} would both be written to "
                f"{target}. Rename one of them."
            )
        self.taken[target] = source.path


def _failed(source: Source, error: Exception) -> FileResult:
    return FileResult(source, error=str(error) or type(error).__name__)


def _title(source: Source, number: int, total: int) -> str:
    return f"[{number}/{total}] {source.key}"


def _progress(result: FileResult, done: int, total: int) -> Progress:
    """Return the progress at the end of a file."""
    title, portion = _title(result.source, done, total), Portion(done, total, "image")
    return Progress(done / total, title, data={FILE: result}, portion=portion)
