"""Time a folder of 1,000 images as a project: listed, saved, opened again.

python benchmarks/project.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile

from napari_discembed.session.project import Project
from napari_discembed.types import Segmentation

COUNT, SIDE = 1000, 256


def timed(words: str, what: Callable[[], object]) -> None:
    """Print a row with the seconds that something takes."""
    started = time.perf_counter()
    what()
    print(f"| {words} | {time.perf_counter() - started:.2f} s |")


def main() -> int:
    """Print the table."""
    labels = np.zeros((SIDE, SIDE), np.uint16)
    labels[:40, :40], labels[60:90, 60:90] = 1, 2
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "images"
        folder.mkdir()
        for i in range(COUNT):
            tifffile.imwrite(folder / f"{i:04d}.tif", np.zeros((SIDE, SIDE), np.uint8))
        print(f"| {COUNT} images of {SIDE}^2 | time |\n|---|---|")
        projects: list[Project] = []
        timed("opened for the first time", lambda: projects.append(Project(folder)))
        project = projects[0]
        for name in project.names:
            project.put(name, Segmentation(labels))
        timed("objects of all counted and written", project.save)
        project.put(project.names[0], Segmentation(labels))
        timed("one image more saved", project.save)
        project.close()
        timed("opened again", lambda: projects.append(Project(folder)))
        projects[1].close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
