"""What was found in the frames of a movie, read from its record one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from napari_discembed.batch.movie_record import MovieRecord
from napari_discembed.errors import DiscembedError


@dataclass(frozen=True, slots=True)
class FoundFrames(Sequence[dict[str, NDArray[Any]]]):
    """What was found in each frame, read from the record when its turn comes."""

    record: MovieRecord
    n_frames: int

    def __len__(self) -> int:
        return self.n_frames

    def __getitem__(self, number: int) -> dict[str, NDArray[Any]]:  # type: ignore[override]
        if not 0 <= number < self.n_frames:
            raise IndexError(number)
        found = self.record.frame(number)
        if found is None:
            raise DiscembedError(
                f"{self.record.work}: what was found in frame {number} is gone or damaged. Start "
                "again: that frame is done anew."
            )
        return found

    def of(self, name: str) -> Sequence[NDArray[Any]]:
        """Return one of the arrays alone."""
        return _Arrays(self, name)


@dataclass(frozen=True, slots=True)
class _Arrays(Sequence[NDArray[Any]]):
    found: FoundFrames
    name: str

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, number: int) -> NDArray[Any]:  # type: ignore[override]
        return self.found[number][self.name]
