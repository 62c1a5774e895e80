"""Tables of measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types.provenance import Provenance


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTable:
    """A table of measurements, a row an object.

    Attributes
    ----------
    columns
        Name to ``(N,)`` values; ``label`` is among them.
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

    def __len__(self) -> int:
        """Return the number of objects, N."""
        return self.count

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column."""
        return self.columns[name]

    @property
    def size_name(self) -> str:
        """Which column is the objects' size: ``area`` in 2-D, ``volume`` in 3-D."""
        return "volume" if "volume" in self.columns else "area"

    @property
    def sizes(self) -> NDArray[np.float64]:
        """``(N,)``: area or volume of each object."""
        return np.asarray(self.columns[self.size_name], dtype=np.float64)

    def with_columns(
        self, columns: Mapping[str, NDArray[Any]], *, first: bool = False
    ) -> ObjectTable:
        """Return the table with more columns, at its end or its beginning."""
        both = {**columns, **self.columns} if first else {**self.columns, **columns}
        return replace(self, columns=both)


def concatenated(tables: Sequence[ObjectTable], name: str) -> ObjectTable:
    """Put tables of one image below each other; what one has not is left empty there.

    Parameters
    ----------
    tables
        At least one.
    name
        Of the whole.
    """
    names = dict.fromkeys(column for table in tables for column in table.columns)
    columns = {
        column: np.concatenate(
            [np.asarray(t.columns.get(column, np.full(t.count, np.nan))) for t in tables]
        )
        for column in names
    }
    return replace(tables[0], columns=columns, name=name)
