"""A Dask cluster: processes on this computer or on others that do the tasks of a batch.

Tasks write what they find into a folder that all computers see, and return little. A task whose
worker is killed is given to another worker; a batch whose client is killed goes on from the folder.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any, Protocol

from napari_discembed.errors import DiscembedError, InputError, MissingDependencyError
from napari_discembed.progress import Job, Progress
from napari_discembed.text import pluralize

LOCAL = "local"
"""Place of a cluster of processes of this computer, which end with the command."""

CONNECT_SECONDS = 5.0
"""How long a scheduler is waited for."""

POLL_SECONDS = 0.5
"""Time between two yields while nothing ends, so that a job can be cancelled."""

RETRIES = 2
"""How often a task is tried again that raised an error, such as of a shared drive."""

WORKER_BYTES = 4 * 2**30
"""Memory for a worker on this computer, at least, if no number of workers is asked for."""


class Task(Protocol):
    """What a worker does; it is pickled."""

    def __call__(self) -> Any:  # noqa: ANN401 - whatever the task returns
        """Do it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A connection to the scheduler of a cluster.

    Attributes
    ----------
    client
        Of ``distributed``.
    """

    client: Any

    @property
    def description(self) -> str:
        """Address, number of workers, and where the dashboard is, for a person."""
        workers = len(self.client.nthreads())
        return (
            f"Dask scheduler {self.client.scheduler.address}, workers: {workers}, "
            f"dashboard: {self.client.dashboard_link}"
        )

    def run(self, tasks: Sequence[Task], ended: Callable[[int, Any], Progress]) -> Job[None]:
        """Do tasks, in no particular order.

        Parameters
        ----------
        tasks
            Each is tried again if its worker is killed, or if it raises another error than those of
            this package.
        ended
            Called with the number of a task that has ended, and what it returned or the exception
            that it raised; returns the progress that is yielded then.

        Returns
        -------
        A job; tasks that no worker has begun are withdrawn when it is closed.

        Raises
        ------
        DiscembedError
            If the scheduler is lost.
        """
        queue: SimpleQueue[Any] = SimpleQueue()
        futures = self.client.map(_perform, tasks, pure=False, retries=RETRIES, batch_size=1000)
        pending = {future.key: (i, future) for i, future in enumerate(futures)}
        del futures  # so that what is known of a task goes when it has ended
        last = Progress(None, "waiting for workers")
        try:
            for _, future in pending.values():
                future.add_done_callback(queue.put)
            while pending:
                try:
                    future = queue.get(timeout=POLL_SECONDS)
                except Empty:
                    yield replace(last, data={})  # what has ended is told once
                    continue
                number, _ = pending.pop(future.key)
                last = ended(number, _outcome(future))
                yield last
        finally:
            self.client.cancel([future for _, future in pending.values()])


def _perform(task: Task) -> Any:  # noqa: ANN401 - whatever the task returns
    """Do a task; what is wrong with its image is returned, since it would be so again."""
    try:
        return task()
    except DiscembedError as error:
        return error


def _outcome(future: Any) -> Any:  # noqa: ANN401 - a future of an untyped library
    """Return what a task returned, or the exception that it raised."""
    from distributed import KilledWorker

    try:
        error = future.exception()
        outcome = future.result() if error is None else error
    except CancelledError as lost:
        raise DiscembedError(
            "The scheduler of the cluster is gone. Start again when it is back: what is done is "
            "skipped."
        ) from lost
    if isinstance(outcome, KilledWorker):
        return DiscembedError(
            f"{pluralize(outcome.allowed_failures + 1, 'worker')} died of it, most likely for want "
            "of memory: give each more (fewer --workers), or make --block-size smaller."
        )
    return outcome


@contextmanager
def connected(place: str, workers: int | None = None) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this computer, until the block ends.

    Parameters
    ----------
    place
        ``local``, or the address of a scheduler, such as ``tcp://host:8786``.
    workers
        Number of processes of a local cluster, of one task each; None for as many as there are
        processors and memory for.

    Raises
    ------
    MissingDependencyError
        If there is no ``distributed``.
    InputError
        If nobody answers at the address, or workers are asked for there.
    """
    distributed = _library()
    if place == LOCAL:
        with (
            distributed.LocalCluster(**_local_options(workers)) as local,
            distributed.Client(local, set_as_default=False) as client,
        ):
            yield Cluster(client)
        return
    if workers is not None:
        raise InputError(
            f"--workers {workers} is for --cluster {LOCAL}. The workers of {place} are started "
            "with it."
        )
    with _without_traces(), _client_at(place, distributed) as client:
        yield Cluster(client)


@contextmanager
def _without_traces() -> Iterator[None]:
    """Log nothing of a lost scheduler, which is told in a sentence."""
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _client_at(place: str, distributed: ModuleType) -> Any:  # noqa: ANN401 - of an untyped library
    try:
        return distributed.Client(place, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:  # a timeout is an OSError
        raise InputError(
            f"No Dask scheduler answers at {place!r}. Give '{LOCAL}', or the address that "
            "'dask scheduler' prints, such as tcp://host:8786."
        ) from error


def _local_options(workers: int | None) -> dict[str, Any]:
    from dask.system import CPU_COUNT
    from distributed.system import MEMORY_LIMIT

    number = workers or max(1, min(CPU_COUNT, MEMORY_LIMIT // WORKER_BYTES))
    threads = str(max(1, CPU_COUNT // number))
    return {
        "n_workers": number,
        "threads_per_worker": 1,
        "memory_limit": MEMORY_LIMIT // number,
        "dashboard_address": "127.0.0.1:0",
        "silence_logs": logging.ERROR,
        "env": {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
    }


def _library() -> ModuleType:
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError(
            "--cluster needs the library distributed. Install it: "
            "pip install 'napari-discembed[cluster]'."
        ) from error
    return distributed
