"""Jobs for another process to run."""

from __future__ import annotations

import os
import signal
import sys
import time

from napari_discembed.errors import InputError
from napari_discembed.progress import Finish, Job, Progress


def count(to: str) -> Job[int]:
    sys.stdout.write("a library talks to standard output")
    sys.stdout.flush()
    done = 0
    try:
        for i in range(int(to)):
            yield Progress(i / int(to), f"step {i}")
            done += 1
            time.sleep(0.01)
    except Finish:
        pass
    return done


def wait() -> Job[None]:
    while True:
        yield Progress(None, "waiting")
        time.sleep(0.01)


def fail(kind: str) -> Job[None]:
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
