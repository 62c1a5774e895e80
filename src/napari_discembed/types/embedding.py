"""What the network says of each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.arrays import FloatArray
from napari_discembed.types.axes import Axes
from napari_discembed.types.candidates import Candidates
from napari_discembed.types.kinds import Kind
from napari_discembed.types.provenance import Provenance
from napari_discembed.types.space import EmbeddingSpace, EuclideanSpace, Margins


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """What the network says of each pixel of a frame, on the network's own grid.

    The grid is the image resampled so that its objects have the diameter that the model was
    trained for; labels made on it come back on the image's grid (`image_shape`).

    Attributes
    ----------
    maps
        ``(channels, *S)`` float32 (arrays or memory maps) by the name of the head that made them.
        ``embedding`` ``(E, *S)``: a point in embedding space for each pixel; ``foreground``
        ``(K, *S)`` in [0, 1]: the probability of each foreground class (K is usually 1);
        ``seediness`` ``(1, *S)`` in [0, 1], where predicted: how central a pixel is in its object.
    space
        What the points lie in.
    diameter
        Typical object diameter on this grid, in grid pixels.
    image_shape
        Shape of the image's spatial axes, which labels are returned on.
    pixel_size, unit, name
        Of the image.
    provenance
        Model and settings.
    candidates
        Nested masks on this grid that a judge has scored; None where there was none.
    kinds
        What the foreground classes are called; empty where nobody said.

    Raises
    ------
    InputError
        If there is no embedding or foreground, or the shapes differ.
    """

    maps: Mapping[str, FloatArray]
    space: EmbeddingSpace = field(default_factory=EuclideanSpace)
    diameter: float = 24.0
    image_shape: tuple[int, ...] = ()
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)
    candidates: Candidates | None = None
    kinds: tuple[Kind, ...] = ()

    def __post_init__(self) -> None:
        missing = {"embedding", "foreground"} - set(self.maps)
        if missing:
            raise InputError(
                f"Expected maps 'embedding' and 'foreground', got {', '.join(self.maps) or 'none'}."
            )
        if self.values.ndim not in (3, 4):
            raise InputError(
                "Expected embedding values of shape (E, Y, X) or (E, Z, Y, X), got "
                f"{self.values.shape}."
            )
        for name, array in self.maps.items():
            if array.ndim != self.values.ndim or array.shape[1:] != self.shape:
                raise InputError(
                    f"Expected a {name} of shape (channels, {', '.join(map(str, self.shape))}), "
                    f"got {array.shape}."
                )
        if self.candidates is not None and self.candidates.smallest.shape != self.shape:
            raise InputError(
                f"Expected candidates on the embedding's grid of shape {self.shape}, got "
                f"{self.candidates.smallest.shape}."
            )
        if not self.image_shape:
            object.__setattr__(self, "image_shape", self.shape)
        if len(self.pixel_size) == 1:
            object.__setattr__(self, "pixel_size", tuple(self.pixel_size) * len(self.shape))

    @classmethod
    def of(
        cls,
        values: FloatArray,
        foreground: FloatArray,
        seediness: FloatArray | None = None,
        *,
        margins: Margins | None = None,
        has_coordinates: bool = False,
        diameter: float = 24.0,
        image_shape: tuple[int, ...] = (),
    ) -> Embedding:
        """Return an embedding of plain arrays, in Euclidean space.

        Parameters
        ----------
        values
            ``(E, *S)``.
        foreground
            ``(K, *S)`` in [0, 1].
        seediness
            ``(*S)`` in [0, 1]; None where there is none.
        margins, has_coordinates
            Of the space.
        diameter, image_shape
            As for the class.
        """
        maps = {"embedding": values, "foreground": foreground}
        if seediness is not None:
            maps["seediness"] = seediness[None]
        space = EuclideanSpace(margins or Margins(), has_coordinates)
        return cls(maps, space, diameter, image_shape)

    @property
    def axes(self) -> Axes:
        """Axes of the grid: ``YX`` or ``ZYX``."""
        return Axes.spatial_of(len(self.shape))

    @property
    def values(self) -> FloatArray:
        """``(E, *S)``: a point in embedding space for each pixel."""
        return self.maps["embedding"]

    @property
    def foreground(self) -> FloatArray:
        """``(K, *S)`` in [0, 1]: the probability of each foreground class."""
        return self.maps["foreground"]

    @property
    def seediness(self) -> FloatArray | None:
        """``(*S)`` in [0, 1]: how central a pixel is in its object; None where not predicted."""
        found = self.maps.get("seediness")
        return None if found is None else found[0]

    @property
    def margins(self) -> Margins:
        """The margins of the space."""
        return self.space.margins

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

    def is_foreground(self, threshold: float) -> NDArray[np.bool_]:
        """Return ``(*S)``: whether that probability reaches a threshold."""
        return np.asarray(self.foreground_probability) >= threshold
