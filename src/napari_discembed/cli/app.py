"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from napari_discembed import __version__
from napari_discembed.cli import (
    convert,
    count,
    demo,
    evaluate,
    export,
    finetune,
    info,
    segment,
    suggest,
    synth,
    track,
    train,
)
from napari_discembed.cli.console import answer

app = typer.Typer(
    name="discembed",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Instance segmentation by pixel embeddings: paint a few objects, fine-tune, count.",
)


def _show_version(value: bool) -> None:
    if value:
        answer(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print it.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole trace of an error; in any place.")
    ] = False,
) -> None:
    """Instance segmentation by pixel embeddings: paint a few objects, fine-tune, count."""


app.command("demo")(demo.demo)
app.command("synth")(synth.synth)
app.command("train")(train.train)
app.command("finetune")(finetune.finetune)
app.command("segment")(segment.segment)
app.command("track")(track.track)
app.command("suggest")(suggest.suggest)
app.command("count")(count.count)
app.command("convert")(convert.convert)
app.command("export")(export.export)
app.command("evaluate")(evaluate.evaluate)
app.command("info")(info.info)
