"""What is done in an output folder: the labels of each image, the settings behind them, the counts.

Kept in ``segmentation.json`` beside the labels, and as a table in ``counts.csv``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from napari_discembed.batch.entries import Entry, Row, read_entries
from napari_discembed.batch.sources import Source
from napari_discembed.batch.summary import columns_of_kinds
from napari_discembed.checksums import sealed
from napari_discembed.errors import InputError
from napari_discembed.files import atomic_path, free_path
from napari_discembed.io.labels import is_ours
from napari_discembed.io.ome_zarr.folders import MARKS
from napari_discembed.io.tables import write_table
from napari_discembed.lock import locked
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
WHERE_KNOWN = (*FRAME_COLUMNS.values(), "unsure")
"""Of counts.csv, after those, where there is an image that has them."""
SECONDS_BETWEEN_SAVES = 5.0

LABEL_NAME = "discembed"
"""Of labels in OME-Zarr, if nothing else is asked."""

UNREADABLE = "segmentation.unreadable.json"
LOCK = ".segmentation.lock"


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
    label_name
        Of the labels of stored images, which are written into their stores.
    """

    folder: Path
    label_name: str = LABEL_NAME
    done: dict[str, Entry] = field(default_factory=dict)
    unreadable: str = ""
    _own: set[str] = field(default_factory=set)
    _saved_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.done = self._on_disk()

    def _on_disk(self) -> dict[str, Entry]:
        path = self.folder / RECORD
        try:
            done, bad = read_entries(path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            kept = free_path(self.folder / UNREADABLE)
            self.unreadable = (
                f"{path} cannot be read; its images are done again. It is kept as {kept.name}."
            )
            path.rename(kept)
            return {}
        if bad:
            several = f" and {len(bad) - 1} others" if len(bad) > 1 else ""
            self.unreadable = f"{path}: what it says of {bad[0]}{several} is damaged; done again."
        return done

    def check_table(self) -> None:
        """Refuse to replace a table of counts that is not ours.

        Raises
        ------
        InputError
            If there is one.
        """
        path = self.folder / COUNTS
        if path.exists() and not is_our_table(path):
            raise InputError(
                f"{path} is there and was not written by this program. Choose another --output, "
                "or say --overwrite to replace it."
            )

    def labels_path(self, source: Source) -> Path:
        """Return where the labels of an image go: a file, or a group of its store."""
        if source.is_store:
            return source.path / "labels" / self.label_name
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

    def add(self, source: Source, settings: str, rows: Sequence[Row]) -> None:
        """Take up an image whose labels have been written."""
        self._own.add(source.key)
        target = self.labels_path(source)
        written = (target if target.is_file() else _metadata(target)).stat().st_mtime_ns
        self.done[source.key] = Entry(
            settings=settings, rows=[dict(row) for row in rows], written=written
        )

    def save_now_and_then(self) -> None:
        """Save if that was some seconds ago."""
        if time.monotonic() - self._saved_at > SECONDS_BETWEEN_SAVES:
            self.save()

    def save(self) -> None:
        """Write the table and the record, each in one go."""
        with locked(self.folder / LOCK):
            self._merge_and_write()
        self._saved_at = time.monotonic()

    def _merge_and_write(self) -> None:
        # Another run may have written into the folder meanwhile.
        others = self._on_disk()
        self.done |= {k: v for k, v in others.items() if k not in self._own or self._is_newer(k, v)}
        rows = [row for key in sorted(self.done) for row in self.done[key].rows]
        more = [c for c in WHERE_KNOWN if any(row.get(c) is not None for row in rows)]
        columns = dict.fromkeys((*COLUMNS, *more, *columns_of_kinds(rows)))
        write_table(self.folder / COUNTS, {c: [row.get(c) for row in rows] for c in columns})
        values = {key: sealed(entry.model_dump(), key) for key, entry in self.done.items()}
        with atomic_path(self.folder / RECORD) as partial:
            partial.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")

    def _is_newer(self, key: str, other: Entry) -> bool:
        """Tell whether another run has replaced the labels that this one wrote."""
        mine, path = self.done[key].written, self.folder / f"{key}_labels.tif"
        return other.written != mine and path.exists() and path.stat().st_mtime_ns == other.written

    @contextmanager
    def saved_at_the_end(self) -> Iterator[None]:
        """Save whatever is there when the block ends, an interruption included."""
        try:
            yield
        finally:
            self.save()


def _metadata(group: Path) -> Path:
    """Return the file by which a group of zarr is known."""
    return next(file for name in MARKS if (file := group / name).is_file())


def is_our_table(path: Path) -> bool:
    """Tell whether a file is a table of counts that :meth:`Record.save` wrote, or an empty one."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline(1000)
    return not header or header.strip().split(",")[:2] == list(COLUMNS[:2])
