"""``discembed info``: what a model or an image is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_discembed.catalogue import MODEL_SUFFIXES
from napari_discembed.cli.console import answer, answer_json
from napari_discembed.cli.options import AxesOption, JsonOption, LevelOption, SeriesOption
from napari_discembed.datasets.readers import IMAGE_SUFFIXES
from napari_discembed.io.ome_zarr.folders import is_store
from napari_discembed.text import pluralize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_discembed.io.found import SeriesInfo

MOST_READ = 2**26
"""Pixels of a store up to which the smallest and the largest are looked for."""

MOST_LISTED = 400
"""Images of a collection that are named."""


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
    elif is_store(Path(what)) and (images := _images_in(Path(what))) != [Path(what)]:
        described = _describe_collection(Path(what), images)
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
    """Tell whether a name is that of an image: by its ending, or as what is there and no model."""
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES or path.is_dir():
        return True
    return suffix not in (*MODEL_SUFFIXES, ".onnx", ".pt", ".pth") and path.is_file()


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
    described: dict[str, Any] = {
        "name": image.name,
        "axes": image.axes,
        "shape": list(image.data.shape),
        "dtype": str(image.data.dtype),
        "pixel size": list(image.pixel_size),
        "unit": image.unit,
    }
    if not path.is_dir() or image.data.size <= MOST_READ:
        described |= _describe_pixels(np.asarray(image.data))
    for found in all_series:
        is_read = found.is_read if series is None else found.number == series
        several = len(all_series) > 1 or len(found.levels) > 1 or len(found.files) > 1
        if several or found.files not in ((), (path.name,)):
            described[f"series {found.number}"] = _describe_series(
                found, level if is_read else None
            )
    return described


def _describe_pixels(pixels: NDArray[Any]) -> dict[str, Any]:
    import numpy as np

    finite = pixels[np.isfinite(pixels)]
    return {
        "minimum": float(finite.min()) if finite.size else None,
        "maximum": float(finite.max()) if finite.size else None,
        "not finite": int(pixels.size - finite.size),
    }


def _images_in(store: Path) -> list[Path]:
    from napari_discembed.io.ome_zarr.stored import images_in

    return images_in(store)


def _describe_collection(path: Path, images: list[Path]) -> dict[str, Any]:
    """Say which images a plate, a well or another collection holds."""
    first = images[0].relative_to(path)
    named = {str(image.relative_to(path)): "an image" for image in images[:MOST_LISTED]}
    more = {"...": ""} if len(images) > MOST_LISTED else {}
    held = f"{pluralize(len(images), 'image')}; `info {path / first}` describes one"
    return {"store": held, **named, **more}


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
