"""One process at a time: a lock that ends with the process that holds it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_discembed.errors import DiscembedError

PATIENCE = 30.0
"""Seconds; what is done under a lock takes milliseconds."""
_BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a lock, which other processes and threads wait for.

    The system lets it go when the process ends, however that happens, so that none is ever stale;
    the file goes with the lock. Where a file system knows no locks there is none, as before.

    Parameters
    ----------
    path
        Of the lock file; its folder exists.
    patience
        Seconds to wait for it.

    Raises
    ------
    DiscembedError
        If another process holds it for longer.
    """
    until = time.monotonic() + patience
    while (held := _taken(path)) is None:
        if time.monotonic() > until:
            raise DiscembedError(
                f"Another process has been writing into {path.parent} for {patience:.0f} s. Wait "
                "for its end, or end it, and start again: what is done is skipped."
            )
        time.sleep(0.01)
    try:
        yield
    finally:
        # Before it is let go: whoever waits finds that its file is no longer the one of that name.
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(held)


def _taken(path: Path) -> int | None:
    """Return the open file of a lock that was taken; None where another has it."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if sys.platform == "win32" and path.exists():  # just being deleted
            return None
        raise
    try:
        _lock(file)
        if os.path.samestat(os.fstat(file), path.stat()):
            return file
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno not in _BUSY:  # as on some network drives
            return file
    os.close(file)
    return None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
