"""The space that pixels are embedded into: what is near, what is normal, what is the usual group.

Networks, losses and clusterers ask it, with arrays of numpy or torch alike: only operators are
used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

ArrayT = TypeVar("ArrayT", bound=Any)
NOTHING: Mapping[str, object] = MappingProxyType({})


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


def kernel_scale(pull: float) -> float:
    """Return ``k`` of the soft mask ``exp(-k d^2)`` that is one half at the pull margin."""
    return math.log(2) / pull**2


class EmbeddingSpace(Protocol):
    """What networks, losses and clusterers need to know of a space."""

    @property
    def kind(self) -> str:
        """Name of the space, as in its config."""
        ...

    @property
    def margins(self) -> Margins:
        """Radii of pull and push, in embedding units."""
        ...

    @property
    def has_coordinates(self) -> bool:
        """Whether points hold pixel coordinates, so that they are unique over the whole image."""
        ...

    @property
    def method(self) -> str:
        """The clustering method that suits the space."""
        ...

    @property
    def method_settings(self) -> Mapping[str, object]:
        """What that method's config has other than usual, by field."""
        ...

    @property
    def loss(self) -> str:
        """The loss of the embedding that suits the space, as in the config of a training."""
        ...

    @property
    def bandwidth(self) -> float:
        """The usual bandwidth, in embedding units."""
        ...

    @property
    def merge_margin(self) -> float:
        """The usual merge margin, in embedding units."""
        ...

    @property
    def kernel_scale(self) -> float:
        """``k`` of the soft mask ``exp(-k d^2)`` that is one half at the pull margin."""
        ...

    def normalise(self, points: ArrayT) -> ArrayT:
        """Bring ``(E, ...)`` points to where the space's distances hold."""
        ...

    def squared_distance(self, a: ArrayT, b: ArrayT) -> ArrayT:
        """Return ``(...)``: the squared distance of ``(E, ...)`` points."""
        ...

    def kernel(self, squared_distance: ArrayT) -> ArrayT:
        """Return the soft membership at squared distances, in (0, 1]: the target of seediness."""
        ...


@dataclass(frozen=True, slots=True)
class EuclideanSpace:
    """Euclidean embedding space (De Brabandere 2017).

    Attributes
    ----------
    margins
        Of the discriminative loss.
    has_coordinates
        Whether points hold pixel coordinates (semi-convolutional, Novotny 2018), so that they are
        unique over the whole image.
    """

    margins: Margins = Margins()
    has_coordinates: bool = False

    @property
    def kind(self) -> str:
        """Name of the space, as in its config."""
        return "euclidean"

    @property
    def method(self) -> str:
        """The clustering method that suits the space."""
        return "density"

    @property
    def method_settings(self) -> Mapping[str, object]:
        """Nothing: the method as it usually is."""
        return NOTHING

    @property
    def loss(self) -> str:
        """The discriminative loss."""
        return "discriminative"

    @property
    def bandwidth(self) -> float:
        """Two and a half pull margins.

        A little above 2.35, where two kernels as wide as the pull margin show no dip between them.
        """
        return 2.5 * self.margins.pull

    @property
    def merge_margin(self) -> float:
        """Twice the pull margin, an instance's width."""
        return 2 * self.margins.pull

    @property
    def kernel_scale(self) -> float:
        """``k`` of the soft mask ``exp(-k d^2)`` that is one half at the pull margin."""
        return kernel_scale(self.margins.pull)

    def normalise(self, points: ArrayT) -> ArrayT:
        """Return the points as they are: lengths matter here."""
        return points

    def squared_distance(self, a: ArrayT, b: ArrayT) -> ArrayT:
        """Return the sum of squared differences along the first axis."""
        difference = a - b
        return (difference * difference).sum(0)

    def kernel(self, squared_distance: ArrayT) -> ArrayT:
        """Return ``exp(-d^2 ln 2 / delta_v^2)`` (Neven 2019, eq. 11), one half at ``delta_v``."""
        return math.e ** (-self.kernel_scale * squared_distance)


ORTHOGONAL = math.sqrt(2)
"""Distance of two points at right angles on the unit sphere."""
LEAST_SQUARE = 1e-12
"""Of a point's length: the centre has no direction, and stays where it is."""


@dataclass(frozen=True, slots=True)
class CosineSpace:
    """Embedding space of directions (Payer et al. 2018): points on the unit sphere.

    The distance of two directions at an angle a is the chord ``2 sin(a / 2)``, whose square is
    ``2 - 2 cos(a)``. Objects near each other are orthogonal, which is a distance of the square root
    of 2; far ones may share a direction, so that a few dimensions do for any number of them, and
    what is not connected in the image is not one object.

    Attributes
    ----------
    pull
        Distance up to which pixels are as near their object's mean as need be; 0.5 is an angle of
        29 degrees.
    """

    pull: float = 0.5

    @property
    def kind(self) -> str:
        """Name of the space, as in its config."""
        return "cosine"

    @property
    def margins(self) -> Margins:
        """Radii of pull and push: means of neighbours are orthogonal."""
        return Margins(self.pull, ORTHOGONAL / 2)

    @property
    def has_coordinates(self) -> bool:
        """Never: a direction has no place."""
        return False

    @property
    def method(self) -> str:
        """The clustering method that suits the space."""
        return "density"

    @property
    def method_settings(self) -> Mapping[str, object]:
        """Unconnected parts are apart: they may share a direction by chance."""
        return MappingProxyType({"split_parts": True})

    @property
    def loss(self) -> str:
        """The cosine embedding loss."""
        return "cosine"

    @property
    def bandwidth(self) -> float:
        """Two and a half pull margins, as in Euclidean space."""
        return 2.5 * self.pull

    @property
    def merge_margin(self) -> float:
        """Twice the pull margin, an instance's width."""
        return 2 * self.pull

    @property
    def kernel_scale(self) -> float:
        """``k`` of the soft mask ``exp(-k d^2)`` that is one half at the pull margin."""
        return kernel_scale(self.pull)

    def normalise(self, points: ArrayT) -> ArrayT:
        """Return ``(E, ...)`` points at unit length."""
        return points / ((points * points).sum(0) + LEAST_SQUARE) ** 0.5

    def squared_distance(self, a: ArrayT, b: ArrayT) -> ArrayT:
        """Return the squared chord of normalised points: two less twice the cosine."""
        difference = a - b
        return (difference * difference).sum(0)

    def kernel(self, squared_distance: ArrayT) -> ArrayT:
        """Return ``exp(-d^2 ln 2 / pull^2)``, one half at the pull margin."""
        return math.e ** (-self.kernel_scale * squared_distance)
