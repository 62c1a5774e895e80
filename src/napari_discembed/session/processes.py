"""Whether who wrote a file is still there."""

from __future__ import annotations

import os
import socket

import psutil


def is_alive(pid: str) -> bool:
    """Tell whether a process is running; its number may have been given to another since."""
    return pid.isdigit() and psutil.pid_exists(int(pid))


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
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return False
