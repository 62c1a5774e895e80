"""``discembed synth``: pictures and movies with their truth, to train and to test on."""

from __future__ import annotations

import io
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_discembed.cli.console import answer
from napari_discembed.cli.options import OutputFolder
from napari_discembed.text import pluralize

if TYPE_CHECKING:
    from napari_discembed.datasets.synthetic import Movie, Sample


class Kind(StrEnum):
    """What can be drawn: pictures, and movies of dividing cells or of a growing rosette."""

    sticks = "sticks"
    rosettes = "rosettes"
    cells = "cells"
    dividing = "dividing"
    growing = "growing"


def synth(
    kind: Annotated[Kind, typer.Argument(help="What to draw; dividing, growing: movies.")],
    output: OutputFolder,
    count: Annotated[int, typer.Option(min=1, help="How many pictures or movies.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same pictures.")] = 0,
) -> None:
    """Draw pictures with known objects: DIR/images and DIR/labels.

    Movies are written in the layout of the Cell Tracking Challenge: DIR/<name>/t000.tif and
    DIR/<name>_GT.
    """
    from napari_discembed.datasets import synthetic

    if kind.value in synthetic.MOVIES:
        total = 0
        for i, movie in enumerate(synthetic.generate_movies(kind.value, count, seed)):
            _write_movie(output, f"{kind.value}_{i:04d}", movie)
            total += len(movie.tracks.table)
        answer(f"{pluralize(count, 'movie')} with {pluralize(total, 'track')}: {output}")
        return
    images, labels = output / "images", output / "labels"
    total = 0
    for i, sample in enumerate(synthetic.generate(kind.value, count, seed)):
        name = f"{kind.value}_{i:04d}"
        _write_picture(images / f"{name}.png", labels / f"{name}.tif", sample)
        total += int(sample.labels.max(initial=0))
    answer(f"{pluralize(count, 'image')} with {pluralize(total, 'object')}: {images} and {labels}")


def _write_picture(picture: Path, truth: Path, sample: Sample) -> None:
    import PIL.Image

    from napari_discembed.errors import InputError
    from napari_discembed.files import atomic_path, sweep_partials
    from napari_discembed.io.labels import is_ours, write_labels

    for folder in (picture.parent, truth.parent):
        folder.mkdir(parents=True, exist_ok=True)
        sweep_partials(folder)
    if (picture.exists() or truth.exists()) and not (truth.exists() and is_ours(truth)):
        raise InputError(
            f"{picture if picture.exists() else truth} is there and was not drawn by this "
            "program. Choose another --output."
        )
    write_labels(truth, sample.labels)  # first: by it the picture is known as ours
    with atomic_path(picture) as partial:
        # In one go: what it leaves open on a full disk complains when it is collected.
        content = io.BytesIO()
        PIL.Image.fromarray(sample.image).save(content, "png")
        partial.write_bytes(content.getvalue())


def _write_movie(output: Path, name: str, movie: Movie) -> None:
    from napari_discembed.io.ctc import TRUTH
    from napari_discembed.io.ctc_writer import write_ctc, write_frames, write_masks

    output.mkdir(parents=True, exist_ok=True)
    write_ctc(output / f"{name}_GT" / "TRA", movie.tracks, TRUTH)
    write_masks(output / f"{name}_GT" / "SEG", movie.tracks.labels)
    write_frames(output / name, movie.frames)
