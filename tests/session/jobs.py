"""Jobs for another process to run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress


def count(to: str, *, cancelled: Callable[[], bool]) -> Job[int]:
    sys.stdout.write("a library talks to standard output")
    sys.stdout.flush()
    done = 0
    for i in range(int(to)):
        if cancelled():
            break
        yield Progress(i / int(to), f"step {i}")
        done += 1
        time.sleep(0.01)
    return done


def fail(kind: str, *, cancelled: Callable[[], bool]) -> Job[None]:
    yield Progress(None, "about to fail")
    if kind == "input":
        raise InputError("what came was wrong")
    if kind == "memory":
        raise MemoryError
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        sys.stderr.write("last words")
        sys.stderr.flush()
        os._exit(3)
    raise RuntimeError("a bug")
