"""A job in a process of its own: it can run out of memory, and the viewer stays.

The child runs ``python -m napari_discembed.session.remote MODULE:FUNCTION ARG...`` and writes
messages to its parent; the parent writes words back. multiprocessing is no choice here: it
imports the parent's main script again, which may be one that opens a viewer.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, BinaryIO

from napari_discembed.errors import DiscembedError, OutOfMemoryError
from napari_discembed.progress import Finish, Job, Progress, run

CANCEL, PAUSE, GO_ON = "cancel", "pause", "go on"
SECONDS_TO_STOP = 3.0


class RemoteJob:
    """Run a job in another process.

    Parameters
    ----------
    target
        ``module:function``; the function takes the texts of `args` and returns a job whose
        progress and result can be pickled.
    args
        Texts.
    log
        File for what the process writes to its standard error.
    threads
        For numerical libraries; None leaves one core for the interface.
    """

    def __init__(self, target: str, *args: str, log: Path, threads: int | None = None) -> None:
        self._command = [sys.executable, "-m", __name__, target, *args]
        self._log = log
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._process: subprocess.Popen[bytes] | None = None
        self._untold: list[str] = []  # before the process began

    def tell(self, word: str) -> None:
        """Send a word: to end early, to pause, to go on. Safe to call from any thread."""
        process = self._process
        if process is None:
            self._untold.append(word)
        elif process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(f"{word}\n".encode())
                process.stdin.flush()

    def stop(self) -> None:
        """End the process at once; the job then ends too. Safe to call from any thread."""
        process = self._process
        if process is not None:
            process.terminate()

    def job(self) -> Job[Any]:
        """Return the job.

        Closing it ends the process; :class:`~napari_discembed.progress.Finish` thrown into it, or
        the word to end early, is thrown into the job there.

        Raises
        ------
        Finish
            If it was asked to end early and cannot.
        OutOfMemoryError
            If the system ended the process for its memory.
        DiscembedError
            If it failed or ended in another way.
        """
        environment = {**os.environ, "OMP_NUM_THREADS": str(self._threads)}
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self._process = process
        while self._untold:
            self.tell(self._untold.pop(0))
        try:
            messages = process.stdout
            while messages is not None:
                try:
                    kind, value = pickle.load(messages)
                except (EOFError, pickle.UnpicklingError):
                    break
                if kind == "progress":
                    yield from self._emit(value)
                elif kind == "error":
                    raise value
                else:
                    return value
            raise self._ended(process.wait())
        finally:
            self._end(process)

    def _emit(self, progress: Progress) -> Job[None]:
        try:
            yield progress
        except Finish:
            self.tell(CANCEL)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _ended(self, code: int) -> DiscembedError:
        if code == -9:
            return OutOfMemoryError(
                "The system ended the process, most likely for lack of memory. Choose smaller "
                "patches or a smaller batch. Where Resume is offered, it goes on with what was "
                "learnt; else nothing was yet."
            )
        tail = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        return DiscembedError(
            f"The process ended unexpectedly (code {code}). {' '.join(tail)} "
            f"The whole message is in {self._log}."
        )


def serve(target: str, *args: str, words: IO[str], messages: BinaryIO) -> None:
    """Run a job in this process for a parent.

    Parameters
    ----------
    target, args
        As for :class:`RemoteJob`.
    words
        From the parent; their end means that it is gone.
    messages
        To the parent.
    """
    orders = _Orders()
    threading.Thread(target=orders.listen, args=(words,), daemon=True).start()

    def send(kind: str, value: object) -> None:
        pickle.dump((kind, value), messages, protocol=5)
        messages.flush()

    def report(progress: Progress) -> None:
        send("progress", progress)
        orders.running.wait()

    try:
        module, _, name = target.partition(":")
        function: Callable[..., Job[Any]] = getattr(importlib.import_module(module), name)
        send("result", run(function(*args), report, finish=orders.is_to_finish.is_set))
    except (DiscembedError, Finish) as error:
        send("error", error)
    except MemoryError:
        send("error", OutOfMemoryError("There is not enough memory. Choose smaller patches."))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        traceback.print_exc()
        send("error", DiscembedError(f"{type(error).__name__}: {error}"))


class _Orders:
    """What the parent wants."""

    def __init__(self) -> None:
        self.is_to_finish, self.running = threading.Event(), threading.Event()
        self.running.set()

    def listen(self, words: IO[str]) -> None:
        """Follow the parent's words until it is gone; then end, since nobody needs this more."""
        for line in words:
            word = line.strip()
            if word == CANCEL:
                self.is_to_finish.set()
            if word == PAUSE:
                self.running.clear()
            else:
                self.running.set()
        os._exit(1)


def _main() -> None:
    # What libraries print must not get between the messages.
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    words = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8")
    serve(*sys.argv[1:], words=words, messages=messages)
    messages.flush()
    os._exit(0)


if __name__ == "__main__":
    _main()
