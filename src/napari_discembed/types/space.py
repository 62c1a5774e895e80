"""The space that pixels are embedded into: what is near, what is normal, what is the usual group.

Networks, losses and clusterers ask it, with arrays of numpy or torch alike: only operators are
used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

ArrayT = TypeVar("ArrayT", bound=Any)


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
