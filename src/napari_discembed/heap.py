"""The heap of the C library, kept while a network runs.

glibc asks the system for each block of more than 32 MiB, and gives it back when it is freed. The
maps of a large tile are such blocks, one for each layer; every page of them is a new one, which the
system has to fetch and clear before the network may write to it. Where freed blocks are kept and
used again instead, a processor embeds 1.4 times as fast (benchmarks/LOG.md, 121). Other C libraries
are left as they are.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8
"""Names of glibc's settings, of malloc.h."""

KEPT = {MMAP_THRESHOLD: 2**30, TRIM_THRESHOLD: 2**31 - 1}
"""Bytes: smaller blocks lie in the heap, and so much of it may lie free."""

USUAL = {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}
"""What glibc itself goes up to, as blocks are freed (mallopt(3))."""

_lock = threading.Lock()
_holders = 0


@contextmanager
def kept_heap() -> Iterator[None]:
    """Keep freed memory for what asks next; give it back when the last who needs it has ended.

    Threads that begin later share the one heap: those of their own cannot hold large blocks.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    _hold(libc, 1)
    try:
        yield
    finally:
        _hold(libc, -1)


def _hold(libc: ctypes.CDLL, change: int) -> None:
    global _holders
    with _lock:
        before, _holders = _holders, _holders + change
        if not before:
            libc.mallopt(ARENA_MAX, 1)
            _set(libc, KEPT)
        elif not _holders:
            _set(libc, USUAL)
            libc.malloc_trim(0)


def _set(libc: ctypes.CDLL, settings: dict[int, int]) -> None:
    for name, value in settings.items():
        libc.mallopt(name, value)


@cache
def _glibc() -> ctypes.CDLL | None:
    """Return the C library, if it is glibc."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
