"""``discembed synth``: pictures with their truth, to train and to test on."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import Annotated

import typer

from napari_discembed.cli.console import answer
from napari_discembed.cli.options import OutputFolder
from napari_discembed.text import pluralize


class Kind(StrEnum):
    """What can be drawn."""

    sticks = "sticks"
    rosettes = "rosettes"
    cells = "cells"


def synth(
    kind: Annotated[Kind, typer.Argument(help="What to draw.")],
    output: OutputFolder,
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same pictures.")] = 0,
) -> None:
    """Draw pictures with known objects: DIR/images and DIR/labels."""
    import PIL.Image

    from napari_discembed.datasets import synthetic
    from napari_discembed.errors import InputError
    from napari_discembed.files import atomic_path, sweep_partials
    from napari_discembed.io.labels import is_ours, write_labels

    images, labels = output / "images", output / "labels"
    for folder in (images, labels):
        folder.mkdir(parents=True, exist_ok=True)
        sweep_partials(folder)
    total = 0
    for i, sample in enumerate(synthetic.generate(kind.value, count, seed)):
        name = f"{kind.value}_{i:04d}"
        picture, truth = images / f"{name}.png", labels / f"{name}.tif"
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
        total += int(sample.labels.max(initial=0))
    answer(f"{pluralize(count, 'image')} with {pluralize(total, 'object')}: {images} and {labels}")
