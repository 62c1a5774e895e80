"""A folder of images as a project: what is known of each, kept in files, without Qt and napari."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from napari_discembed.batch.record import COUNTS, is_our_table
from napari_discembed.batch.summary import summarise
from napari_discembed.errors import InputError
from napari_discembed.io.labels import is_ours, read_segmentation, write_segmentation
from napari_discembed.io.tables import write_table
from napari_discembed.session import project_files as files
from napari_discembed.session.project_counts import count_table
from napari_discembed.session.project_files import Document, Doubts, Entry, Settings, State
from napari_discembed.session.project_order import Order, sorted_names
from napari_discembed.session.project_place import (
    Place,
    checksum_of,
    images_in,
    images_of,
    relative_to,
    stamp_of,
    why_not_written,
)
from napari_discembed.types import Segmentation

SECONDS_BETWEEN_SAVES = 5.0
_NO_DOUBTS = {"unsure": None, "wrong": None}
_NO_OBJECTS: dict[str, Any] = {**_NO_DOUBTS, "rows": [], "error": "", "written": None, "made": {}}


class Project:
    """The images of a folder, how far each is, and how all are done.

    What is put into it is known at once, and in files after :meth:`save`, in any thread. Where
    nothing can be written, objects stay in memory.

    Parameters
    ----------
    path
        A folder of images, or that of the results of one.

    Attributes
    ----------
    folder
        Of the images.
    trouble
        Why the last save failed.
    notes
        What a person should know of the folder and its files.
    names
        Of the images, as they are listed: by name, until they are sorted.
    settings, current
        How objects are found in all of them, and the image that was shown last.

    Raises
    ------
    InputError
        If there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        folder = Path(path).expanduser()
        if not folder.is_dir():
            raise InputError(f"{folder}: expected a folder of images. Check the spelling.")
        self.folder = images_of(folder.resolve())
        self.trouble, self._closed = "", False
        self._lock, self._saving = threading.RLock(), threading.Lock()
        self._waiting: dict[str, Segmentation] = {}
        self._counted: set[str] = set()
        self._saved_at = time.monotonic()
        self._results = Place(self.folder)
        sources, self.notes = images_in(self.folder, self.place)
        self._sources = {source.name: source for source in sources}
        self._keys = Counter(source.key for source in self._sources.values())
        self.names = list(self._sources)
        self._document = Document()
        if self.names:
            self._results.hold()
            self._document, words = self._results.read()
            self.notes += [words] if words else []
        self._look_at_files()

    # Opening

    def _look_at_files(self) -> None:
        """Take images for new whose files have changed, and labels of ours for found."""
        for name, source in self._sources.items():
            entry = self.entry(name)
            if entry.stamp is None or entry.state is State.new:
                self._take_up_labels(name)
            elif (stamp := stamp_of(source.path)) is not None and stamp != entry.stamp:
                same = stamp[0] == entry.stamp[0] and entry.crc == checksum_of(source.path)
                kept = {"stamp": stamp} if same else {**_NO_OBJECTS, "state": State.new}
                self._change(name, **kept)

    def _take_up_labels(self, name: str) -> None:
        """Take up labels that were written, and their entry was not, as at a crash."""
        entry = self.entry(name)
        path = self.place / self._usual_labels(name)
        if not entry.labels and path.exists() and is_ours(path):
            labels = path.relative_to(self.place).as_posix()
            self._change(name, state=State.found, labels=labels, stamp=stamp_of(self.path(name)))

    # What is known

    @property
    def place(self) -> Path:
        """The folder of the results."""
        return self._results.path

    @property
    def why_unsaved(self) -> str:
        """Why nothing is saved; empty where all is."""
        return self._results.why_unsaved

    @property
    def is_saved(self) -> bool:
        """Whether what is put into it is written to files."""
        return not self.why_unsaved and bool(self.names)

    @property
    def settings(self) -> Settings:
        """How objects are found in all images."""
        return self._document.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._document.settings = settings

    @property
    def current(self) -> str:
        """The image that was shown last; the first one where that has gone."""
        name = self._document.current
        return name if name in self._sources else next(iter(self.names), "")

    @current.setter
    def current(self, name: str) -> None:
        self._document.current = name

    def path(self, name: str) -> Path:
        """Return the file of an image."""
        return self._sources[name].path

    def entry(self, name: str) -> Entry:
        """Return what is known of an image."""
        return self._document.entries.get(name) or Entry()

    def has_objects(self, name: str) -> bool:
        """Tell whether objects were found in an image."""
        return self.entry(name).state in {State.found, State.checked}

    def in_state(self, state: State) -> list[str]:
        """Return the images in a state."""
        return [name for name in self.names if self.entry(name).state is state]

    def beside(self, name: str, step: int) -> str | None:
        """Return the image so many further in the list; None beyond its ends."""
        at = self.names.index(name) + step if name in self._sources else 0
        return self.names[at] if 0 <= at < len(self.names) else None

    def entries(self) -> dict[str, Entry]:
        """Return what is known of all images, by their names."""
        return {name: self.entry(name) for name in self._sources}

    def sort(self, order: Order) -> None:
        """List the images in another order."""
        self.names = sorted_names(self.entries(), order)

    def objects(self, name: str) -> Segmentation | None:
        """Return the objects of an image; None where there are none.

        Raises
        ------
        DiscembedError, OSError
            If the file of them cannot be read.
        """
        with self._lock:
            waiting, entry = self._waiting.get(name), self.entry(name)
        if waiting is not None or not entry.labels or entry.state is State.new:
            return waiting
        path = self.place / entry.labels
        return read_segmentation(path, name=name) if path.exists() else None

    # Changes

    def _change(self, name: str, **changes: Any) -> None:  # noqa: ANN401 - the fields of Entry
        with self._lock:
            self._document.entries[name] = self.entry(name).model_copy(update=changes)

    def put(
        self,
        name: str,
        objects: Segmentation,
        *,
        doubts: Doubts | None = None,
        keep_state: bool = False,
    ) -> None:
        """Take up the objects of an image; they are counted and written by the next save.

        Parameters
        ----------
        name
            Of the image.
        objects
            Of all of it.
        doubts
            How sure the model is of them; None where that is not known.
        keep_state
            Whether an image that was checked stays so, as after a correction.
        """
        made = {k: getattr(objects.provenance, k) for k in ("version", "model", "weights_hash")}
        checked = keep_state and self.entry(name).state is State.checked
        changes: dict[str, Any] = {"state": State.checked if checked else State.found, "error": ""}
        if not keep_state:
            made |= {"config": dict(objects.provenance.config)}
            changes |= {**(doubts._asdict() if doubts else _NO_DOUBTS), "made": made}
        with self._lock:
            self._waiting[name] = objects
            self._counted.discard(name)
            self._change(name, stamp=stamp_of(self.path(name)), **changes)

    def fail(self, name: str, words: str) -> None:
        """Note why nothing was found in an image; objects that it has stay."""
        if not self.has_objects(name):
            words = words.replace(str(self.path(name)), name).removeprefix(f"{name}: ")
            changes = {"error": words[: files.MOST_WORDS], "stamp": stamp_of(self.path(name))}
            self._change(name, state=State.failed, **changes)

    def doubt(self, name: str, doubts: Doubts) -> None:
        """Note how sure the model is of the objects of an image."""
        self._change(name, **doubts._asdict())

    def check(self, name: str, *, on: bool) -> None:
        """Note that a person has checked an image, or has not."""
        if self.has_objects(name):
            self._change(name, state=State.checked if on else State.found)

    # Files

    def save_now_and_then(self) -> None:
        """Save if the last time was some seconds ago."""
        if time.monotonic() - self._saved_at > SECONDS_BETWEEN_SAVES:
            self.save()

    def save(self) -> None:
        """Count and write what was put in; what fails is tried again by the next save."""
        with self._saving:
            if self._closed:
                return
            try:
                for name in list(self._waiting):
                    self._write(name)
                if self.is_saved:
                    self._write_document()
            except OSError as error:
                self.trouble = why_not_written(error)
            else:
                self.trouble = ""
            self._saved_at = time.monotonic()

    def _write(self, name: str) -> None:
        with self._lock:
            objects = self._waiting[name]
        if name not in self._counted:
            rows = [{**s.row(), **s.where} for s in summarise(objects)]
            self._counted.add(name)
            self._change(name, rows=rows)
        if not self.is_saved:
            return
        path = self._results.labels_path(self.entry(name), self._usual_labels(name))
        write_segmentation(path, objects)
        below, written = path.relative_to(self.place).as_posix(), path.stat().st_mtime_ns
        crc = checksum_of(self.path(name))
        with self._lock:
            self._change(name, labels=below, written=written, crc=crc)
            if self._waiting.get(name) is objects:
                del self._waiting[name]

    def _usual_labels(self, name: str) -> str:
        source = self._sources[name]
        return f"{name if self._keys[source.key] > 1 else source.key}_labels.tif"

    def _write_document(self) -> None:
        with self._lock:
            self._document.images = relative_to(self.folder, self.place)
            self._document.write(self.place / files.PROJECT)
            table = count_table(self.entries(), self.settings.renamed_to)
        counts = self.place / COUNTS
        if not counts.exists() or is_our_table(counts):
            write_table(counts, table)

    def close(self) -> None:
        """Save, and let other windows write."""
        self.save()
        with self._saving:
            self._closed = True
        self._results.release()
