"""Finding the objects of images of a project, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_discembed.batch.recipe import Reading
from napari_discembed.batch.results import FILE
from napari_discembed.clustering import label_dtype, relabel
from napari_discembed.config import ClusteringConfig, TilingConfig, suited_config
from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.session.embeddings import EmbeddingSeries, embed_series
from napari_discembed.session.judging import judge_objects
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import Doubts
from napari_discembed.session.settings import fitting_config
from napari_discembed.types import Axes, Image, IntArray, Segmentation

if TYPE_CHECKING:
    from napari_discembed.models import Model


def find_all(
    project: Project, names: Sequence[str], tile: TilingConfig | None = None
) -> Job[list[str]]:
    """Find the objects of images as the project's settings say, and put them into it.

    Those that have objects when their turn comes are left as they are. One that fails is noted with
    its error, and the rest goes on. The progress at the end of each image has its name as
    ``data["file"]``; a job that is cancelled keeps what is done.

    Returns
    -------
    A job of the names of those that failed.

    Raises
    ------
    InputError
        If the project has no model yet.
    ModelNotFoundError, CheckpointError
        If its model cannot be loaded.
    """
    if not project.settings.model:
        raise InputError("Find the objects of one image first (Segment): the others follow it.")
    yield Progress(None, "Loading the model")
    from napari_discembed.batch.runner import FAILURES  # here, since it loads torch
    from napari_discembed.models import load_model

    model = load_model(project.settings.model)
    failed = []
    try:
        for i, name in enumerate(names):
            span, title = (i / len(names), (i + 1) / len(names)), f"[{i + 1}/{len(names)}] {name}"
            if project.has_objects(name):  # someone was faster
                continue
            try:
                found, doubts = yield from scaled(_find(project, name, model, tile), *span, title)
            except FAILURES as error:
                failed.append(name)
                project.fail(name, str(error) or type(error).__name__)
            else:
                if not project.has_objects(name):
                    project.put(name, found, doubts=doubts)
            project.save_now_and_then()
            yield Progress(span[1], title, data={FILE: name})
    finally:
        project.save()
    return failed


def _find(
    project: Project, name: str, model: Model, tile: TilingConfig | None
) -> Job[tuple[Segmentation, Doubts]]:
    settings = project.settings
    reading = Reading(like=Axes(settings.axes), channel=settings.channel)
    image = reading.read(project.path(name))
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
