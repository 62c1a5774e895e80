"""``discembed train``: train a network on a whole data set."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from napari_discembed.cli import learning
from napari_discembed.cli.learning import (
    NetworkOption,
    OutputFile,
    ResumeOption,
    SeedOption,
    SetOption,
)
from napari_discembed.cli.options import DeviceOption, DiameterOption, JsonOption
from napari_discembed.cli.pairs import read_data_set


class Layout(StrEnum):
    """How the files of a data set lie."""

    folder = "folder"
    cvppp = "cvppp"
    dsb2018 = "dsb2018"
    ctc = "ctc"


LayoutOption = Annotated[
    Layout,
    typer.Option(
        help="folder: images/ and labels/; cvppp: A1/plant001_rgb.png; dsb2018; ctc: movies, as 01 "
        "beside 01_GT/TRA, whose masks are whole objects."
    ),
]


def train(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="Images with complete labels.")],
    output: OutputFile,
    layout: LayoutOption = Layout.folder,
    validation: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A second set, to choose the best by.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", metavar="NAME|FILE|none", help="To start from.")
    ] = "none",
    seconds: Annotated[float | None, typer.Option(min=1, help="Time. Default: 300.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the set.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps.")] = None,
    diameter: DiameterOption = None,
    resume: ResumeOption = False,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    network: NetworkOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train on a data set whose labels are complete, from scratch unless --model says else."""
    learning.check_output(output)
    learning.tell_start(output, resume=resume)
    from napari_discembed import finetuning
    from napari_discembed.config import FINE_TUNING, FROM_SCRATCH
    from napari_discembed.models import load_model

    start = None if model == "none" else load_model(model)
    # A whole data set says more than the start knew.
    more = {"base_weight": 0.0, "seconds": FROM_SCRATCH.seconds}
    base = FROM_SCRATCH if start is None else FINE_TUNING.model_copy(update=more)
    config = learning.settings(
        base, settings, seconds=seconds, epochs=epochs, steps=steps, seed=seed, device=device
    )
    pairs = read_data_set(data, layout)
    job = finetuning.finetune(
        *pairs,
        model=start,
        network=learning.network(pairs[0], network, start),
        config=config,
        complete=True,
        diameter=diameter,
        validation=None if validation is None else read_data_set(validation, layout),
        name=output.stem,
        state=learning.state_path(output),
        resume=resume,
    )
    trained = learning.run_until_interrupted(job, "train", quiet=as_json)
    learning.save(output, trained, as_json=as_json)
