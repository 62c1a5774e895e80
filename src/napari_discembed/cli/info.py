"""``discembed info``: what a model or an image is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from napari_discembed.cli.console import answer, answer_json
from napari_discembed.cli.options import AxesOption, JsonOption
from napari_discembed.datasets.readers import IMAGE_SUFFIXES


def info(
    what: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A model or an image.")
    ] = None,
    axes: AxesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Describe a model or an image; without a name, list the models there are."""
    if what is None:
        described = _describe_all()
    elif Path(what).suffix.lower() in IMAGE_SUFFIXES:
        described = _describe_image(Path(what), axes)
    else:
        described = _describe_model(what)
    if as_json:
        answer_json(described)
        return
    width = max(len(name) for name in described)
    for name, value in described.items():
        answer(f"{name:<{width}}  {value}")


def _describe_all() -> dict[str, Any]:
    from napari_discembed.models import list_models

    return {entry.name: f"{entry.origin}: {entry.path}" for entry in list_models()} or {
        "models": "none; train one with `discembed finetune --model none`"
    }


def _describe_model(name: str) -> dict[str, Any]:
    from napari_discembed.models import load_model

    model = load_model(name)
    n_weights = sum(p.numel() for p in model.net.parameters())
    return {**model.card.model_dump(mode="json"), "parameters": n_weights}


def _describe_image(path: Path, axes: str | None) -> dict[str, Any]:
    import numpy as np

    from napari_discembed.io.images import read_image

    image = read_image(path, axes=axes)
    finite = image.data[np.isfinite(image.data)]
    return {
        "name": image.name,
        "axes": image.axes,
        "shape": list(image.data.shape),
        "dtype": str(image.data.dtype),
        "pixel size": list(image.pixel_size),
        "unit": image.unit,
        "minimum": float(finite.min()) if finite.size else None,
        "maximum": float(finite.max()) if finite.size else None,
        "not finite": int(image.data.size - finite.size),
    }
