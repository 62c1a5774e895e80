"""Where the results of a project are, and who may write there."""

from __future__ import annotations

import contextlib
import warnings
from contextlib import ExitStack
from pathlib import Path

from napari_discembed.batch.sources import Source, find_sources
from napari_discembed.checksums import file_checksum
from napari_discembed.errors import DiscembedError, FileNote, InputError
from napari_discembed.files import atomic_path, data_folder, free_path, sweep_partials
from napari_discembed.io.labels import is_ours
from napari_discembed.lock import locked
from napari_discembed.session.project_files import (
    PROJECT,
    Document,
    Entry,
    ForeignError,
    read_document,
)

END = "_discembed"
"""Ends the name of the folder of results."""
UNREADABLE, LOCK = "project.unreadable.json", ".project.lock"
LAST, MOST_PATH = "last_folder.txt", 4096
OPEN_ELSEWHERE = (
    "This folder is open in another window. What you do here is not saved: close the other window, "
    "and open the folder again."
)


def place_of(images: Path) -> Path:
    """Return the folder of the results of a folder of images: the one there, or where one can be.

    It is called ``NAME_discembed`` and lies beside the images, or among them where nothing can be
    written beside. One of that name that holds anything else is left alone; the next one is called
    ``NAME_discembed 2``.
    """
    name = f"{images.name or 'images'}{END}"
    roots = [images.parent, images] if images.parent != images else [images]
    for root in roots:
        for path in _numbered(root / name):
            if is_project(path):
                return path
            if not path.exists():
                break
    return _free(roots[0] / name)


def _numbered(path: Path, most: int = 100) -> list[Path]:
    return [path, *(path.with_name(f"{path.name} {i}") for i in range(2, most))]


def _free(path: Path) -> Path:
    return next(p for p in _numbered(path, 10_000) if not p.exists() or _is_usable(p))


def is_project(path: Path) -> bool:
    """Tell whether a folder is one of results; that of a damaged file is, too."""
    try:
        read_document(path / PROJECT)
    except (OSError, ForeignError):
        return False
    except ValueError:
        return path.stem.rstrip(" 0123456789").endswith(END)
    return True


def _is_usable(path: Path) -> bool:
    """Tell whether a folder holds nothing but labels of ours, as after a crash, or nothing."""
    if not path.is_dir() or (path / PROJECT).exists():
        return False
    files = [p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")]
    return all(p.suffix == ".tif" and is_ours(p) for p in files)


class Place:
    """The folder of the results of a project, in which one window at a time writes.

    Attributes
    ----------
    path
        Of the folder.
    why_unsaved
        Why nothing can be written there; empty where it can.
    """

    def __init__(self, images: Path) -> None:
        self.path = place_of(images)
        self.why_unsaved = ""
        self._images = images
        self._held = ExitStack()

    def hold(self) -> None:
        """Make the folder, and keep other windows from writing into it."""
        for path in dict.fromkeys([self.path, self._images / self.path.name]):
            try:
                path.mkdir(exist_ok=True)
                self._held.enter_context(locked(path / LOCK, patience=0.0))
            except DiscembedError:
                self.path, self.why_unsaved = path, OPEN_ELSEWHERE
                return
            except OSError as error:
                self.why_unsaved = why_not_written(error)
            else:
                self.path, self.why_unsaved = path, ""
                sweep_partials(path)
                return

    def release(self) -> None:
        """Let other windows write."""
        self._held.close()

    def read(self) -> tuple[Document, str]:
        """Return what the project's file says, and what of it could not be read, in words.

        A file that cannot be read at all is renamed and kept.
        """
        path = self.path / PROJECT
        try:
            document = read_document(path)
        except FileNotFoundError:
            return Document(), ""
        except OSError as error:
            return Document(), f"{path} cannot be read: {error}."
        except ValueError:
            words = f"{path} cannot be read. The labels beside it are taken as found."
            if not self.why_unsaved:
                kept = free_path(self.path / UNREADABLE)
                path.rename(kept)
                words += f" It is kept as {kept.name}."
            return Document(), words
        names = ", ".join(document.bad[:3])
        return document, f"{path}: what it says of {names} is damaged, and left out." * bool(names)

    def labels_path(self, entry: Entry, usual: str) -> Path:
        """Return where labels go; what another program or window wrote there is kept."""
        path = self.path / (entry.labels or usual)
        if not path.exists() or path.stat().st_mtime_ns == entry.written:
            return path
        if not is_ours(path):
            return free_path(path)
        path.rename(free_path(path.with_name(f"{path.stem} kept.tif")))
        return path


def images_in(folder: Path, place: Path) -> tuple[list[Source], list[str]]:
    """Return the images of a folder without those of the results, and what to know of them.

    None of the images is read.
    """
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", FileNote)
        try:
            found = find_sources([folder])
        except InputError as error:
            return [], [str(error)]
    # Stores keep their labels within; a project writes beside.
    files = [source for source in found if not source.is_store]
    sources = [source for source in files if not source.path.is_relative_to(place)]
    return sources, [str(note.message) for note in noted]


def images_of(folder: Path) -> Path:
    """Return the folder of images that one of results is of; any other is one itself."""
    if (folder / PROJECT).is_file() and is_project(folder):
        try:
            images = (folder / read_document(folder / PROJECT).images).resolve()
        except (OSError, ValueError):
            return folder
        return images if images.is_dir() else folder
    return folder


def relative_to(images: Path, place: Path) -> str:
    """Return the path of the images from the folder of results."""
    return f"../{images.name}" if images.parent == place.parent else ".."


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return size and time (ns) of a file; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def checksum_of(path: Path) -> int | None:
    """Return the checksum of a file; None where it cannot be read."""
    try:
        return file_checksum(path)
    except OSError:
        return None


def why_not_written(error: OSError) -> str:
    """Say why nothing can be saved, and what to do."""
    return (
        f"Nothing can be saved here ({error.strerror or error}). You can work, and what you do is "
        "lost at the end: choose a folder that you may write into, or free space."
    )


def remember(folder: Path) -> None:
    """Remember a folder as the one that was opened last."""
    with (
        contextlib.suppress(OSError, UnicodeError),
        atomic_path(data_folder() / LAST) as partial,
    ):
        partial.write_text(str(folder), encoding="utf-8")


def last_opened() -> Path | None:
    """Return the folder that was opened last; None where there is none any more."""
    try:
        with (data_folder() / LAST).open(encoding="utf-8") as file:
            folder = Path(file.read(MOST_PATH))
            return folder if folder.is_absolute() and folder.is_dir() else None
    except (OSError, ValueError):
        return None
