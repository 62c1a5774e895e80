"""How many objects a frame has and how large they are: the one summary of all tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering import SURE_QUALITY
from napari_discembed.imaging import object_sizes
from napari_discembed.types import Segmentation
from napari_discembed.types.axes import FRAME_COLUMNS
from napari_discembed.types.kinds import COUNT_OF


@dataclass(frozen=True, slots=True)
class Summary:
    """Count and sizes of the objects of a frame.

    Attributes
    ----------
    name
        Of the frame.
    count
        Number of objects.
    mean, sd, total
        Mean, sample standard deviation (n - 1; 0 for fewer than two objects) and sum of their
        sizes, in `unit` to the power of `ndim`.
    unit
        Of lengths.
    ndim
        2 where the sizes are areas, 3 where they are volumes.
    where
        Column name, such as ``frame``, to the place along each frame axis; empty for one frame.
    kinds
        How many objects there are of each kind, by its name; empty where there is one kind.
    unsure
        Of how many objects the model is not sure; None where that is not known.
    """

    name: str
    count: int
    mean: float
    sd: float
    total: float
    unit: str = "pixel"
    ndim: int = 2
    where: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    unsure: int | None = None

    @property
    def size_unit(self) -> str:
        """Unit of the sizes, such as ``micrometer^2``."""
        return f"{self.unit}^{self.ndim}"

    @property
    def size_name(self) -> str:
        """``area`` or ``volume``."""
        return "area" if self.ndim == 2 else "volume"

    def row(self) -> dict[str, Any]:
        """Return the summary as a row of a table of images."""
        return {
            "image": self.name,
            "count": self.count,
            "mean_size": self.mean,
            "sd_size": self.sd,
            "total_size": self.total,
            "unit": self.size_unit,
            **count_columns(self.kinds),
            **({} if self.unsure is None else {"unsure": self.unsure}),
        }


def summarise_sizes(sizes: NDArray[Any], name: str, unit: str = "pixel", ndim: int = 2) -> Summary:
    """Summarise the sizes of objects.

    Parameters
    ----------
    sizes
        ``(N,)``: areas or volumes.
    name, unit, ndim
        As :class:`Summary` has them.
    """
    n = len(sizes)
    return Summary(
        name=name,
        count=n,
        mean=float(np.mean(sizes)) if n else 0.0,
        sd=float(np.std(sizes, ddof=1)) if n > 1 else 0.0,
        total=float(np.sum(sizes)),
        unit=unit,
        ndim=ndim,
    )


def summarise(segmentation: Segmentation) -> list[Summary]:
    """Summarise the objects of each frame of a segmentation, in its physical units."""
    series = segmentation.frames()
    summaries = []
    for index, frame in zip(series.indices(), series, strict=True):
        sizes = object_sizes(frame.labels) * math.prod(frame.pixel_size)
        found = summarise_sizes(sizes, frame.name, frame.unit, frame.axes.ndim)
        where = {FRAME_COLUMNS[a]: at for a, at in zip(series.axes, index, strict=True)}
        kinds, unsure = counts_of_kinds(frame), count_unsure(frame.quality)
        summaries.append(replace(found, where=where, kinds=kinds, unsure=unsure))
    return summaries


def count_unsure(quality: NDArray[np.float64] | None) -> int | None:
    """Return of how many objects the model is not sure; None where that is not known."""
    return None if quality is None else int((quality < SURE_QUALITY).sum())


def counts_of_kinds(frame: Segmentation) -> dict[str, int]:
    """Return how many objects of a frame are of each kind; empty where there is one kind."""
    if frame.classes is None:
        return {}
    numbers = np.unique(frame.labels[frame.labels > 0])
    classes = frame.classes[numbers - 1]
    return {kind.name: int((classes == i).sum()) for i, kind in enumerate(frame.class_kinds, 1)}


def count_columns(kinds: Mapping[str, int]) -> dict[str, int]:
    """Return counts of kinds as columns of a table of images."""
    return {f"{COUNT_OF}{name}": count for name, count in kinds.items()}


def columns_of_kinds(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns of such rows that count a kind, in the order that they come."""
    return list(dict.fromkeys(c for row in rows for c in row if c.startswith(COUNT_OF)))


def words_of_kinds(kinds: Mapping[str, int]) -> str:
    """Say how many there are of each kind: ``7 leaf, 5 cotyledon``; empty for one kind."""
    return ", ".join(f"{count} {name}" for name, count in kinds.items())
