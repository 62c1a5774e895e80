"""Readers for napari: CVPPP folders, folders of image and label pairs, of images, embeddings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.datasets.readers import IMAGE_SUFFIXES, Pair, cvppp, find_pairs
from napari_discembed.errors import DiscembedError
from napari_discembed.interaction.projection import object_colours
from napari_discembed.io.embeddings import CARD, read_embedding
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_segmentation
from napari_discembed.types import Image
from napari_discembed.types.axes import RGBA
from napari_discembed.widgets.layers import EMBEDDING, on_grid
from napari_discembed.widgets.layers.kinds import metadata_of_kinds

LayerTuple = tuple[Any, dict[str, Any], str]
Reader = Callable[[str | list[str]], list[LayerTuple]]
MOST_PAIRS = 50


def embedding_reader(path: str | list[str]) -> Reader | None:
    """Return the reader of a ``.dembed`` folder, or None for anything else."""
    return _read_embedding if _is_one(path) and (Path(str(path)) / CARD).is_file() else None


def pairs_reader(path: str | list[str]) -> Reader | None:
    """Return the reader of a folder of images and labels, CVPPP's layout included, or None.

    napari offers this reader for each folder, whatever is in it. So images without labels are read
    by napari's own. Folders with a suffix, such as ``.zarr``, are for the readers of their format.
    """
    if not _is_one(path) or not Path(str(path)).is_dir():
        return None
    folder = Path(str(path))
    if _pairs(folder):
        return _read_pairs
    return None if folder.suffix or not _images(folder) else _read_as_napari


def _is_one(path: str | list[str]) -> bool:
    return isinstance(path, str | Path)


def _images(folder: Path) -> list[str]:
    """Return the images that napari finds in a folder: it looks into none below."""
    try:
        files = sorted(folder.iterdir())
    except OSError:  # one that nobody may look into
        return []
    return [str(p) for p in files if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()]


def _read_as_napari(path: str | list[str]) -> list[LayerTuple]:
    from napari_builtins.io import napari_get_reader

    files = _images(Path(str(path)))
    layers: list[LayerTuple] = napari_get_reader(files)(files)
    return layers


def _pairs(folder: Path) -> list[Pair]:
    for find in (cvppp, find_pairs):
        try:
            return find(folder)
        except (DiscembedError, OSError):
            continue
    return []


def _read_pairs(path: str | list[str]) -> list[LayerTuple]:
    layers: list[LayerTuple] = []
    for pair in _pairs(Path(str(path)))[:MOST_PAIRS]:
        image, found = read_image(pair.image, name=pair.name), read_segmentation(pair.labels)
        labels = found.labels
        layers.append(image_layer(image))
        n = labels.ndim
        about: dict[str, Any] = {
            "name": f"{pair.name} labels",
            "scale": image.pixel_size[-n:],
            "metadata": metadata_of_kinds(found),
        }
        layers.append((labels.astype(np.int32), about, "labels"))
    return layers


def image_layer(image: Image) -> LayerTuple:
    """Return the data, the keywords and the kind of a layer of an image."""
    colour = image.axes.has_colour_last and image.n_channels in (3, RGBA)
    axes = image.axes.without_channels() if colour else image.axes
    sizes = dict(zip(image.spatial_axes, image.pixel_size, strict=True))
    scale = [sizes.get(a, 1.0) for a in axes]
    return image.data, {"name": image.name, "rgb": colour, "scale": scale}, "image"


def _read_embedding(path: str | list[str]) -> list[LayerTuple]:
    embedding = read_embedding(str(path))
    place = on_grid(
        {"scale": embedding.pixel_size, "translate": [0.0] * len(embedding.shape)}, embedding
    )
    views = {
        "colours": (object_colours(embedding), {"rgb": True}),
        "foreground": (np.asarray(embedding.foreground_probability), {}),
    }
    metadata = {EMBEDDING: embedding}
    return [
        (data, {**about, **place, "name": f"{embedding.name} | {k}", "metadata": metadata}, "image")
        for k, (data, about) in views.items()
    ]
