"""Files that are whole or not there: written beside, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from platformdirs import user_data_path


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
    partial = path.with_name(f".{path.stem}.{uuid4().hex[:8]}.partial{path.suffix}")
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
