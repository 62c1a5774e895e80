"""Whether who wrote a file is still there."""

from __future__ import annotations

import os
import socket

import psutil

CLOCKS = 2.0
"""Seconds by which the clocks of processes and of files may differ."""


def is_alive(pid: str, written: float | None = None) -> bool:
    """Tell whether the process of a number is running.

    Parameters
    ----------
    pid
        Its number, as text.
    written
        Seconds since 1970 of what it wrote last: a process that started later has but been given
        the same number. None where that is not known.
    """
    try:
        started = psutil.Process(int(pid)).create_time()
    except psutil.AccessDenied:
        return True
    except (psutil.Error, ValueError, OverflowError):
        return False
    return written is None or started <= written + CLOCKS


def this_process() -> str:
    """Return what tells this process from all others: its computer, number and start."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time()}"


def is_same(written: str) -> bool:
    """Tell whether a process that :func:`this_process` wrote down is running.

    One of another computer counts as running: there is no telling from here.
    """
    host, _, rest = written.strip().partition(" ")
    pid, _, started = rest.partition(" ")
    if host != socket.gethostname():
        return bool(started)
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(started)) < 1
    except (psutil.Error, ValueError, OverflowError):
        return False
