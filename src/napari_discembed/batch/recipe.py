"""What is done to each image of a batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_discembed.config import ClusteringConfig, TilingConfig
from napari_discembed.types import Axes, Image
from napari_discembed.types.axes import NO_AXES

if TYPE_CHECKING:
    from napari_discembed.models import Model, ModelCard


@dataclass(frozen=True, slots=True)
class Reading:
    """How the images of a batch are read, given what a person said of one.

    Attributes
    ----------
    axes
        One letter an axis, for every file; None for what each file says.
    like
        Axes of an image that a person named: they hold where a file leaves open whether an axis is
        time, depth or channels.
    channel
        To take alone; None for all. Colours are never taken apart.
    series
        Which of several pictures in each file; None for the first.
    level
        Which resolution of a pyramid, from the finest.
    """

    axes: str | None = None
    like: Axes = NO_AXES
    channel: int | None = None
    series: int | None = None
    level: int = 0

    def read(self, path: Path) -> Image:
        """Return the image of a file.

        Raises
        ------
        FileNotFoundError, FileFormatError, InputError
            If the file is no image, or its axes or channels do not fit.
        """
        from napari_discembed.io.images import read_image  # here, for a quick command line

        return self.apply(read_image(path, self.axes, None, self.series, self.level))

    def apply(self, image: Image) -> Image:
        """Return an image as it is to be read.

        Raises
        ------
        InputError
            If there is no such channel.
        """
        axes = image.axes if self.axes else self._axes_for(image.axes)
        image = image if axes == image.axes else image.with_axes(axes)
        if self.channel is None or not axes.has_channels or axes.has_colour_last:
            return image
        return image.channel(self.channel)

    def identity(self, path: Path) -> list[Any]:
        """Return what changes when someone changes an image: sizes and times of its files."""
        if path.is_dir():
            from napari_discembed.io.ome_zarr.reading import chosen_image
            from napari_discembed.io.ome_zarr.stored import stored_identity

            image = chosen_image(path, self.series)
            levels = image.multiscale.levels
            return list(stored_identity(path, levels[image.checked_level(self.level)].path))
        from napari_discembed.io.tiff_sets import other_files_of_set

        stat, others = path.stat(), [file.stat() for file in other_files_of_set(path)]
        own = [stat.st_size, stat.st_mtime_ns]
        return [*own, *([other.st_size, other.st_mtime_ns] for other in others)]

    def _axes_for(self, own: Axes) -> Axes:
        """Return the axes of a file, with what was said of another image of its kind."""
        like = Axes(self.like)
        if len(like) == len(own) and like.has_channels and not own.has_channels:
            return like
        said, there = like.frames(2), own.frames(2)
        if len(said) != len(there):
            return own
        new = dict(zip(there, said, strict=True))
        return Axes("".join(new.get(a, a) for a in own))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to each image of a batch: with the same recipe comes the same result.

    Attributes
    ----------
    model
        A model, or the name or file of one.
    config
        How pixels are grouped; None for what the model's card recommends.
    diameter
        Typical object diameter, in image pixels; None to estimate it in each image.
    tiling
        How large images are embedded; of it the views alone alter the result.
    reading
        How the files are read.
    block
        Side of the blocks, in image pixels, that large images are done in; None for what suits the
        memory, and small ones as a whole.
    """

    model: Model | str
    config: ClusteringConfig | None = None
    diameter: float | None = None
    tiling: TilingConfig | None = None
    reading: Reading = field(default_factory=Reading)
    block: int | None = None

    def settings_hash(self, card: ModelCard, path: Path) -> str:
        """Return a short hash of all that the labels of a file depend on.

        Parameters
        ----------
        card
            Of the model.
        path
            Of the image file, which is known by its size and time, and those of its OME set; of a
            stored image by those of its files.
        """
        views = card.tiling(self.tiling).views
        parts = [
            card.weights_sha256,
            self.diameter,
            (self.config or card.learned or card.clustering).model_dump_json(),
            [self.reading.axes, self.reading.like, self.reading.channel],
            # What earlier releases did without one keeps its hash.
            *([] if self.reading.series is None else [{"series": self.reading.series}]),
            *([{"level": self.reading.level}] if self.reading.level else []),
            *([] if views == 1 else [{"views": views}]),
            *self.reading.identity(path),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
