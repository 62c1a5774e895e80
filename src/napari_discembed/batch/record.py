"""What is done in an output folder: the labels of each image, the settings behind them, the counts.

Kept in ``segmentation.json`` beside the labels, and as a table in ``counts.csv``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from napari_discembed.batch.sources import Source
from napari_discembed.files import atomic_path
from napari_discembed.io.labels import is_ours
from napari_discembed.io.tables import write_table
from napari_discembed.types.axes import FRAME_COLUMNS

RECORD = "segmentation.json"
COUNTS = "counts.csv"
COLUMNS = (
    "image",
    "count",
    "frame",
    "mean_size",
    "total_size",
    "unit",
    "diameter",
    "model",
    "seconds",
    "sd_size",
)
"""Of counts.csv; new ones come last, since programs go by their order."""
SECONDS_BETWEEN_SAVES = 5.0

Row: TypeAlias = dict[str, Any]


class Entry(BaseModel):
    """What is done for one image. What a newer release writes besides is left out.

    Attributes
    ----------
    settings
        Hash of all that the labels depend on.
    rows
        One an image, or a frame of it: the columns of counts.csv and where the labels are.
    written
        Time of the label file, in ns; None as release 0.1 wrote it first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    settings: str
    rows: list[Row]
    written: int | None = None


_ENTRIES = TypeAdapter(dict[str, Entry])


@dataclass(slots=True)
class Record:
    """The record of an output folder, by the keys of the sources.

    Attributes
    ----------
    folder
        Where the labels and the record are.
    done
        What is done, by this run and by others.
    unreadable
        Why a record that is there could not be read; empty where there is none or it could.
    """

    folder: Path
    done: dict[str, Entry] = field(default_factory=dict)
    unreadable: str = ""
    _own: set[str] = field(default_factory=set)
    _saved_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.done = self._on_disk()

    def _on_disk(self) -> dict[str, Entry]:
        path = self.folder / RECORD
        try:
            return _ENTRIES.validate_json(path.read_bytes()) if path.exists() else {}
        except ValidationError:
            self.unreadable = f"{path} cannot be read; its images are done again."
            return {}

    def labels_path(self, source: Source) -> Path:
        """Return where the labels of an image go."""
        return self.folder / f"{source.key}_labels.tif"

    def classes_path(self, source: Source) -> Path:
        """Return where the classes of an image's pixels go."""
        return self.folder / f"{source.key}_classes.tif"

    def rows(self, sources: Sequence[Source]) -> list[Row]:
        """Return the rows of those images that are done."""
        return [row for s in sources if s.key in self.done for row in self.done[s.key].rows]

    def is_done(self, source: Source, settings: str) -> bool:
        """Tell whether the labels are there, made with the same settings from the same file."""
        entry = self.done.get(source.key)
        same = entry is not None and entry.settings == settings
        return same and self.labels_path(source).exists()

    def is_foreign(self, source: Source) -> bool:
        """Tell whether labels are there that are not ours, or were changed since."""
        target = self.labels_path(source)
        if not target.exists():
            return False
        entry = self.done.get(source.key)
        if entry is None:  # as after a run that was killed
            return not is_ours(target)
        return entry.written is not None and entry.written != target.stat().st_mtime_ns

    def add(self, source: Source, settings: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take up an image whose labels have been written."""
        self._own.add(source.key)
        written = self.labels_path(source).stat().st_mtime_ns
        self.done[source.key] = Entry(
            settings=settings, rows=[dict(row) for row in rows], written=written
        )

    def save_now_and_then(self) -> None:
        """Save if that was some seconds ago."""
        if time.monotonic() - self._saved_at > SECONDS_BETWEEN_SAVES:
            self.save()

    def save(self) -> None:
        """Write the table and the record, each in one go."""
        # Another run may have written into the folder meanwhile.
        self.done |= {k: v for k, v in self._on_disk().items() if k not in self._own}
        rows = [row for key in sorted(self.done) for row in self.done[key].rows]
        more = [c for c in FRAME_COLUMNS.values() if any(row.get(c) is not None for row in rows)]
        columns = dict.fromkeys((*COLUMNS, *more))
        write_table(self.folder / COUNTS, {c: [row.get(c) for row in rows] for c in columns})
        values = {key: entry.model_dump() for key, entry in self.done.items()}
        with atomic_path(self.folder / RECORD) as partial:
            partial.write_text(json.dumps(values, indent=1, sort_keys=True))
        self._saved_at = time.monotonic()

    @contextmanager
    def saved_at_the_end(self) -> Iterator[None]:
        """Save whatever is there when the block ends, an interruption included."""
        try:
            yield
        finally:
            self.save()
