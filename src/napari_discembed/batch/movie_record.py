"""What is done of a movie: frames that wait to be linked, and the finished result.

While a movie is worked on, each frame's objects lie in a hidden folder beside the result, so that
a run that was killed goes on where it was; what belongs to other settings is not taken up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_discembed.io.work_folder import Arrays, WorkFolder, read_document, write_document


@dataclass(frozen=True, slots=True)
class MovieRecord:
    """What is done of a movie.

    Attributes
    ----------
    output
        The folder of all results.
    name
        Of the movie.
    """

    output: Path
    name: str

    @property
    def result(self) -> Path:
        """The folder of the masks and the table of tracks."""
        return self.output / f"{self.name}_RES"

    @property
    def work(self) -> Path:
        """The hidden folder of frames that wait to be linked."""
        return self.output / f".{self.name}_tracking"

    def begin(self, settings: str) -> dict[str, Any]:
        """Take up what an earlier run with the same settings left; clear what another left.

        Returns
        -------
        What the earlier run noted, such as the diameter; empty where there is none.
        """
        return self._parts.begin(settings)

    def note(self, settings: str, values: Mapping[str, Any]) -> None:
        """Write down what holds for all frames."""
        self._parts.note(settings, values)

    def frame(self, number: int) -> dict[str, NDArray[Any]] | None:
        """Return what was found in a frame; None where it is not there, or damaged."""
        return self._parts.read(number)

    def add_frame(self, number: int, arrays: Arrays) -> None:
        """Write what was found in a frame, whole or not at all."""
        self._parts.add(number, arrays)

    def is_done(self, settings: str) -> bool:
        """Tell whether the result is there, made with the same settings, and as it was written."""
        entry = read_document(self._entry)
        return entry.get("settings") == settings and entry.get("written") == self._written()

    def was_changed(self) -> bool:
        """Tell whether someone changed the result since it was written."""
        entry = read_document(self._entry)
        return bool(entry) and self.result.is_dir() and entry.get("written") != self._written()

    def summary(self) -> dict[str, Any]:
        """Return the row that :meth:`finish` wrote."""
        row = read_document(self._entry).get("row")
        return row if isinstance(row, dict) else {}

    def finish(self, settings: str, row: Mapping[str, Any]) -> None:
        """Note that the result is written, and clear what was only on the way."""
        entry = {"settings": settings, "written": self._written(), "row": dict(row)}
        write_document(self._entry, entry)
        self.sweep()

    def sweep(self) -> None:
        """Clear what was only on the way to a result that is there."""
        self._parts.clear()

    @property
    def _entry(self) -> Path:
        return self.output / f"{self.name}_tracking.json"

    @property
    def _parts(self) -> WorkFolder:
        return WorkFolder(self.work)

    def _written(self) -> str:
        """Return a hash of the names, sizes and times of the result's files."""
        if not self.result.is_dir():
            return ""
        files = sorted(self.result.iterdir())
        stats = [[f.name, f.stat().st_size, f.stat().st_mtime_ns] for f in files]
        return hashlib.sha256(json.dumps(stats).encode()).hexdigest()[:16]
