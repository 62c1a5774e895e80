"""``discembed segment``: label and count the objects of many images."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.record import LABEL_NAME
from napari_discembed.batch.results import FILE, WARNING
from napari_discembed.batch.sources import find_sources
from napari_discembed.cli.console import answer, answer_json, run_with_bar, say, say_failure
from napari_discembed.cli.options import (
    AxesOption,
    DeviceOption,
    DiameterOption,
    JsonOption,
    LevelOption,
    ModelOption,
    OutputFolder,
    SeriesOption,
)
from napari_discembed.config import ClusteringConfig, TilingConfig, clustering_config, validated
from napari_discembed.errors import InputError
from napari_discembed.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_discembed.batch.cluster import Cluster
    from napari_discembed.batch.entries import Row
    from napari_discembed.batch.results import BatchResult
    from napari_discembed.models import ModelCard
    from napari_discembed.progress import Progress

Grouping: TypeAlias = Literal["density", "mean_shift", "greedy", "hdbscan", "learned"]
"""The methods that need no seeds."""


def segment(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, globs, folders.")],
    output: OutputFolder,
    model: ModelOption = "generalist",
    diameter: DiameterOption = None,
    bandwidth: Annotated[
        float | None, typer.Option(metavar="B", help="Larger merges more. Default: the model's.")
    ] = None,
    merge_margin: Annotated[
        float | None,
        typer.Option(help="density, mean_shift: modes nearer than this become one object."),
    ] = None,
    foreground: Annotated[
        float | None, typer.Option(help="Foreground probability, 0 to 1, a pixel needs.")
    ] = None,
    object_threshold: Annotated[
        float | None,
        typer.Option(help="Mean foreground probability, 0 to 1, an object needs: how sure."),
    ] = None,
    min_size: Annotated[int | None, typer.Option(help="Smallest object, in pixels.")] = None,
    method: Annotated[Grouping | None, typer.Option(help="How pixels are grouped.")] = None,
    axes: AxesOption = None,
    series: SeriesOption = None,
    level: LevelOption = 0,
    label_name: Annotated[
        str, typer.Option(metavar="NAME", help="Of the labels in an OME-Zarr store.")
    ] = LABEL_NAME,
    device: DeviceOption = "auto",
    tile: Annotated[int, typer.Option(help="Side of a tile, in pixels.")] = 1024,
    block_size: Annotated[
        int | None,
        typer.Option(
            min=128,
            metavar="PX",
            help="Side of the blocks that large images are done in. Default: such as take 2 GB; "
            "whole up to 8192 x 8192.",
        ),
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(
            metavar="1|2|3",
            help="Looks at each image to average: steadier, slower. Default: the model's.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="local|ADDRESS",
            help="Do images and blocks on a Dask cluster: processes of this computer, or a "
            "scheduler's address, such as tcp://host:8786.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Processes of --cluster local. Default: one a processor, with 4 GB each.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do again what is already done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Label the objects of images and count them.

    Writes DIR/<path below the folder asked for>_labels.tif for each image and DIR/counts.csv; a
    model of several classes also *_classes.tif. Labels of an OME-Zarr image go into its store, as
    labels/NAME; of a plate each field is an image.
    What is done with the same model and settings is skipped; a bad file is reported and the
    others go on.
    """
    from napari_discembed.batch.runner import run_batch
    from napari_discembed.models import load_model

    loaded = load_model(model)
    config = _config(
        loaded.card,
        method,
        bandwidth=bandwidth,
        merge_margin=merge_margin,
        foreground_threshold=foreground,
        object_threshold=object_threshold,
        min_size=min_size,
    )
    tiling = validated(TilingConfig, {"size": tile, "device": device, "views": views})
    reading = Reading(axes, series=series, level=level)
    recipe = Recipe(loaded, config, diameter, tiling, reading, block_size)
    sources = find_sources(paths, series)
    with _cluster(cluster, workers) as there:
        job = run_batch(
            sources, recipe, output, overwrite=overwrite, label_name=label_name, cluster=there
        )
        result = run_with_bar(job, "segment", _tell)
    _report(result, output, as_json=as_json)
    if result.failed:
        raise typer.Exit(1)


@contextmanager
def _cluster(place: str | None, workers: int | None) -> Iterator[Cluster | None]:
    """Connect to the cluster that was asked for, and say where it is; None where none was."""
    from napari_discembed.batch.cluster import LOCAL, connected

    if place is None:
        if workers is not None:
            raise InputError(f"--workers {workers} needs --cluster {LOCAL}.")
        yield None
        return
    with connected(place, workers) as cluster:
        say(cluster.description)
        yield cluster


def _config(
    card: ModelCard, method: Grouping | None, **asked: float | None
) -> ClusteringConfig | None:
    """Return what the model recommends with what was asked for; None where nothing was."""
    given = {name: value for name, value in asked.items() if value is not None}
    if method is None and not given:
        return None
    if method == "learned" and card.judge is None:
        raise InputError(
            f"The model {card.name!r} has no judge of masks, which the method 'learned' needs. "
            "Choose another method, or another model."
        )
    base = card.clustering if method is None else card.clustering.with_method(method)
    return clustering_config(**{**base.model_dump(), **given})


def _tell(progress: Progress) -> None:
    """Say what came of each file when it ends."""
    if WARNING in progress.data:
        say(progress.data[WARNING])
    file = progress.data.get(FILE)
    if file is None or file.skipped:
        return
    if file.error:
        say_failure(file.source.path, file.error)
    else:
        say(f"{progress.message}: {_objects(file.rows)}")


def _objects(rows: Sequence[Row], where: str = "") -> str:
    """Say how many objects there are, and of how many the model is not sure where it knows."""
    found = f"{pluralize(sum(row['count'] for row in rows), 'object')}{where}"
    unsure = [row["unsure"] for row in rows if isinstance(row.get("unsure"), int)]
    return f"{found}, {sum(unsure)} not sure" if unsure else found


def _report(result: BatchResult, output: Path, *, as_json: bool) -> None:
    if as_json:
        answer_json({"output": str(output), "images": result.rows, "failed": result.failed})
        return
    done = len(result.files) - len(result.failed)
    found = _objects(result.rows, f" in {pluralize(done, 'image')}")
    answer(f"{found}. Labels and counts.csv: {output}")
    if result.failed:
        answer(f"{pluralize(len(result.failed), 'image')} failed.")
