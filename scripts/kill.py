# ruff: noqa: D103, S101 - run by hand
"""Kill commands and viewers at random moments, and see that nothing is lost.

    python scripts/kill.py [--times 20] [--seed 0] [--kinds segment,store,slide,track,pairs]

The commands are `segment`, `track` and `finetune --resume`. The kinds `store` and `slide` are a
large OME-Zarr image and a tiled TIFF, segmented block by block; `track` and `pairs` a folder of two
movies, linked by `lap` and by `pairs`, whose network remembers frames; `window` is a real viewer,
under `xvfb-run`.

By hand, not in CI. A run is killed and begun again until it ends by itself; what it gives must be
what a run without kills gives, byte by byte (times apart), and no part of a file may be left. A
viewer, which is a model without a window unless the kind is `window`, is painted in and autosaved
until it is killed; what was saved last must be offered back whole. The processes are forked when
all is imported, so that a kill meets the work and not the imports.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import hashlib
import importlib
import io
import json
import multiprocessing
import os
import pkgutil
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import tifffile
import torch
import zarr
from safetensors.torch import load_file

import napari_discembed
from napari_discembed.cli import main as command
from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
from napari_discembed.session.autosave import Autosave, left_over

PICTURES, SIDE, STEPS, PAINTED = 6, 160, 60, 512
MOVIES, FRAMES = 2, 8
LARGE, BLOCK = 896, 128


def inputs(root: Path) -> None:
    rng = np.random.default_rng(0)
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    for i in range(PICTURES):
        labels = np.zeros((SIDE, SIDE), np.uint8)
        for j in range(16):
            y, x = divmod(j, 4)
            labels[y * 40 + 5 : y * 40 + 25 + i, x * 40 + 5 : x * 40 + 25] = j + 1
        pixels = ((labels > 0) * 180 + rng.integers(0, 30, labels.shape)).astype(np.uint8)
        tifffile.imwrite(root / "images" / f"{i}.tif", pixels)
        tifffile.imwrite(root / "labels" / f"{i}.tif", labels)
    for name in map(str, range(MOVIES)):
        (root / "movies" / name).mkdir(parents=True)
        for t in range(FRAMES):
            y, x = (np.mgrid[:SIDE, :SIDE] - t * np.reshape([1, 2], (2, 1, 1))) % 40
            pixels = (((y < 20) & (x < 20)) * 180 + rng.integers(0, 30, y.shape)).astype(np.uint8)
            tifffile.imwrite(root / "movies" / name / f"t{t:03d}.tif", pixels)
    y, x = np.mgrid[:LARGE, :LARGE] % 24
    large = (((y < 14) & (x < 14)) * 180 + rng.integers(0, 30, y.shape)).astype(np.uint8)
    tifffile.imwrite(root / "slide.tif", large, tile=(64, 64), compression="zlib")
    group = zarr.create_group(str(root / "store.zarr"), zarr_format=3)
    group.create_array("0", shape=large.shape, chunks=(BLOCK,) * 2, dtype="uint8")[:] = large
    scale = [{"type": "scale", "scale": [1.0, 1.0]}]
    multiscale = {
        "axes": [{"name": n, "type": "space"} for n in "yx"],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    torch.manual_seed(0)
    backbone = {"kind": "hourglass", "features": (4, 8)}
    for name, settings in (("tiny", {"features": (4, 8)}), ("recurrent", {"backbone": backbone})):
        config = NetworkConfig.of(in_channels=1, diameter=16, **settings)
        card = ModelCard(name=name, config=config)
        save_model(root / f"{name}.safetensors", Model(EmbeddingNet(config), card))


def segment(root: Path, out: Path, image: Path | None = None) -> list[str]:
    model, images = root / "tiny.safetensors", str(image or root / "images")
    return ["segment", images, "-o", str(out), "-m", str(model), "-d", "20"]


def track(root: Path, out: Path, link: str = "lap") -> list[str]:
    movies = [str(path) for path in sorted((root / "movies").iterdir())]
    model = root / "recurrent.safetensors"
    return ["track", *movies, "-o", str(out), "-m", str(model), "-d", "20", "--link", link]


def pairs(root: Path, out: Path) -> list[str]:
    return track(root, out, "pairs")


def slide(root: Path, out: Path) -> list[str]:
    return [*segment(root, out, root / "slide.tif"), "--block-size", str(BLOCK)]


def store(root: Path, out: Path) -> list[str]:
    """Segment a store of this run's own: its labels go into it."""
    own = out / "store.zarr"
    if not own.exists():
        shutil.copytree(root / "store.zarr", own)
    return [*segment(root, out, own), "--block-size", str(BLOCK)]


