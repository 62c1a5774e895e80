"""Time ``import napari_discembed`` and ``discembed --help``, each in a fresh interpreter.

python benchmarks/start_up.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

BARE = [sys.executable, "-c", "pass"]
CASES = {
    "`import napari_discembed`": ([sys.executable, "-c", "import napari_discembed"], 0.1),
    "`discembed --help`": ([sys.executable, "-m", "napari_discembed", "--help"], 0.5),
}
REPEATS = 11


def seconds(command: list[str]) -> float:
    """Return the median wall time of a command; the first run warms the file cache."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def main() -> int:
    """Print the table."""
    bare = seconds(BARE)
    print("| what | median | the interpreter alone | wanted |\n|---|---|---|---|")
    for name, (command, limit) in CASES.items():
        taken = seconds(command)
        # An import's own cost is what it adds; a command is waited for as a whole.
        own = taken - bare if "import" in name else taken
        print(f"| {name} | {own * 1e3:.0f} ms | {bare * 1e3:.0f} ms | < {limit * 1e3:.0f} ms |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
