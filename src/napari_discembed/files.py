"""Files that are whole or not there: written beside, then renamed."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
from platformdirs import user_data_path

from napari_discembed.errors import InputError

DAY = 86_400.0


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path to write to, and move what was written to `path` at the end.

    A reader, or a crash at any moment, meets the old file or the new one, never a part. On an
    error nothing is moved and the part goes.

    Parameters
    ----------
    path
        Where the file shall be; its folder is made.

    Yields
    ------
    A path in the same folder, with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    try:
        # What writers make of the permissions is their affair; here they are those of any file.
        partial.touch()
        permissions = partial.stat().st_mode
        yield partial
        partial.chmod(permissions)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def partial_path(path: Path) -> Path:
    """Return a hidden name beside a file or folder, that says which process writes it."""
    return path.with_name(f".{path.stem}.{_owner()}-{uuid4().hex[:8]}.partial{path.suffix}")


def free_path(path: Path) -> Path:
    """Return a path at which nothing is: this one, or else ``name 2.ext``, ``name 3.ext``, ..."""
    tried = (path.with_name(f"{path.stem} {i}{path.suffix}") for i in itertools.count(2))
    return next(each for each in itertools.chain([path], tried) if not each.exists())


def sweep_partials(folder: Path) -> None:
    """Remove what killed processes of this computer left half written in a folder.

    Of another computer's processes there is no telling; theirs go after a day.
    """
    for partial in folder.glob(".*.partial*"):
        found = re.search(r"\.(\w+)-(\d+)-[0-9a-f]{8}\.partial", partial.name)
        try:
            if found is None or found[1] != _host():
                dead = time.time() - partial.stat().st_mtime > DAY
            else:
                dead = not psutil.pid_exists(int(found[2]))
            if dead and partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
            elif dead:
                partial.unlink(missing_ok=True)
        except OSError:  # another process was faster, or the folder is read-only
            continue


def _owner() -> str:
    return f"{_host()}-{os.getpid()}"


def _host() -> str:
    """Return a short name of this computer that can be part of a file's."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


@contextmanager
def replaced_folder(path: Path, *, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Give the path of a new folder, and put it in the place of the one that is there.

    The old folder stays until the new one is whole; killed in between, :func:`restore_folder`
    finds either.

    Parameters
    ----------
    path
        Where the folder shall be.
    is_ours
        Tells whether the folder that is there may be replaced.

    Yields
    ------
    A path beside it that does not exist.

    Raises
    ------
    InputError
        If something is there that is not ours, or a file; nothing is changed then.
    """
    restore_folder(path)
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or is_ours(path))):
        raise InputError(
            f"{path} is there and holds something else than what would be written. Choose another "
            "name, or delete it."
        )
    fresh, old = _beside(path, "new"), _beside(path, "old")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        yield fresh
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            path.rename(old)
        fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def restore_folder(path: Path) -> None:
    """Bring back a folder of which a replacement was killed between two renamings."""
    old = _beside(path, "old")
    if not path.exists() and old.is_dir():
        old.rename(path)


def _beside(path: Path, role: str) -> Path:
    return path.with_name(f".{path.name}.{role}")


def data_folder() -> Path:
    """Return where models, trainings and annotations of this person lie.

    ``DISCEMBED_HOME``, or the system's place for it.
    """
    given = os.environ.get("DISCEMBED_HOME")
    return Path(given) if given else user_data_path("napari-discembed", appauthor=False)


def safe_name(name: str) -> str:
    """Return a name that can be a file's or a folder's anywhere: no slash, no special character."""
    kept = "".join(c if c.isalnum() or c in "-_. " else "_" for c in name).strip(" .")
    return kept or "model"
