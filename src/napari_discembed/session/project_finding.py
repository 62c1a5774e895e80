"""Finding the objects of images of a project, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from napari_discembed.batch.recipe import Reading
from napari_discembed.batch.results import FILE
from napari_discembed.clustering import label_dtype, relabel
from napari_discembed.config import ClusteringConfig, TilingConfig, suited_config
from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress, run, scaled
from napari_discembed.session.embeddings import EmbeddingSeries, embed_series
from napari_discembed.session.judging import judge_objects
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import Doubts, Settings
from napari_discembed.session.settings import fitting_config
from napari_discembed.types import Axes, Image, IntArray, Segmentation

if TYPE_CHECKING:
    from napari_discembed.models import Model

CLUSTER = "cluster"
"""Key of the progress data that say where a cluster is."""


def find_all(
    project: Project, names: Sequence[str], tile: TilingConfig | None = None, cluster: str = ""
) -> Job[list[str]]:
    """Find the objects of images as the project's settings say, and put them into it.

    Those that have objects when their turn comes are left as they are. One that fails is noted with
    its error, and the rest goes on. The progress at the end of each image has its name as
    ``data["file"]``; a job that is cancelled keeps what is done.

    Parameters
    ----------
    project
        Whose images.
    names
        Of them.
    tile
        How they are embedded.
    cluster
        ``local`` for processes of this computer, or the address of a Dask scheduler whose workers
        see the folder as this process does; empty to do one image after the other here.

    Returns
    -------
    A job of the names of those that failed.

    Raises
    ------
    InputError
        If the project has no model yet, or no scheduler answers.
    ModelNotFoundError, CheckpointError
        If its model cannot be loaded.
    MissingDependencyError
        If a cluster is asked for without ``distributed``.
    """
    if not project.settings.model:
        raise InputError("Find the objects of one image first (Segment): the others follow it.")
    yield Progress(None, "Loading the model")
    from napari_discembed.models import load_model  # here, since it loads torch

    model = load_model(project.settings.model)
    if cluster:
        return (yield from _find_on_cluster(project, names, model, tile, cluster))
    return (yield from _find_here(project, names, model, tile))


def _find_here(
    project: Project, names: Sequence[str], model: Model, tile: TilingConfig | None
) -> Job[list[str]]:
    """Find the objects of one image after the other."""
    from napari_discembed.batch.runner import FAILURES

    failed = []
    try:
        for i, name in enumerate(names):
            span, title = (i / len(names), (i + 1) / len(names)), f"[{i + 1}/{len(names)}] {name}"
            if project.has_objects(name):  # someone was faster
                continue
            job = _find(project.path(name), project.settings, model, tile)
            try:
                outcome: Any = yield from scaled(job, *span, title)
            except FAILURES as error:
                outcome = error
            if not _put(project, name, outcome):
                failed.append(name)
            yield Progress(span[1], title, data={FILE: name})
    finally:
        project.save()
    return failed


def _find_on_cluster(
    project: Project, names: Sequence[str], model: Model, tile: TilingConfig | None, place: str
) -> Job[list[str]]:
    """Find the objects of many images at a time."""
    from napari_discembed.batch.cluster import connected
    from napari_discembed.batch.cluster_tasks import ClusterBatch

    wanted = [name for name in names if not project.has_objects(name)]
    failed, count = list[str](), 0

    def ended(number: int, outcome: Any) -> Progress:  # noqa: ANN401 - objects or an exception
        nonlocal count
        count += 1
        name = wanted[number]
        if not _put(project, name, outcome):
            failed.append(name)
        title = f"[{count}/{len(wanted)}] {name}"
        return Progress(count / len(wanted), title, data={FILE: name})

    try:
        yield Progress(None, "Calling workers")
        with (
            connected(place) as there,
            _folder_of_workers(project) as folder,
            ClusterBatch.of(there, model, folder) as batch,
        ):
            yield Progress(None, "Waiting for workers", data={CLUSTER: there.description})
            settings = project.settings.model_copy(update={"model": str(batch.model)})
            tasks = [ImageTask(project.path(name).resolve(), settings, tile) for name in wanted]
            yield from there.run(tasks, ended)
    finally:
        project.save()
    return failed


@contextmanager
def _folder_of_workers(project: Project) -> Iterator[Path]:
    """Lend a folder that workers see: that of the results, or another where nothing is saved."""
    project.save()
    if project.is_saved:
        yield project.place
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


@dataclass(frozen=True, slots=True)
class ImageTask:
    """Finding the objects of an image of a project, by a worker of a cluster.

    Attributes
    ----------
    path
        Of the image, from the root.
    settings
        Of the project; the model is a file.
    tile
        How it is embedded.
    """

    path: Path
    settings: Settings
    tile: TilingConfig | None

    def __call__(self) -> tuple[Segmentation, Doubts]:
        """Find them."""
        from napari_discembed.batch.cluster_tasks import worker_model  # here, since it loads torch

        model = worker_model(Path(self.settings.model))
        return run(_find(self.path, self.settings, model, self.tile))


def _put(project: Project, name: str, outcome: Any) -> bool:  # noqa: ANN401
    """Put the objects of an image into its project, or its error; tell whether there was none."""
    if isinstance(outcome, Exception):
        project.fail(name, str(outcome) or type(outcome).__name__)
    elif not project.has_objects(name):
        found, doubts = outcome
        project.put(name, found, doubts=doubts)
    project.save_now_and_then()
    return not isinstance(outcome, Exception)


def _find(
    path: Path, settings: Settings, model: Model, tile: TilingConfig | None
) -> Job[tuple[Segmentation, Doubts]]:
    reading = Reading(like=Axes(settings.axes), channel=settings.channel)
    image = reading.read(path)
    job = embed_series(image, model, diameter=settings.diameter, tile=tile)
    series = yield from scaled(job, 0.0, 0.9)
    config = settings.clustering() if settings.config else series.config
    if config is None or config.method == "seeded":  # nobody has put a point on each object here
        config = suited_config(series[0].space)
    config = fitting_config(config, series[0])
    labels = yield from series.all_labels(config)
    labels = labels.astype(label_dtype(int(labels.max(initial=0))))
    return objects_of_series(series, labels, image, config), doubts_of(series, labels, config)


def objects_of_series(
    series: EmbeddingSeries, labels: IntArray, image: Image, config: ClusteringConfig
) -> Segmentation:
    """Return labels as objects of an image, with where they come from.

    Parameters
    ----------
    series
        Embeddings of the image.
    labels
        ``(*frames, *S)``.
    image
        That they are of.
    config
        How they were grouped.
    """
    axes = series.label_axes
    labels, classes = series.with_classes(labels)
    size = dict(zip(image.spatial_axes, image.pixel_size, strict=True))
    return Segmentation(
        labels,
        axes,
        series.axes,
        classes=classes,
        kinds=series.kinds,
        pixel_size=tuple(size[a] for a in axes.spatial),
        unit=image.unit,
        name=image.name,
        provenance=series[0].provenance.with_step("clustering", config.model_dump(mode="json")),
    )


def doubts_of(series: EmbeddingSeries, labels: IntArray, config: ClusteringConfig) -> Doubts:
    """Return how sure a model is of the objects of an image."""
    judged = [
        judge_objects(series, index, relabel(labels[index]), config) for index in series.indices()
    ]
    return Doubts(sum(one.unsure for one in judged), sum(one.wrong for one in judged))
