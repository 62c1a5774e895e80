"""``discembed finetune``: fine-tune a model on the objects that a person labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from napari_discembed.cli import learning
from napari_discembed.cli.console import say
from napari_discembed.cli.learning import (
    NetworkOption,
    OutputFile,
    ResumeOption,
    SeedOption,
    SetOption,
)
from napari_discembed.cli.options import (
    AxesOption,
    DeviceOption,
    DiameterOption,
    JsonOption,
    LevelOption,
    ModelOption,
    SeriesOption,
)
from napari_discembed.cli.pairs import PairReading, read_pairs
from napari_discembed.types.kinds import named_kinds

Keep: TypeAlias = Literal["better", "learnt"]


def finetune(
    images: Annotated[
        list[Path], typer.Option(metavar="DIR|FILE...", help="Images, or a folder of them.")
    ],
    labels: Annotated[
        list[Path],
        typer.Option(metavar="DIR|FILE...", help="Their labels, in the same order or names."),
    ],
    output: OutputFile,
    model: ModelOption = "generalist",
    seconds: Annotated[float | None, typer.Option(min=1, help="Time. Default: 60.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps, instead of a time.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="0 in the labels means background, not unlabelled.")
    ] = False,
    background_label: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="What background is scribbled with.")
    ] = None,
    classes: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR|FILE...",
            help="Class images, to tell kinds of objects apart: 1, 2, ... on each object.",
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME...", help="What the classes are called, from 1."),
    ] = None,
    diameter: DiameterOption = None,
    validation_images: Annotated[
        list[Path] | None, typer.Option(metavar="DIR|FILE...", help="To choose the best by.")
    ] = None,
    validation_labels: Annotated[
        list[Path] | None, typer.Option(metavar="DIR|FILE...", help="Complete labels of those.")
    ] = None,
    keep: Annotated[
        Keep,
        typer.Option(
            help="better: what was learnt only where it is a clear gain by the objects or images "
            "held back; learnt: in any case."
        ),
    ] = "better",
    resume: ResumeOption = False,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    axes: AxesOption = None,
    series: SeriesOption = None,
    level: LevelOption = 0,
    network: NetworkOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a model on a few labelled objects. --model none starts from scratch.

    In the labels, 0 means unlabelled (background with --complete), any other number an object.
    """
    learning.check_output(output)
    learning.tell_start(output, resume=resume)
    from napari_discembed import finetuning
    from napari_discembed.config import FINE_TUNING, FROM_SCRATCH
    from napari_discembed.models import load_model

    start = None if model == "none" else load_model(model)
    base = FROM_SCRATCH if start is None else FINE_TUNING
    config = learning.settings(
        base.model_copy(update={"seconds": 60.0}), settings,
        seconds=seconds, steps=steps, seed=seed, device=device,
    )  # fmt: skip
    how = PairReading(axes, series, level, background_label)
    pairs = read_pairs(images, labels, how)
    of_classes = PairReading(axes, series, level, check=False)
    told = read_pairs(images, classes, of_classes)[1] if classes else None
    names = named_kinds(kinds.split(",") if kinds else ())
    most = max(len(names), *(int(k.max()) for k in told)) if told else 1
    known = {"classes": most} if told and start is None else {}
    check = read_pairs(validation_images, validation_labels, how)
    job = finetuning.finetune(
        *pairs,
        model=start,
        network=learning.network(pairs[0], network, start, **known),
        classes=told,
        kinds=names,
        config=config,
        complete=complete,
        background_label=background_label,
        diameter=diameter,
        validation=check if check[0] else None,
        name=output.stem,
        state=learning.state_path(output),
        resume=resume,
    )
    trained = learning.run_until_interrupted(job, "fine-tune", quiet=as_json)
    if trained.learnt is not None and keep == "learnt":
        trained = trained.learnt
    learning.save(output, trained, as_json=as_json)
    if trained.learnt is not None:
        say(
            "What was learnt may still be the better one, as so little tells little: look at both. "
            "--keep learnt keeps it."
        )
