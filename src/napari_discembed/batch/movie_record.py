"""What is done of a movie: frames that wait to be linked, and the finished result.

While a movie is worked on, each frame's objects lie in a hidden folder beside the result, so that
a run that was killed goes on where it was; what belongs to other settings is not taken up.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.checksums import is_sound, sealed
from napari_discembed.files import atomic_path, sweep_partials

Arrays = Mapping[str, NDArray[Any]]
_SETTINGS = "settings.json"


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
        noted = _read(self.work / _SETTINGS)
        if noted.get("settings") != settings:
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir(parents=True)
            self.note(settings, {})
            return {}
        sweep_partials(self.work)
        return noted

    def note(self, settings: str, values: Mapping[str, Any]) -> None:
        """Write down what holds for all frames."""
        _write(self.work / _SETTINGS, {**values, "settings": settings})

    def frame(self, number: int) -> dict[str, NDArray[Any]] | None:
        """Return what was found in a frame; None where it is not there, or damaged."""
        try:
            with self._frame(number).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def add_frame(self, number: int, arrays: Arrays) -> None:
        """Write what was found in a frame, whole or not at all."""
        with atomic_path(self._frame(number)) as partial:
            np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]

    def is_done(self, settings: str) -> bool:
        """Tell whether the result is there, made with the same settings, and as it was written."""
        entry = _read(self._entry)
        return entry.get("settings") == settings and entry.get("written") == self._written()

    def was_changed(self) -> bool:
        """Tell whether someone changed the result since it was written."""
        entry = _read(self._entry)
        return bool(entry) and self.result.is_dir() and entry.get("written") != self._written()

    def summary(self) -> dict[str, Any]:
        """Return the row that :meth:`finish` wrote."""
        row = _read(self._entry).get("row")
        return row if isinstance(row, dict) else {}

    def finish(self, settings: str, row: Mapping[str, Any]) -> None:
        """Note that the result is written, and clear what was only on the way."""
        entry = {"settings": settings, "written": self._written(), "row": dict(row)}
        _write(self._entry, entry)
        shutil.rmtree(self.work, ignore_errors=True)

    @property
    def _entry(self) -> Path:
        return self.output / f"{self.name}_tracking.json"

    def _frame(self, number: int) -> Path:
        return self.work / f"{number:06d}.npz"

    def _written(self) -> str:
        """Return a hash of the names, sizes and times of the result's files."""
        if not self.result.is_dir():
            return ""
        files = sorted(self.result.iterdir())
        stats = [[f.name, f.stat().st_size, f.stat().st_mtime_ns] for f in files]
        return hashlib.sha256(json.dumps(stats).encode()).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) and is_sound(values) else {}


def _write(path: Path, values: Mapping[str, Any]) -> None:
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(sealed(values), indent=1), encoding="utf-8")
