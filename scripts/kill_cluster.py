# ruff: noqa: D103, S101 - run by hand
"""Kill workers, the scheduler and the command of a real Dask cluster at random moments.

    python scripts/kill_cluster.py [--times 20] [--seed 0] [--workers 4]

By hand, not in CI. A tiled TIFF is segmented block by block with ``--cluster``; at a random moment
one of the processes, which one at random, is killed with SIGKILL; what has died is started again,
and the command is run again if it has not ended well. What it gives in the end must be what one
process gives without a kill, byte by byte (times apart).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from kill import inputs, report, result, slide

VICTIMS = ("worker", "scheduler", "command")
SECONDS = 60.0
"""What a process may take to come up."""


@dataclass
class Processes:
    """A scheduler and its workers, each a process of its own."""

    folder: Path
    workers: int
    log: Path
    scheduler: subprocess.Popen[bytes] | None = None
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """Where the scheduler writes its address."""
        return self.folder / "scheduler.json"

    def come_up(self) -> None:
        """Start what is not running."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.go_down()
            self.file.unlink(missing_ok=True)
            options = ("--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
            self.scheduler = self.start("scheduler", *options)
            began = time.monotonic()
            while not self.file.exists():
                assert time.monotonic() - began < SECONDS, self.log.read_text()[-2000:]
                time.sleep(0.05)
        self.running = [worker for worker in self.running if worker.poll() is None]
        while len(self.running) < self.workers:
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file")
            self.running.append(self.start("worker", *options, str(self.file)))

    def start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        """Start one process of Dask."""
        with self.log.open("ab") as said:
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
            return subprocess.Popen(command, stdout=said, stderr=said, cwd=self.folder)

    def go_down(self) -> None:
        """Kill what is running."""
        for process in [self.scheduler, *self.running]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


def run_once(
    words: list[str], there: Processes, rng: random.Random, seconds: float
) -> tuple[int | None, str]:
    """Run the command and kill one process at a random moment; return its code and the victim."""
    there.come_up()
    command = [sys.executable, "-m", "napari_discembed", *words, "--cluster", address(there)]
    with there.log.open("ab") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        child.wait(rng.uniform(0, 1) * seconds)
    except subprocess.TimeoutExpired:
        pass
    else:
        return child.returncode, ""
    victim = rng.choice(VICTIMS)
    assert there.scheduler is not None
    process = {
        "worker": rng.choice(there.running),
        "scheduler": there.scheduler,
        "command": child,
    }[victim]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    if victim == "worker":
        there.come_up()
    return child.wait(), victim


def address(there: Processes) -> str:
    return str(json.loads(there.file.read_text())["address"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=4)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    os.environ["OMP_NUM_THREADS"] = "1"
    bad, rounds, kills = 0, 0, dict.fromkeys(VICTIMS, 0)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["DISCEMBED_HOME"] = str(root / "home")
        inputs(root)
        there = Processes(root, asked.workers, root / "said.txt")
        alone = [sys.executable, "-m", "napari_discembed", *slide(root, root / "alone")]
        subprocess.run(alone, check=True, capture_output=True)
        wanted, seconds = result(root / "alone"), 0.0
        try:
            while sum(kills.values()) < asked.times:
                rounds += 1
                out, code = root / f"round {rounds}", None
                began = time.monotonic()
                while code != 0:
                    # The first run is not killed: it tells how long one takes.
                    limit = seconds if rounds > 1 and sum(kills.values()) < asked.times else 1e4
                    code, victim = run_once(slide(root, out), there, rng, limit)
                    kills.update({victim: kills[victim] + 1} if victim else {})
                    if code and not victim:
                        break
                seconds = seconds or time.monotonic() - began
                if code or result(out) != wanted:
                    bad += 1
                    report(f"round {rounds}: code {code}, {result(out)} for {wanted}")
                    report(there.log.read_text()[-2000:])
        finally:
            there.go_down()
    told = ", ".join(f"{count} of the {victim}" for victim, count in kills.items())
    report(f"{told}, in {rounds} runs of {seconds:.0f} s and {asked.workers} workers: {bad} bad")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
