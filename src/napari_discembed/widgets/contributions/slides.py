"""Reader for napari: OME-Zarr images and slides, of which only what is shown is read."""

from __future__ import annotations

from pathlib import Path

from napari_discembed.io.ome_zarr.folders import is_store
from napari_discembed.widgets.contributions.readers import Reader
from napari_discembed.widgets.layers.pyramids import LayerTuple, slide_layers


def slide_reader(path: str | list[str]) -> Reader | None:
    """Return the reader of an OME-Zarr image or a slide; None for anything else."""
    if not isinstance(path, str | Path):
        return None
    file = Path(path)
    return _read_slide if file.is_file() or is_store(file) else None


def _read_slide(path: str | list[str]) -> list[LayerTuple]:
    return slide_layers(Path(str(path)))
