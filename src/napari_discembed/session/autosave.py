"""Annotation in progress, kept where a crash does not reach it.

Nothing that a person painted is deleted unless they say so: what cannot be read, and what nobody
took back for a month, is renamed and told of.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_discembed.checksums import sealed
from napari_discembed.config import ClusteringConfig, DensityConfig
from napari_discembed.errors import DiscembedError
from napari_discembed.files import atomic_path, data_folder, sweep_partials
from napari_discembed.session.annotation_files import (
    ARRAYS,
    CARD,
    OWNER,
    Stopped,
    read_card,
    read_labels,
    write_labels,
)
from napari_discembed.session.processes import is_alive, is_same, this_process
from napari_discembed.types import IntArray, Kind

DAY = 86_400.0
OLDEST_DAYS = 30
EVERY = 50.0
"""Seconds between two looks at whether anything changed; each open dock asks once a minute."""
ASIDE = (".unreadable", ".old")
"""Ends the names of folders that are no longer offered."""
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What a person has painted and set.

    Attributes
    ----------
    labels
        By the name of the layer.
    config
        Of the clustering.
    model
        Name or file of the chosen model.
    places
        By the name of the layer: where it lies, and its pixels' size, as plain JSON values.
    saved
        Seconds since 1970.
    kinds
        Of objects, where there are several.
    of_kinds
        By the name of the layer: the name of the kind of each number.
    """

    labels: Mapping[str, IntArray] = field(default_factory=dict)
    config: ClusteringConfig = field(default_factory=DensityConfig)
    model: str = ""
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    saved: float = 0.0
    kinds: tuple[Kind, ...] = ()
    of_kinds: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a hash of all but the time."""
        found = hashlib.blake2b(digest_size=16)
        about: list[Any] = [self.config.model_dump(mode="json"), self.model, self.places]
        about += [[asdict(kind) for kind in self.kinds], self.of_kinds]
        found.update(json.dumps(about, sort_keys=True, default=str).encode())
        for name, labels in self.labels.items():
            found.update(f"{name} {labels.dtype} {labels.shape}".encode())
            for part in labels.reshape(-1) if labels.ndim == 0 else labels:
                found.update(np.ascontiguousarray(part).data)
        return found.hexdigest()


def autosave_folder() -> Path:
    """Return where annotations in progress lie."""
    return data_folder() / "autosave"


class Autosave:
    """The autosaved annotation of one viewer.

    Parameters
    ----------
    root
        Where annotations lie; None for the user's data folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or autosave_folder()
        self.folder = self.root / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._looked_at, self._saved = -EVERY, ""
        self._taken: list[Path] = []

    def save_later(self, annotation: Annotation) -> None:
        """Save in a thread, where anything changed; at most once in :data:`EVERY` seconds.

        The arrays may be painted on meanwhile: what is half in is saved whole the next time.
        """
        if time.monotonic() - self._looked_at < EVERY or self._is_busy():
            return
        self._looked_at = time.monotonic()
        self._stop.clear()
        # No daemon: it must not be cut off half way at the end of the program. See discard.
        self._thread = threading.Thread(
            target=self._save_if_changed, args=(annotation,), name="autosave", daemon=False
        )
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what is being saved is."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _save_if_changed(self, annotation: Annotation) -> None:
        try:
            painted = {name: labels for name, labels in annotation.labels.items() if labels.any()}
            kept = replace(annotation, labels=painted)
            digest = kept.digest()
            if painted and (digest != self._saved or not (self.folder / CARD).exists()):
                self.save(kept)
                self._saved = digest
        except Stopped:
            pass
        except (OSError, ValueError) as error:  # no reason to lose what is in the viewer
            LOGGER.warning("Could not autosave: %s", error)

    def save(self, annotation: Annotation) -> None:
        """Write the annotation; the one before stays until this one is whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / OWNER).exists():
            _own(self.folder)
        arrays = self.folder / f"labels-{uuid.uuid4().hex[:8]}.npz"
        with atomic_path(arrays) as partial:
            write_labels(partial, list(annotation.labels.values()), self._stop)
        card = {
            "names": list(annotation.labels),
            "arrays": arrays.name,
            "config": annotation.config.model_dump(mode="json"),
            "model": annotation.model,
            "places": dict(annotation.places),
            "saved": time.time(),
            "kinds": [asdict(kind) for kind in annotation.kinds],
            "of_kinds": annotation.of_kinds,
        }
        with atomic_path(self.folder / CARD) as partial:
            partial.write_text(json.dumps(sealed(card)), encoding="utf-8")
        for old in self.folder.glob(ARRAYS):
            if old != arrays:
                old.unlink(missing_ok=True)
        self._forget_taken()

    def take_over(self, folder: Path) -> None:
        """Forget a left-over annotation as soon as it is saved here, or discarded.

        Until then it stays, and is offered to no other viewer.
        """
        _own(folder)
        self._taken.append(folder)
        self._looked_at = -EVERY

    def _forget_taken(self) -> None:
        while self._taken:
            shutil.rmtree(self._taken.pop(), ignore_errors=True)

    def discard(self) -> None:
        """Forget it: the viewer was closed by the person."""
        self._stop.set()
        self.wait(2)
        self._saved, self._looked_at = "", -EVERY
        self._forget_taken()
        shutil.rmtree(self.folder, ignore_errors=True)


def _own(folder: Path) -> None:
    with atomic_path(folder / OWNER) as partial:
        partial.write_text(this_process(), encoding="utf-8")


def left_over(
    root: Path | None = None, tell: Callable[[str], object] = LOGGER.warning
) -> list[tuple[Path, Annotation]]:
    """Return the annotations of viewers that crashed, the latest first.

    Those of living viewers are left out. What cannot be read, or is older than a month, is renamed
    and kept.

    Parameters
    ----------
    root
        Where annotations lie; None for the user's data folder.
    tell
        Takes a sentence on what was not offered, and where it is.
    """
    found = []
    for folder in _folders(root or autosave_folder()):
        if folder.suffix in ASIDE or is_in_use(folder):
            continue
        try:
            sweep_partials(folder)
            annotation = _read(folder)
        except OSError as error:  # as when another program holds it: the next time, perhaps
            tell(f"What was painted before a crash is in {folder}, and cannot be read: {error}.")
        except DiscembedError as error:
            _set_aside(folder, ".unreadable", f"cannot be read ({error})", tell)
        else:
            if annotation is None:
                shutil.rmtree(folder, ignore_errors=True)
            elif time.time() - annotation.saved > DAY * OLDEST_DAYS:
                _set_aside(folder, ".old", "was taken back by nobody for a month", tell)
            else:
                found.append((folder, annotation))
    return sorted(found, key=lambda pair: pair[1].saved, reverse=True)


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir())
    except OSError:
        return []


def is_in_use(folder: Path) -> bool:
    """Tell whether the viewer that saves into a folder is still open.

    One of another computer counts as open for a day: a computer may change its name.
    """
    try:
        changed = max((path.stat().st_mtime for path in folder.iterdir()), default=time.time())
        owner = folder / OWNER
        if not owner.exists():  # as release 0.1 wrote it
            return is_alive(folder.name.partition("-")[0], changed)
        written = owner.read_text(encoding="utf-8", errors="replace")
        is_ours = written.split(" ")[0] == this_process().split(" ")[0]
        return is_same(written) and (is_ours or time.time() - changed < DAY)
    except OSError:
        return False


def _set_aside(folder: Path, end: str, why: str, tell: Callable[[str], object]) -> None:
    aside = folder.with_name(folder.name + end)
    try:
        folder.rename(aside)
    except OSError:
        aside = folder
    tell(f"What was painted before a crash {why}. It is kept in {aside}.")


def _read(folder: Path) -> Annotation | None:
    """Return what is in a folder; None where that is nothing."""
    if not any(folder.glob(ARRAYS)):
        return None
    card = read_card(folder)
    labels = read_labels(folder, card)
    if not any(array.any() for array in labels.values()):
        return None
    config, about = card.clustering(), (card.kinds, card.of_kinds)
    return Annotation(labels, config, card.model, card.places, card.saved, *about)
