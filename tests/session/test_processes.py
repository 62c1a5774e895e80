"""Whether who wrote a file is still there."""

from __future__ import annotations

import os

import psutil

from napari_discembed.session.processes import is_alive, is_same, this_process


def test_this_process_is_alive_and_a_word_is_no_process() -> None:
    assert is_alive(str(os.getpid()))
    assert not is_alive("word")


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    mine = this_process()
    assert is_same(mine)
    host, pid, started = mine.split()
    assert not is_same(f"{host} {pid} {float(started) - 1000}")
    assert is_same(f"elsewhere {pid} {started}")
    assert not is_same("nonsense")


def test_a_process_that_began_after_a_file_was_written_did_not_write_it() -> None:
    began = psutil.Process().create_time()
    assert is_alive(str(os.getpid()), began + 1)
    assert not is_alive(str(os.getpid()), began - 60)


def test_numbers_that_no_process_can_have_are_none() -> None:
    for text in ("-1", "9" * 30, "1.5", ""):
        assert not is_alive(text)
