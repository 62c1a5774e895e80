"""``discembed track``: find the objects of movies and follow them through time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.results import FILE
from napari_discembed.cli.console import answer, answer_json, run_with_bar, say, say_failure
from napari_discembed.cli.options import (
    AxesOption,
    DeviceOption,
    DiameterOption,
    JsonOption,
    ModelOption,
    OutputFolder,
)
from napari_discembed.config import (
    ClusteringConfig,
    TilingConfig,
    linking_config,
    validated,
)
from napari_discembed.text import pluralize

if TYPE_CHECKING:
    from napari_discembed.progress import Progress


def track(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Movies: folders of frames, files with time."),
    ],
    output: OutputFolder,
    model: ModelOption = "generalist",
    link: Annotated[
        Literal["overlap", "lap", "candidates", "motion", "pairs", "rosette"],
        typer.Option(
            help="How objects are linked; motion: by a model with a motion head; pairs: by the "
            "groups of two frames at once; rosette: leaves of one plant, which do not divide."
        ),
    ] = "lap",
    gap: Annotated[
        int | None,
        typer.Option(help="all but overlap: frames that an object may be missing."),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(help="all but overlap: how far it is looked for, in its diameters."),
    ] = None,
    divisions: Annotated[
        bool, typer.Option("--divisions/--no-divisions", help="Whether objects divide in two.")
    ] = True,
    exact: Annotated[
        bool, typer.Option("--exact", help="candidates: by integer programming, slower.")
    ] = False,
    diameter: DiameterOption = None,
    bandwidth: Annotated[
        float | None, typer.Option(metavar="B", help="Larger merges more. Default: the model's.")
    ] = None,
    axes: AxesOption = None,
    device: DeviceOption = "auto",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do again what is already done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find the objects of movies and follow them through time.

    Writes, for each movie, DIR/NAME_RES in the layout of the Cell Tracking Challenge, tables of
    tracks, objects and counts a frame, and DIR/NAME.geff if geff is installed. A run that was
    killed goes on where it was.
    """
    from napari_discembed.batch.movie_sources import find_movies
    from napari_discembed.batch.tracking import track_movies
    from napari_discembed.models import load_model

    asked = {"gap": gap, "reach": reach, "solver": "exact" if exact else None}
    given: dict[str, object] = {name: v for name, v in asked.items() if v is not None}
    if link != "rosette":  # whose leaves never do
        given["divisions"] = divisions
    linking = linking_config(link, **given)
    loaded = load_model(model)
    grouping: ClusteringConfig = loaded.card.clustering
    if bandwidth is not None:
        grouping = grouping.changed(bandwidth=bandwidth)
    tiling = validated(TilingConfig, {"device": device})
    recipe = Recipe(loaded, grouping, diameter, tiling, Reading(axes))
    job = track_movies(find_movies(paths), recipe, linking, output, overwrite=overwrite)
    results = run_with_bar(job, "track", _tell)
    failed = {str(r.source.path): r.error for r in results if r.error}
    rows = [dict(r.row) for r in results if not r.error]
    if as_json:
        answer_json({"output": str(output), "movies": rows, "failed": failed})
    else:
        tracks = sum(row["tracks"] for row in rows)
        done = pluralize(len(rows), "movie")
        answer(f"{pluralize(tracks, 'track')} in {done}. Masks and tables: {output}")
    if failed:
        raise typer.Exit(1)


def _tell(progress: Progress) -> None:
    """Say what came of each movie when it ends."""
    movie = progress.data.get(FILE)
    if movie is None or movie.skipped:
        return
    if movie.error:
        say_failure(movie.source.path, movie.error)
    else:
        row = movie.row
        say(
            f"{progress.message}: {pluralize(row['tracks'], 'track')}, "
            f"{pluralize(row['divisions'], 'division')}"
        )
