"""The values that flow through the pipeline: each frozen, each the next step's input.

Shapes: ``B`` batch, ``C`` channels, ``E`` embedding, ``K`` foreground classes, ``N`` instances,
``*S`` spatial axes (``Y, X`` or ``Z, Y, X``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]

SPATIAL_AXES = "ZYX"
KNOWN_AXES = "TCZYX"
RGBA = 4
"""Channels of a picture with alpha."""


@dataclass(frozen=True, slots=True)
class Margins:
    """The two radii of the discriminative loss (De Brabandere 2017, section 3.1).

    Attributes
    ----------
    pull
        ``delta_v``: pixels of an instance come this close to its mean, in embedding units.
    push
        ``delta_d``: means of two instances are driven apart to twice this distance.
    """

    pull: float = 0.5
    push: float = 1.5


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    version
        Of napari-discembed.
    model
        The model's name.
    weights_hash
        SHA-256 of the weights, hexadecimal.
    config
        The settings of every step so far, as plain JSON values.
    """

    version: str = ""
    model: str = ""
    weights_hash: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)


def guess_axes(shape: tuple[int, ...]) -> str:
    """Name the axes of a plain array.

    Two axes are ``YX``; three are ``YXC`` where the last has 3 or 4 entries (RGB, RGBA), else
    ``ZYX``; four are ``ZYXC`` where the last has 3 or 4 entries, else ``CZYX``.
    """
    colour_last = len(shape) >= 3 and shape[-1] in (3, 4) and min(shape[:-1]) > 4
    guesses = {2: "YX", 3: "YXC" if colour_last else "ZYX", 4: "ZYXC" if colour_last else "CZYX"}
    if len(shape) not in guesses:
        raise InputError(
            f"Expected an image of 2 to 4 axes, got shape {shape}. "
            "Say which axes these are, for example axes='TCZYX'."
        )
    return guesses[len(shape)]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Pixels with the names of their axes and their physical size.

    Attributes
    ----------
    data
        The pixels, in any real dtype.
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
    axes: str = ""
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"

    def __post_init__(self) -> None:
        axes = self.axes.upper() or guess_axes(self.data.shape)
        object.__setattr__(self, "axes", axes)
        if len(axes) != self.data.ndim or len(set(axes)) != len(axes):
            raise InputError(
                f"{self.name}: expected one different letter for each of the {self.data.ndim} "
                f"axes of shape {self.data.shape}, got axes={axes!r}."
            )
        if not set(axes) <= set(KNOWN_AXES) or not {"Y", "X"} <= set(axes):
            raise InputError(
                f"{self.name}: expected axes out of {KNOWN_AXES}, with Y and X among them, "
                f"got {axes!r}."
            )
        n_spatial = len(self.spatial_axes)
        size = tuple(float(s) for s in self.pixel_size)
        size = size * n_spatial if len(size) == 1 else size
        if len(size) != n_spatial or not all(math.isfinite(s) and s > 0 for s in size):
            raise InputError(
                f"{self.name}: expected {n_spatial} positive pixel sizes (axes "
                f"{self.spatial_axes}), got {self.pixel_size}."
            )
        object.__setattr__(self, "pixel_size", size)

    @property
    def spatial_axes(self) -> str:
        """The letters of the spatial axes, in the order of the data."""
        return "".join(a for a in self.axes if a in SPATIAL_AXES)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the spatial axes, ``*S``."""
        return tuple(n for n, a in zip(self.data.shape, self.axes, strict=True) if a in "ZYX")

    @property
    def n_channels(self) -> int:
        """The length of the channel axis, 1 where there is none."""
        return self.data.shape[self.axes.index("C")] if "C" in self.axes else 1

    @property
    def n_frames(self) -> int:
        """The length of the time axis, 1 where there is none."""
        return self.data.shape[self.axes.index("T")] if "T" in self.axes else 1

    @property
    def has_alpha(self) -> bool:
        """Whether it is RGBA: four colours along the last axis. A stack of channels is not."""
        return self.axes.endswith("C") and self.n_channels == RGBA

    def channels_first(self, wanted: int | None = None) -> NDArray[Any]:
        """Return a view of the pixels as ``(C, *S)``, spatial axes in the order Z, Y, X.

        Parameters
        ----------
        wanted
            How many channels; RGBA loses its alpha where it is less than all four, any other image
            has what it has. None for all.
        """
        if "T" in self.axes:
            raise InputError(
                f"{self.name}: expected a single frame, got {self.n_frames} along T. "
                "Go through frames(), one at a time."
            )
        data, axes = self.data, self.axes
        if "C" not in axes:
            data, axes = data[np.newaxis], "C" + axes
        order = [axes.index(a) for a in "C" + SPATIAL_AXES if a in axes]
        drop = self.has_alpha and wanted is not None and wanted < RGBA
        return data.transpose(order)[: RGBA - 1 if drop else None]

    def crop(self, window: Sequence[slice]) -> Image:
        """Return the part in a window: a slice for each spatial axis."""
        where = dict(zip(self.spatial_axes, window, strict=True))
        return replace(self, data=self.data[tuple(where.get(a, slice(None)) for a in self.axes)])

    def frames(self) -> Iterator[Image]:
        """Yield the image at each time point; the image itself where there is no time axis."""
        if "T" not in self.axes:
            yield self
            return
        where = self.axes.index("T")
        axes = self.axes.replace("T", "")
        for t in range(self.n_frames):
            frame = np.take(self.data, t, axis=where)
            yield replace(self, data=frame, axes=axes, name=f"{self.name}[{t}]")


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """What the network says of each pixel, on the network's own grid.

    The grid is the image resampled so that its objects have the diameter that the model was
    trained for; labels made on it come back on the image's grid (`image_shape`).

    Attributes
    ----------
    values
        ``(E, *S)`` float32 (array or memory map): a point in embedding space for each pixel.
    foreground
        ``(K, *S)`` in [0, 1]: the probability of each foreground class (K is usually 1).
    seediness
        ``(*S)`` in [0, 1]: how central a pixel is in its instance; None where not predicted.
    margins
        The margins the model was trained with.
    diameter
        Typical object diameter on this grid, in grid pixels.
    image_shape
        Shape of the image's spatial axes, which labels are returned on.
    spatial
        Whether the values hold pixel coordinates (semi-convolutional), so that they are
        unique over the whole image.
    pixel_size, unit, name
        Of the image.
    provenance
        Model and settings.
    """

    values: FloatArray
    foreground: FloatArray
    seediness: FloatArray | None = None
    margins: Margins = field(default_factory=Margins)
    diameter: float = 24.0
    image_shape: tuple[int, ...] = ()
    spatial: bool = False
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        if self.values.ndim not in (3, 4):
            raise InputError(
                "Expected embedding values of shape (E, Y, X) or (E, Z, Y, X), got "
                f"{self.values.shape}."
            )
        if self.foreground.ndim != self.values.ndim or self.foreground.shape[1:] != self.shape:
            raise InputError(
                f"Expected a foreground of shape (K, {', '.join(map(str, self.shape))}), got "
                f"{self.foreground.shape}."
            )
        if self.seediness is not None and self.seediness.shape != self.shape:
            raise InputError(
                f"Expected a seediness of shape {self.shape}, got {self.seediness.shape}."
            )
        if not self.image_shape:
            object.__setattr__(self, "image_shape", self.shape)
        if len(self.pixel_size) == 1:
            object.__setattr__(self, "pixel_size", tuple(self.pixel_size) * len(self.shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the spatial axes of the embedding's grid."""
        return tuple(self.values.shape[1:])

    @property
    def dim(self) -> int:
        """Number of embedding dimensions, E."""
        return int(self.values.shape[0])

    @property
    def foreground_probability(self) -> FloatArray:
        """``(*S)``: the probability of belonging to any object."""
        if self.foreground.shape[0] == 1:
            return self.foreground[0]
        total: FloatArray = self.foreground.sum(axis=0)
        return total.clip(max=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Labelled objects on the image's own grid.

    Attributes
    ----------
    labels
        ``(*S)`` (``(T, *S)`` for a time-lapse), unsigned; 0 is background, objects are 1 to N.
    classes
        ``(N,)``: the foreground class of each object, from 1; None where there is one class, and
        for a time-lapse.
    pixel_size, unit, name
        Of the image.
    provenance
        Model and settings, those of the clustering included.
    """

    labels: IntArray
    classes: IntArray | None = None
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def count(self) -> int:
        """The number of objects, N; of all frames, each of which is numbered anew."""
        timed = self.labels.ndim > max(2, len(self.pixel_size))
        frames = self.labels if timed else [self.labels]
        return sum(int(np.count_nonzero(np.bincount(one.ravel())[1:])) for one in frames)

    @property
    def class_image(self) -> IntArray | None:
        """``(*S)``: the class of each pixel's object, 0 for background; None without classes."""
        if self.classes is None:
            return None
        return np.concatenate([[0], self.classes]).astype(np.uint8)[self.labels]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """A table of measurements, a row an object.

    Attributes
    ----------
    columns
        Name to ``(N,)`` values; ``label`` is the first.
    name
        Of the image.
    unit
        Of lengths; areas and volumes are in its square and cube.
    provenance
        Model and settings.
    """

    columns: Mapping[str, NDArray[Any]]
    name: str = "image"
    unit: str = "pixel"
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def count(self) -> int:
        """The number of objects, N."""
        return len(next(iter(self.columns.values()), ()))