def finetune(root: Path, out: Path) -> list[str]:
    settings = (f"steps={STEPS}", "batch_size=1", "patch_size=64", "checkpoint_every=0.05")
    return [
        "finetune", "--images", str(root / "images"), "--labels", str(root / "labels"),
        "--model", str(root / "tiny.safetensors"), "-o", str(out / "m.safetensors"), "--resume",
        *(word for setting in settings for word in ("--set", setting)),
    ]  # fmt: skip


def start(work: Callable[..., object], *arguments: object) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    return process


def run_command(words: list[str], said: Path) -> None:
    """Run a command in this process, and end with its exit code."""
    with said.open("a") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        code = command(words)
    sys.exit(code)


def result(out: Path) -> dict[str, str]:
    """Return what is to be equal, by the names of the files."""
    found = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".tif":
            content = tifffile.imread(path).tobytes()
        elif path.suffix == ".csv":
            with path.open() as lines:
                rows = list(csv.DictReader(lines))
            content = repr([{k: v for k, v in r.items() if k != "seconds"} for r in rows]).encode()
        elif path.suffix == ".safetensors":
            weights = load_file(path)
            content = b"".join(n.encode() + weights[n].numpy().tobytes() for n in sorted(weights))
        elif "labels" in path.parts and path.suffix != ".json":
            content = path.read_bytes()  # a chunk of a store
        else:
            content = b""  # a record of times
        found[name] = hashlib.sha256(content).hexdigest()[:12]
    return found


