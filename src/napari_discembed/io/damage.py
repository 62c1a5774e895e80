"""Errors of other libraries over damaged files, turned into ours in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_discembed.errors import DiscembedError, FileFormatError


@contextmanager
def told_as_damaged(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Turn whatever a reader raises over a damaged file into one sentence.

    Parameters
    ----------
    path
        Of the file.
    what
        That was expected, such as ``"a TIFF image"``.
    remedy
        What to do, a sentence.

    Raises
    ------
    FileFormatError
        For anything but our own errors and those of the file system: of a damaged file, readers
        raise nearly every error there is.
    """
    try:
        yield
    except (DiscembedError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        reason = line if len(line) > 3 else type(error).__name__
        raise FileFormatError(
            f"{path}: not {what}, damaged or cut short ({reason}). {remedy}"
        ) from error
