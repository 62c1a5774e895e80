"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

ModelOption: TypeAlias = Annotated[
    str, typer.Option("--model", "-m", metavar="NAME|FILE", help="A shipped model or a file.")
]
DiameterOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--diameter",
        "-d",
        metavar="PX",
        help="Typical object diameter, in pixels; measured if not given.",
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for other programs.")
]
DeviceOption: TypeAlias = Annotated[
    str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")
]
OutputFolder: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results.")
]
AxesOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--axes", help="Axes of the images, such as YX, CYX, ZYX or TYX."),
]
SeriesOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--series",
        min=0,
        metavar="N",
        help="Which of several pictures in a file, from 0; `info` lists them. Default: the first.",
    ),
]
LevelOption: TypeAlias = Annotated[
    int,
    typer.Option(
        "--level",
        min=0,
        metavar="N",
        help="Which resolution of a pyramid, from 0, the finest; `info` lists them.",
    ),
]
