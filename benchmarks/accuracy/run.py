"""Run the accuracy benchmark, and write its report.

    python benchmarks/accuracy/run.py full few --data DIR --output REPORT [--methods ours ...]
    python benchmarks/accuracy/run.py

Without a section the report alone is written, by default the one beside this program. What has
been measured is kept in ``REPORT/results.jsonl``; a run that was stopped goes on where it was, and
competitors or seeds can be added later. Every method runs alone, with the same number of threads.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from functools import cache
from pathlib import Path

import report as reports
from real import real
from sections import SECTIONS as DRAWN_AND_NUCLEI
from sections import Case, Pictures
from task import Task

from napari_discembed import metrics

HERE = Path(__file__).parent
SECTIONS = {"real": real, **DRAWN_AND_NUCLEI}
WORK = Path(tempfile.gettempdir()) / "discembed-accuracy"
ENVIRONMENTS = {"cellpose3": "cellpose", "stardist2d": "stardist", "embedseg": "embedseg"}
"""The programs that need an environment of their own, which setup_peers.sh makes."""


def interpreter(program: str, peers: Path | None) -> str:
    """Return the Python that runs a program."""
    if program not in ENVIRONMENTS:
        return sys.executable
    if peers is None:
        raise SystemExit(f"{program} needs --peers, the folder that setup_peers.sh was given.")
    return str(peers / ENVIRONMENTS[program] / "bin" / "python")


def measure(case: Case, name: str, pictures: Pictures, options: argparse.Namespace) -> reports.Row:
    """Run a competitor of a case and return its row of results."""
    entry = case.entries[name]
    folder = options.work / "task"
    shutil.rmtree(folder, ignore_errors=True)
    task = Task(folder, entry.seconds, options.threads, case.seed, pictures.diameter, entry.options)
    task.write(pictures.train, [image for _, image, _ in pictures.test])
    program = HERE / "methods" / f"{entry.program}.py"
    command = [interpreter(entry.program, options.peers), str(program), str(folder)]
    own = entry.program not in ENVIRONMENTS
    environ = os.environ | {
        "OMP_NUM_THREADS": str(options.threads),
        "MKL_NUM_THREADS": str(options.threads),
        "PYTHONPATH": os.pathsep.join([str(HERE), *(sys.path[1:] if own else [])]),
    }
    started = time.monotonic()
    with (options.work / "log.txt").open("a") as log:
        print(f"--- {case.name}, seed {case.seed}: {name}", file=log, flush=True)
        done = subprocess.run(command, env=environ, stdout=log, stderr=log, check=False)
    row = {
        "case": case.name,
        "seed": case.seed,
        "method": name,
        "threads": options.threads,
        "seconds": entry.seconds,
    }
    if done.returncode:
        return row | {"failed": f"exit {done.returncode}"}
    facts = json.loads((folder / "facts.json").read_text())
    scores: dict[str, list[metrics.Scores]] = defaultdict(list)
    for (kind, _, truth), found in zip(pictures.test, task.found(), strict=True):
        scores[kind].append(metrics.score(truth, found))
    wall = round(time.monotonic() - started, 1)
    return row | {"facts": facts, "wall_seconds": wall, "scores": reports.by_kind(scores)}


def main() -> int:
    """Run sections, or write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--data", type=Path, help="folder that holds dsb2018 and the others")
    parser.add_argument("--output", type=Path, default=HERE / "report", help="the report's folder")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of files in between")
    parser.add_argument("--peers", type=Path, help="the folder that setup_peers.sh was given")
    parser.add_argument(
        "--bases", type=Path, default=HERE / "bases", help="of weights without_fluo, without_histo"
    )
    parser.add_argument("--methods", nargs="*", help="beginnings of names; default: all")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="of training, in place of the section's own")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"expected sections out of {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    for folder in (options.work, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    ledger = options.output / "results.jsonl"
    for section in options.sections:
        done = {reports.identity(row) for row in reports.rows(ledger) if "failed" not in row}
        for case in SECTIONS[section](options.data, options.seeds, options.seconds, options.bases):
            if options.only not in case.name:
                continue
            pictures = cache(case.pictures)
            for name, entry in case.entries.items():
                wanted = not options.methods or name.startswith(tuple(options.methods))
                if not wanted or (case.name, case.seed, name, entry.seconds) in done:
                    continue
                row = measure(case, name, pictures(), options)
                with ledger.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
                print(reports.line(row), flush=True)
    reports.write(ledger)
    return 0


if __name__ == "__main__":
    sys.exit(main())
