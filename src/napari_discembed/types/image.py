"""Pixels with the names of their axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.axes import CHANNEL, NO_AXES, RGBA, SPATIAL, Axes
from napari_discembed.types.series import Series


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Pixels with the names of their axes and their physical size.

    Attributes
    ----------
    data
        The pixels, in any real dtype: a numpy array, a memory map, or an array that is read when
        it is indexed, as those of dask and zarr are.
    axes
        One letter an axis, of ``T`` (time), ``C`` (channel or colour), ``Z``, ``Y``, ``X``.
    pixel_size
        Along each spatial axis, in the order of `axes`, in `unit`. One number serves all axes.
    unit
        Such as ``"micrometer"``; ``"pixel"`` where nothing is known.
    name
        For messages, layers and tables.

    Raises
    ------
    InputError
        If the axes do not fit the array, or a pixel size is not a positive number.
    """

    data: NDArray[Any]
    axes: Axes = NO_AXES
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"

    def __post_init__(self) -> None:
        axes = self._checked_axes()
        object.__setattr__(self, "axes", axes)
        n_spatial = axes.ndim
        size = tuple(float(s) for s in self.pixel_size)
        size = size * n_spatial if len(size) == 1 else size
        if len(size) != n_spatial or not all(math.isfinite(s) and s > 0 for s in size):
            raise InputError(
                f"{self.name}: expected {n_spatial} positive pixel sizes (axes "
                f"{axes.spatial}), got {self.pixel_size}."
            )
        object.__setattr__(self, "pixel_size", size)

    def _checked_axes(self) -> Axes:
        try:
            axes = Axes(self.axes) if self.axes else Axes.guess(self.data.shape)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from None
        if len(axes) != self.data.ndim:
            raise InputError(
                f"{self.name}: expected one different letter for each of the {self.data.ndim} "
                f"axes of shape {self.data.shape}, got axes={str(axes)!r}."
            )
        if not {"Y", "X"} <= set(axes):
            raise InputError(f"{self.name}: expected axes with Y and X, got {str(axes)!r}.")
        return axes

    @property
    def spatial_axes(self) -> Axes:
        """The spatial axes, in the order of the data."""
        return self.axes.spatial

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the spatial axes, ``*S``."""
        return self.axes.shape(self.data.shape, self.axes.spatial)

    @property
    def n_channels(self) -> int:
        """The length of the channel axis, 1 where there is none."""
        return self.axes.sizes(self.data.shape).get(CHANNEL, 1)

    @property
    def n_frames(self) -> int:
        """The length of the time axis, 1 where there is none."""
        return len(self.frames())

    @property
    def has_alpha(self) -> bool:
        """Whether it is RGBA: four colours along the last axis. A stack of channels is not."""
        return self.axes.has_colour_last and self.n_channels == RGBA

    @property
    def ordered_pixel_size(self) -> tuple[float, ...]:
        """The pixel sizes in the order Z, Y, X, which :meth:`channels_first` brings axes to."""
        return self.axes.spatial.select(self.pixel_size, SPATIAL)

    def channels_first(self, wanted: int | None = None, *, lazy: bool = False) -> NDArray[Any]:
        """Return the pixels as ``(C, *S)``, spatial axes in the order Z, Y, X.

        A view where `data` is a numpy array; others are read here.

        Parameters
        ----------
        wanted
            How many channels; RGBA loses its alpha where it is less than all four, any other image
            has what it has. None for all.
        lazy
            Whether an array of another library, which can be transposed, is left unread.
        """
        if self.axes.has_time:
            raise InputError(
                f"{self.name}: expected a single frame, got {self.n_frames} along T. "
                "Go through frames(), one at a time."
            )
        data, axes = self.data if lazy else np.asanyarray(self.data), self.axes
        if not axes.has_channels:
            data, axes = data[np.newaxis], Axes(CHANNEL + axes)
        drop = self.has_alpha and wanted is not None and wanted < RGBA
        return data.transpose(axes.order(CHANNEL + SPATIAL))[: RGBA - 1 if drop else None]

    def loaded(self) -> Image:
        """Return the image with its pixels in a numpy array; a memory map stays one."""
        data = np.asanyarray(self.data)
        return self if data is self.data else replace(self, data=data)

    def with_axes(self, axes: Axes) -> Image:
        """Return the image with its axes called otherwise; each keeps its pixel size."""
        known = dict(zip(self.axes.spatial, self.pixel_size, strict=True))
        was = dict(zip(axes, self.axes, strict=False))
        size = tuple(known.get(was.get(a, a), 1.0) for a in axes.spatial)
        return replace(self, axes=axes, pixel_size=size)

    def channel(self, index: int) -> Image:
        """Return one channel alone.

        Raises
        ------
        InputError
            If there is no such channel.
        """
        if not 0 <= index < self.n_channels:
            raise InputError(
                f"{self.name}: expected a channel from 0 to {self.n_channels - 1}, got {index}."
            )
        if not self.axes.has_channels:
            return self
        data = self.data[self.axes.at({CHANNEL: index})]
        return replace(self, data=data, axes=self.axes.without_channels())

    def crop(self, window: Sequence[slice]) -> Image:
        """Return the part in a window: a slice for each spatial axis."""
        where = dict(zip(self.spatial_axes, window, strict=True))
        return replace(self, data=self.data[self.axes.at(where)])

    def frames(self, ndim: int | None = None) -> Series[Image]:
        """Return the frames of the image, each read when it is asked for.

        Parameters
        ----------
        ndim
            Dimensions of a frame: a z-stack is planes where they are 2. None to go through time
            alone.

        Raises
        ------
        InputError
            If volumes are wanted and there is no Z axis.
        """
        if ndim == 3 and not self.axes.has_depth:
            raise InputError(
                f"{self.name}: this model takes volumes, and the image has no Z axis. Choose a 2-D "
                "model, or say which axis is Z."
            )
        axes = self.axes.frames(ndim)
        shape = self.axes.shape(self.data.shape, axes)
        return Series(_Frames(self, axes, shape), axes, shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Frames(Sequence[Image]):
    """The frames of an image, read one by one."""

    image: Image
    axes: Axes
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return math.prod(self.shape)

    @overload
    def __getitem__(self, number: int) -> Image: ...
    @overload
    def __getitem__(self, number: slice) -> list[Image]: ...
    def __getitem__(self, number: int | slice) -> Image | list[Image]:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        image = self.image
        if not self.axes:
            return image
        index = [int(i) for i in np.unravel_index(number, self.shape)]
        data = image.data[image.axes.at(dict(zip(self.axes, index, strict=True)))]
        kept = image.axes.without(self.axes)
        return replace(
            image,
            data=np.asanyarray(data),
            axes=kept,
            pixel_size=image.axes.spatial.select(image.pixel_size, kept.spatial),
            name=f"{image.name}{frame_suffix(index)}",
        )


def frame_suffix(index: Sequence[int]) -> str:
    """Return ``[3]`` for the frame 3, ``[3, 1]`` for its plane 1, nothing for a single frame."""
    return f"[{', '.join(map(str, index))}]" if len(index) else ""
