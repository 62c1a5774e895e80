"""A hidden folder of what is done of a long work, so that a run that was killed goes on there."""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections.abc import Collection, Mapping
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
class WorkFolder:
    """What is done of a work: parts by their numbers, each whole or not there.

    What belongs to other settings is not taken up.

    Attributes
    ----------
    path
        Of the folder.
    """

    path: Path

    def begin(self, settings: str) -> dict[str, Any]:
        """Take up what an earlier run with the same settings left; clear what another left.

        Returns
        -------
        What the earlier run noted; empty where there is none.
        """
        noted = read_document(self.path / _SETTINGS)
        if noted.get("settings") != settings:
            self.clear()
            self.path.mkdir(parents=True)
            self.note(settings, {})
            return {}
        sweep_partials(self.path)
        return noted

    def belongs_to(self, settings: str) -> bool:
        """Tell whether what is in the folder is of a run with these settings."""
        return read_document(self.path / _SETTINGS).get("settings") == settings

    def note(self, settings: str, values: Mapping[str, Any]) -> None:
        """Write down what holds for all parts."""
        write_document(self.path / _SETTINGS, {**values, "settings": settings})

    def has(self, number: int) -> bool:
        """Tell whether a part is done, and not cut short."""
        return zipfile.is_zipfile(self._part(number))

    def read(
        self, number: int, names: Collection[str] | None = None
    ) -> dict[str, NDArray[Any]] | None:
        """Return the arrays of a part; None where it is not there, or damaged.

        Parameters
        ----------
        number
            Of the part.
        names
            Of the arrays that are read, if they are there; None for all.
        """
        try:
            with self._part(number).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                return {n: file[n] for n in file.files if names is None or n in names}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
            return None

    def add(self, number: int, arrays: Arrays) -> None:
        """Write the arrays of a part, whole or not at all."""
        with atomic_path(self._part(number)) as partial:
            np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]

    def remove(self, number: int) -> None:
        """Remove a part, so that it is done again."""
        self._part(number).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _part(self, number: int) -> Path:
        return self.path / f"{number:06d}.npz"


def read_document(path: Path) -> dict[str, Any]:
    """Return a document that :func:`write_document` wrote; empty where it is not, or damaged."""
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) and is_sound(values) else {}


def write_document(path: Path, values: Mapping[str, Any]) -> None:
    """Write a document with its checksum, whole or not at all."""
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(sealed(values), indent=1), encoding="utf-8")