def differing(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Return the names of files that are not as they should be."""
    names = sorted(found.keys() | wanted.keys())
    return [name for name in names if found.get(name) != wanted.get(name)]


def warm_up(root: Path) -> None:
    """Import what the processes need; no training is run, whose threads do not outlive a fork."""
    for module in pkgutil.walk_packages(napari_discembed.__path__, "napari_discembed."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert command(segment(root, root / "warm")) == 0


def kill_commands(
    words: Callable[[Path, Path], list[str]], root: Path, times: int, rng: random.Random
) -> int:
    """Kill a command so often; return how many runs did not come to what they should."""
    said, bad, kills, rounds = root / "said.txt", 0, 0, 0
    (root / "whole").mkdir(parents=True)
    began = time.monotonic()
    whole = start(run_command, words(root.parent, root / "whole"), said)
    whole.join()
    assert whole.exitcode == 0, said.read_text()
    seconds, wanted = time.monotonic() - began, result(root / "whole")
    while kills < times:
        rounds += 1
        out, code = root / f"round {rounds}", None
        out.mkdir()
        while code is None:
            began = time.monotonic()
            child = start(run_command, words(root.parent, out), said)
            child.join(rng.uniform(0, 1) * seconds if kills < times else None)
            if child.is_alive():
                child.kill()
                kills += 1
                child.join()
            else:
                code = child.exitcode
        found = result(out)
        if code or found != wanted:
            bad += 1
            report(f"{root.name}, round {rounds}: code {code}, {differing(found, wanted)}")
            report(said.read_text()[-2000:])
    report(f"{root.name}: {kills} kills in {rounds} runs of {seconds:.1f} s, {bad} bad")
    return bad


def pattern() -> np.ndarray:
    """Return which pixels are painted, with no order that is soon compressed."""
    return np.random.default_rng(0).random((PAINTED, PAINTED)) < 0.5


def paint(root: Path, saved: Path, window: bool) -> None:
    """Paint 1, 2, 3, ... in two layers of a viewer, and write down which was autosaved last."""
    import napari
    from napari.components import ViewerModel

    from napari_discembed.widgets.sessions import save_annotation, session_of

    viewer = napari.Viewer() if window else ViewerModel()
    if window:
        viewer.window.add_plugin_dock_widget("napari-discembed", "Segment")
    session = session_of(viewer)
    session.autosave = Autosave(root)
    layers = [viewer.add_labels(np.zeros((PAINTED,) * 2, np.int32), name=n) for n in ("a", "b")]
    where = pattern()
    for number in range(1, 1_000_000):
        for layer in layers:
            layer.data[where] = number
            layer.refresh()
        if window:
            napari.qt.get_qapp().processEvents()
        session.autosave._looked_at = -1e9  # as if the minute were over
        save_annotation(session, viewer)
        session.autosave.wait()
        saved.write_text(f"{number}\n")


def offered(root: Path, found: Path) -> None:
    """Write what a new viewer would be offered back, or told."""
    told: list[str] = []
    numbers, where = [], pattern()
    for _, annotation in left_over(root, told.append):
        labels = list(annotation.labels.values())
        painted = np.unique(np.stack([one[where] for one in labels]))
        assert len(labels) == 2, f"{len(labels)} layers"
        assert len(painted) == 1, f"half painted: {painted}"
        assert not any(one[~where].any() for one in labels), "painted elsewhere"
        numbers.append(int(painted[0]))
    found.write_text(json.dumps([numbers, told]))


def kill_viewers(root: Path, times: int, rng: random.Random, *, window: bool) -> int:
    """Kill viewers so often; return how many lost something."""
    bad, lost_before_saving = 0, 0
    for i in range(times):
        folder = root / f"viewer {i}"
        folder.mkdir(parents=True)
        saved, found, autosaves = folder / "saved.txt", folder / "found.txt", folder / "autosave"
        child = start(paint, autosaves, saved, window)
        if window:  # it takes long to come up
            while child.is_alive() and not saved.exists():
                time.sleep(0.05)
        child.join(rng.uniform(0, 1.5))
        assert child.is_alive(), "a viewer ended by itself"
        child.kill()
        child.join()
        last = int((saved.read_text() if saved.exists() else "") or 0)
        lost_before_saving += last == 0
        reader = start(offered, autosaves, found)
        reader.join()
        numbers, told = (
            json.loads(found.read_text()) if reader.exitcode == 0 else ([], ["no reading"])
        )
        right = [[last], [last + 1]] if last else [[], [1]]
        # Between the writing and the emptying of the note the number is not known.
        unknown = saved.exists() and not saved.read_text() and len(numbers) == 1
        if told or not (unknown or numbers in right):
            bad += 1
            report(f"{root.name} {i}: saved {last}, offered {numbers}, told {told}")
    report(f"{root.name}: {times} kills, {lost_before_saving} before the first save, {bad} bad")
    return bad


def report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join([*COMMANDS, "viewer"]))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rng, bad = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["DISCEMBED_HOME"] = str(root / "home")
        inputs(root)
        warm_up(root)
        for kind in asked.kinds.split(","):
            if kind in COMMANDS:
                bad += kill_commands(COMMANDS[kind], root / kind, asked.times, rng)
            else:
                bad += kill_viewers(root / kind, asked.times, rng, window=kind == "window")
    report(f"{bad} runs that were not as without kills")
    return int(bad > 0)


COMMANDS = {
    "segment": segment,
    "store": store,
    "slide": slide,
    "track": track,
    "pairs": pairs,
    "finetune": finetune,
}


if __name__ == "__main__":
    sys.exit(main())
