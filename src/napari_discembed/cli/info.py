"""``discembed info``: what a model or an image is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_discembed.catalogue import MODEL_SUFFIXES
from napari_discembed.cli.console import answer, answer_json
from napari_discembed.cli.options import AxesOption, JsonOption, LevelOption, SeriesOption
from napari_discembed.datasets.readers import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from napari_discembed.io.found import SeriesInfo


def info(
    what: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A model or an image.")
    ] = None,
    axes: AxesOption = None,
    series: SeriesOption = None,
    level: LevelOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Describe a model or an image; without a name, list the models there are."""
    if what is None:
        described = _describe_all()
    elif _is_image(Path(what)):
        described = _describe_image(Path(what), axes, series, level)
    else:
        described = _describe_model(what)
    if as_json:
        answer_json(described)
        return
    width = max(len(name) for name in described)
    for name, value in described.items():
        answer(f"{name:<{width}}  {value}")


def _is_image(path: Path) -> bool:
    """Tell whether a name is that of an image: by its ending, or as a file that is no model."""
    suffix = path.suffix.lower()
    networks = (*MODEL_SUFFIXES, ".onnx", ".pt", ".pth")
    return suffix in IMAGE_SUFFIXES or (suffix not in networks and path.is_file())


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


def _describe_image(path: Path, axes: str | None, series: int | None, level: int) -> dict[str, Any]:
    import numpy as np

    from napari_discembed.io.images import read_image
    from napari_discembed.io.readers import list_series

    all_series = list_series(path)
    image = read_image(path, axes=axes, series=series, level=level)
    finite = image.data[np.isfinite(image.data)]
    described = {
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
    for found in all_series:
        is_read = found.is_read if series is None else found.number == series
        several = len(all_series) > 1 or len(found.levels) > 1 or len(found.files) > 1
        if several or found.files not in ((), (path.name,)):
            described[f"series {found.number}"] = _describe_series(
                found, level if is_read else None
            )
    return described


def _describe_series(found: SeriesInfo, level: int | None) -> str:
    """Say in a line what one of several pictures of a file is, and which level is read."""
    parts = [found.name, f"{found.axes} {list(found.shape)} {found.dtype}"]
    if len(found.levels) > 1:
        shapes = (f"{n} {list(shape)}" for n, shape in enumerate(found.levels))
        parts.append(f"levels {', '.join(shapes)}")
    if found.files:
        parts.append(f"in {', '.join(found.files[:4])}{', ...' if len(found.files) > 4 else ''}")
    chosen = f"level {level} read" if len(found.levels) > 1 else "read"
    parts.append("not read" if level is None else chosen)
    return "; ".join(part for part in parts if part)
