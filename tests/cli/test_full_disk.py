"""A full disk, a read-only folder, no home: one sentence, the old files whole, nothing half left.

On a real file system of 1 MiB, which only root can mount, and as another user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is of Linux"),
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a file system"
    ),
]
NOBODY = 65534
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Return a file system on which 8 KiB are free, and a file that was there before."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        (place / "filler").write_bytes(bytes(2**20 - 4 * 4096))
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def discembed(
    *words: object, user: int | None = None, before: Sequence[str] = (), **environment: str
) -> tuple[int, str]:
    """Run the command; return its exit code and what it said."""
    known = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run(
        [*before, sys.executable, "-m", "napari_discembed", *map(str, words)],
        capture_output=True, text=True, check=False, user=user,
        env={**known, "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    return done.returncode, done.stderr


def learning(play: Path, model_file: Path, output: Path) -> list[object]:
    return [
        "finetune", "--images", play / "images", "--labels", play / "labels", "-m", model_file,
        "-o", output, "--steps", "2", "--set", "checkpoint_every=0.001", "--set", "patch_size=32",
    ]  # fmt: skip


def assert_told(said: tuple[int, str], folder: Path, left: set[str]) -> None:
    code, words = said
    assert code == 1, words
    assert "Traceback" not in words
    assert "error: " in words
    assert {path.name for path in folder.rglob("*") if path.is_file()} == left


def test_a_training_on_a_full_disk(small: Path, play: Path, model_file: Path) -> None:
    old = small / "m.safetensors"
    before = model_file.read_bytes()[:100]
    old.write_bytes(before)
    said = discembed(*learning(play, model_file, old))
    assert_told(said, small, {"filler", "m.safetensors"})
    assert old.read_bytes() == before


def test_drawing_on_a_full_disk(small: Path) -> None:
    (small / "more").write_bytes(bytes(3 * 4096))
    code, words = discembed("synth", "cells", "-o", small / "drawn", "--count", "3")
    assert (code, "Traceback" in words) == (1, False)
    assert "error: " in words
    assert not list(small.rglob(".*"))


def test_counting_on_a_full_disk(small: Path, play: Path) -> None:
    (small / "counts.csv").write_text("old")
    fill(small)
    said = discembed("count", play / "labels", "-o", small / "counts.csv")
    assert_told(said, small, {"filler", "counts.csv", "rest"})
    assert (small / "counts.csv").read_text() == "old"


def test_segmenting_on_a_full_disk(small: Path, play: Path, model_file: Path) -> None:
    fill(small)
    said = discembed("segment", play / "images", "-o", small / "out", "-m", model_file, "-d", "16")
    assert_told(said, small, {"filler", "rest"})


def fill(place: Path) -> None:
    """Leave not a block free."""
    with (place / "rest").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass


def others_may_enter(folder: Path) -> None:
    """Let other users into pytest's folders."""
    for path in (folder, *folder.parents[:-1]):
        path.chmod(path.stat().st_mode | 0o55)


@pytest.mark.parametrize("home", [{}, {"HOME": "/nonexistent"}, {"HOME": "/proc"}])
def test_another_user_without_a_home_can_segment_and_learn(
    home: dict[str, str], play: Path, model_file: Path, tmp_path: Path
) -> None:
    others_may_enter(tmp_path)
    try:
        subprocess.run([sys.executable, "-c", "import torch"], user=NOBODY, check=True)
    except (OSError, subprocess.CalledProcessError):
        user = None  # Python itself lies in root's home: without a home, then, as root
    else:
        user = NOBODY
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    words = ("segment", play / "images", "-o", out / "s", "-m", model_file, "-d", 16)
    code, said = discembed(*words, user=user, **home)
    assert (code, "Traceback" in said) == (0, False), said
    code, said = discembed(*learning(play, model_file, out / "m.safetensors"), user=user, **home)
    assert (code, "Traceback" in said) == (0, False), said


@pytest.mark.parametrize("command", ["segment", "count", "synth", "demo", "finetune"])
def test_a_folder_that_cannot_be_written_is_told(
    command: str, play: Path, model_file: Path, tmp_path: Path
) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv, which takes root's right to write anywhere, is not installed")
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    words = {
        "segment": ["segment", play / "images", "-o", locked / "out", "-m", model_file],
        "count": ["count", play / "labels", "-o", locked / "counts.csv"],
        "synth": ["synth", "cells", "-o", locked / "drawn"],
        "demo": ["demo", "-o", locked / "demo", "--seconds", "1"],
        "finetune": learning(play, model_file, locked / "m.safetensors"),
    }[command]
    assert_told(discembed(*words, before=WITHOUT_RIGHTS), locked, set())
