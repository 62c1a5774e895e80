"""``discembed export``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from napari_discembed.cli.console import answer, answer_json
from napari_discembed.cli.options import JsonOption

To: TypeAlias = Literal["onnx", "bioimageio", "torchscript"]


def export(
    model: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped model or a file.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="File to write: .onnx, .zip or .pt."),
    ],
    to: Annotated[
        To | None,
        typer.Option(
            help="ONNX (.onnx), a package for bioimage.io (.zip), or TorchScript (.pt). Default: "
            "as FILE ends."
        ),
    ] = None,
    author: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="bioimageio: who made the model; may be given several times. Default: the "
            "developers of this program.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a model for other programs: ONNX, TorchScript, or a package for bioimage.io.

    What goes in, what comes out and how it is grouped into objects stands in the file. A package
    for bioimage.io can be given as --model again.
    """
    from napari_discembed.models import export_model, load_model

    loaded = load_model(model)
    path = export_model(loaded, output, to, authors=author or (), overwrite=overwrite)
    if as_json:
        answer_json({"model": loaded.name, "output": str(path), "bytes": path.stat().st_size})
        return
    answer(f"{loaded.name}: {path} ({path.stat().st_size / 1e6:.1f} MB)")
