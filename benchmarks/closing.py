"""Close a real viewer while `nuclei` embeds 2048x2048: seconds until the process has ended.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/closing.py [--after 0.3,2,6]

The first moments are within torch's import, the later ones within the network.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 1.0


def embed_and_close(after: float) -> None:
    """Run a viewer; print when it is told to close."""
    import napari
    from qtpy.QtCore import QTimer

    from gui import photograph
    from interface import wait

    viewer = napari.Viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Segment")
    layer = viewer.add_image(photograph(2048), name="cells", rgb=False)
    wait(seconds=1)
    dock.embed.image.choose(layer)
    dock.embed.model.choose("nuclei")
    dock.embed.embed()

    def close() -> None:
        print("closing", time.time(), bool(dock.tasks.workers), flush=True)
        viewer.window._qt_window.close()

    QTimer.singleShot(int(1000 * after), close)
    napari.run()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", default="0.3,1,2,4,8")
    parser.add_argument("--within", type=float, help="used by the program itself")
    options = parser.parse_args()
    if options.within is not None:
        embed_and_close(options.within)
        return 0
    slowest = 0.0
    print("| closed after | still embedding | process ended after | exit code |\n|---|---|---|---|")
    for after in options.after.split(","):
        command = [sys.executable, str(Path(__file__).resolve()), "--within", after]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        end = time.time()
        [(_, began, busy)] = [
            line.split() for line in done.stdout.splitlines() if line.startswith("closing")
        ]
        slowest = max(slowest, end - float(began))
        print(
            f"| {after} s | {busy} | {end - float(began):.2f} s | {done.returncode} |", flush=True
        )
    return int(slowest > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
