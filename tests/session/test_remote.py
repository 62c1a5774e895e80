"""A job in another process: its progress, its result, its end."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from napari_discembed.errors import DiscembedError, InputError, OutOfMemoryError
from napari_discembed.progress import Finish, run, scaled
from napari_discembed.session.remote import CANCEL, GO_ON, PAUSE, RemoteJob


@pytest.fixture(autouse=True)
def _jobs_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=":")


def remote(name: str, argument: str, tmp_path: Path) -> RemoteJob:
    return RemoteJob(f"jobs:{name}", argument, log=tmp_path / "log.txt")


def test_progress_and_result_arrive_and_what_libraries_print_goes_to_the_log(
    tmp_path: Path,
) -> None:
    seen: list[str] = []
    assert run(remote("count", "3", tmp_path).job(), lambda p: seen.append(p.message)) == 3
    assert seen == ["step 0", "step 1", "step 2"]
    assert "standard output" in (tmp_path / "log.txt").read_text()


def test_a_job_told_to_end_early_returns_what_it_has(tmp_path: Path) -> None:
    work = remote("count", "100000", tmp_path)
    job = work.job()
    next(job)
    work.tell(CANCEL)
    assert run(job) < 100000


def test_a_word_said_before_the_process_began_reaches_it(tmp_path: Path) -> None:
    work = remote("count", "100000", tmp_path)
    work.tell(CANCEL)
    assert run(work.job()) < 100000


def test_the_signal_to_finish_reaches_the_job_in_the_other_process(tmp_path: Path) -> None:
    job = scaled(remote("count", "100000", tmp_path).job(), 0, 1)
    assert run(job, finish=lambda: True) < 100000


def test_a_job_that_cannot_end_early_is_cancelled(tmp_path: Path) -> None:
    with pytest.raises(Finish):
        run(RemoteJob("jobs:wait", log=tmp_path / "log.txt").job(), finish=lambda: True)


def test_a_paused_job_can_be_ended_early(tmp_path: Path) -> None:
    work = remote("count", "100000", tmp_path)
    job = work.job()
    next(job)
    work.tell(PAUSE)
    work.tell(CANCEL)
    assert run(job) < 100000


def test_a_paused_job_waits(tmp_path: Path) -> None:
    work = remote("count", "100", tmp_path)
    seen: list[float] = []
    thread = threading.Thread(target=lambda: run(work.job(), lambda _: seen.append(0)))
    thread.start()
    while not seen:
        time.sleep(0.01)
    work.tell(PAUSE)
    time.sleep(0.3)  # what was under way arrives
    before = len(seen)
    time.sleep(0.3)
    assert len(seen) == before < 100
    work.tell(GO_ON)
    thread.join()
    assert len(seen) == 100


def test_a_closed_job_leaves_no_process(tmp_path: Path) -> None:
    work = remote("count", "100000", tmp_path)
    job = work.job()
    next(job)
    process = work._process
    assert process is not None
    job.close()
    assert process.poll() is not None
    work.tell(CANCEL)  # nobody there: nothing happens


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("input", InputError, "what came was wrong"),
        ("memory", OutOfMemoryError, "not enough memory"),
        ("bug", DiscembedError, "RuntimeError: a bug"),
        ("exit", DiscembedError, "last words"),
        pytest.param(
            "killed", OutOfMemoryError, "lack of memory",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there are no signals"),
        ),
    ],
)  # fmt: skip
def test_errors_arrive_in_words(
    kind: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        run(remote("fail", kind, tmp_path).job())


def test_a_function_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiscembedError, match="nowhere"):
        run(remote("nowhere", "", tmp_path).job())
