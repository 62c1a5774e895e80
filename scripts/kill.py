# ruff: noqa: D103, S101 - run by hand
"""Kill `segment` and `finetune --resume` at random moments, and see that nothing is lost.

    python scripts/kill.py [--times 20] [--seed 0]

By hand, not in CI. A run is killed and begun again until it ends by itself; what it gives must be
what a run without kills gives, byte by byte (times apart), and no part of a file may be left.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import tifffile
import torch
from safetensors.torch import load_file

from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model

PICTURES, SIDE, STEPS = 6, 160, 60


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
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
    card = ModelCard(name="tiny", config=config)
    save_model(root / "tiny.safetensors", Model(EmbeddingNet(config), card))


def segment(root: Path, out: Path) -> list[str]:
    model = root / "tiny.safetensors"
    return ["segment", str(root / "images"), "-o", str(out), "-m", str(model), "-d", "20"]


def finetune(root: Path, out: Path) -> list[str]:
    settings = (f"steps={STEPS}", "batch_size=1", "patch_size=64", "checkpoint_every=0.05")
    return [
        "finetune", "--images", str(root / "images"), "--labels", str(root / "labels"),
        "--model", str(root / "tiny.safetensors"), "-o", str(out / "m.safetensors"), "--resume",
        *(word for setting in settings for word in ("--set", setting)),
    ]  # fmt: skip


def start(words: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "napari_discembed", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


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
        else:
            content = b""  # a record of times
        found[name] = hashlib.sha256(content).hexdigest()[:12]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, bad = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        inputs(root)
        for name, words in (("segment", segment), ("finetune", finetune)):
            (root / name / "whole").mkdir(parents=True)
            began = time.monotonic()
            assert start(words(root, root / name / "whole")).wait() == 0
            seconds, wanted = time.monotonic() - began, result(root / name / "whole")
            kills = rounds = 0
            while kills < asked.times:
                rounds += 1
                out = root / name / f"round {rounds}"
                out.mkdir()
                code = None
                while code is None:
                    child = start(words(root, out))
                    # Most of the time goes by in imports, where there is nothing to lose.
                    wait = rng.uniform(0.35, 1.05) * seconds if kills < asked.times else None
                    try:
                        code = child.wait(wait)
                    except subprocess.TimeoutExpired:
                        child.kill()
                        child.wait()
                        kills += 1
                equal = result(out) == wanted
                if code or not equal:
                    bad += 1
                    said = b"" if child.stderr is None else child.stderr.read()
                    seen = f"code {code}, {result(out)} for {wanted}, {said!r}"
                    sys.stdout.write(f"{name}, round {rounds}: {seen}\n")
            sys.stdout.write(f"{name}: {kills} kills in {rounds} runs of {seconds:.1f} s\n")
            sys.stdout.flush()
    sys.stdout.write(f"{bad} runs that were not as without kills\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
