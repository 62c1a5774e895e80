"""Pixel rate of exported networks in other runtimes, and how far they are from PyTorch.

PyTorch as it is run here: channels-last, batch normalisation folded, the heap kept. Medians of
several passes over one image, one after the other, so that a busy moment hits all alike. OpenVINO is
left out where it is not installed. ``--heap usual`` runs all with the heap as it is.

    python benchmarks/exchange.py
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from napari_discembed import export_model, load_model
from napari_discembed.heap import kept_heap
from napari_discembed.models.exchange.exported import ExportedNet

Array = NDArray[np.float32]
Run = Callable[[Array], list[Array]]


def in_pytorch(name: str, threads: int) -> Run:
    """Return the network as the package runs it."""
    net = ExportedNet(load_model(name).net)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(image: Array) -> list[Array]:
        torch.set_num_threads(threads)
        return net.arrays(image)

    return run


def in_onnxruntime(file: Path, threads: int) -> Run:
    """Return the network in onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda image: list(session.run(None, {"image": image}))


def in_openvino(file: Path, threads: int) -> Run:
    """Return the network in OpenVINO, in single precision."""
    import openvino

    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    network = openvino.Core().compile_model(file, "CPU", settings)
    return lambda image: list(network(image).values())


def compare(runs: dict[str, Run], image: Array, repeats: int) -> None:
    """Print the rate of each runtime, and its largest difference to the first."""
    maps = {name: run(image) for name, run in runs.items()}  # unmeasured: some compile at first
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run(image)
            seconds[name].append(time.perf_counter() - start)
    first, pixels = next(iter(runs)), image.shape[2] * image.shape[3] / 1e6
    usual = statistics.median(seconds[first])
    for name, found in maps.items():
        worst = max(float(np.abs(a - b).max()) for a, b in zip(found, maps[first], strict=True))
        median = statistics.median(seconds[name])
        print(
            f"  {name:<12} {pixels / median:6.2f} Mpx/s   {usual / median:5.2f} times PyTorch   "
            f"differs by {worst:.1e}"
        )


def main() -> None:
    """Compare the runtimes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="+", default=["nuclei", "rosette", "generalist"])
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 1024])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--heap", choices=["kept", "usual"], default="kept")
    given = parser.parse_args()
    with kept_heap() if given.heap == "kept" else nullcontext():
        compare_all(given)


def compare_all(given: argparse.Namespace) -> None:
    """Compare the runtimes for each model, number of threads and size."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for name in given.models:
            file = export_model(name, Path(folder) / f"{name}.onnx")
            for threads in given.threads:
                runs = {"PyTorch": in_pytorch(name, threads)}
                runs["onnxruntime"] = in_onnxruntime(file, threads)
                if find_spec("openvino"):
                    runs["OpenVINO"] = in_openvino(file, threads)
                for side in given.sides:
                    print(f"{name}, {side} x {side}, {threads} thread(s)")
                    image = random.random((1, 3, side, side), dtype=np.float32)
                    compare(runs, image, given.repeats)


if __name__ == "__main__":
    main()
