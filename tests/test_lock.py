"""One process at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from napari_discembed.errors import DiscembedError
from napari_discembed.lock import locked

HOLD = """
import sys, time; from pathlib import Path; from napari_discembed.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True); time.sleep(60)
"""


def test_two_never_hold_it_at_the_same_time(tmp_path: Path) -> None:
    file, inside, most = tmp_path / "lock", [0], [0]

    def work() -> None:
        for _ in range(50):
            with locked(file):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0002)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_free_and_its_file_goes(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    with pytest.raises(DiscembedError, match="Another process"), locked(file, patience=0.05):
        pass
    child.kill()
    child.communicate()
    assert file.exists()
    with locked(file, patience=1):
        pass
    assert not file.exists()


def test_an_error_inside_lets_it_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path / "lock"):
        raise KeyError
    with locked(tmp_path / "lock", patience=0):
        pass
