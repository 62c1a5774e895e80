# ruff: noqa: D103, S101, BLE001 - run by hand
"""Damage inputs of every kind, and see that each is told in a sentence or read, and nothing left.

    python scripts/fuzz.py [--cases 2000] [--seed 0] [--kinds image,record]

By hand, not in CI. Prints a table, and what ended in a traceback with the case to repeat it by;
the exit code is 1 where there is a traceback, a case without end, a part of a file left, or, where
the only right answer is known, another one.

That is known of what carries a checksum: PNG (images and labels), models, ``.dembed``, records,
autosaves (npz, a zip), trainings and their states. What is read of a damaged one must be refused,
or be what is read of the sound one; the column *compared* counts these. It cannot be known of
formats that carry none: raw and LZW pixels of a TIFF and its tags (zlib's own sum covers pixels
alone), NPY, CSV; there a changed byte is another picture. Nor of a model or state whose checksum
was taken out on purpose, as those of release 0.1 have none.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import tifffile
import torch
from fuzz_answers import ANSWERS
from skimage.io import imsave

from napari_discembed.cli import main
from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.errors import DiscembedError
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.trainings import Request, interrupted, new_training
from napari_discembed.types import Embedding, Image

SECONDS, WAITS, GIGABYTES, SUBPROCESSES = 60, 10, 16, 0.01
NO_CHECKSUM = -1
"""Returned in place of 0 by a case that read what carries no checksum."""
LITTER = re.compile(r"\.partial|\.lock$|\.new$|\.old$")
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, float("inf"), float("nan"), 2**70, "", "../../x", "é\x00", [], {},
    [[]], {"a": {}}, "9" * 400,
)  # fmt: skip
WORDS = (
    "", "-1", "0", "1e-9", "1e9", "1e12", "nan", "inf", "-inf", "1e400", "99999999999999999999",
    "[1e9]", "[]", "{}", "null", "none", "true", "../..", "/proc/x", "é", "a=b", "=", "T" * 300,
    "YX", "CYX", "QQ", "cuda:7", "auto", "density", "magic", "\x01", "0.5", "8",
)  # fmt: skip


class Endless(Exception):  # noqa: N818
    """A case took too long."""


def truth() -> np.ndarray:
    labels = np.zeros((48, 48), np.uint8)
    for i, (y, x) in enumerate([(3, 3), (3, 28), (28, 3), (26, 26)]):
        labels[y : y + 14, x : x + 14] = i + 1
    return labels


def seeds(root: Path) -> None:
    """Write one sound input of each kind."""
    labels = truth()
    pixels = np.where(labels > 0, 200, 20).astype(np.uint8)
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    tifffile.imwrite(root / "images" / "a.tif", pixels, metadata={"axes": "YX"})
    tifffile.imwrite(root / "images" / "b.ome.tif", np.stack([pixels] * 2), ome=True)
    tifffile.imwrite(root / "images" / "c.tif", pixels, imagej=True, compression="zlib")
    imsave(root / "images" / "d.png", pixels, check_contrast=False)
    np.save(root / "images" / "e.npy", pixels)
    tifffile.imwrite(root / "labels" / "a.tif", labels)
    imsave(root / "labels" / "d.png", labels, check_contrast=False)
    np.save(root / "labels" / "e.npy", labels)
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=14)
    save_model(
        root / "tiny.safetensors",
        Model(EmbeddingNet(config), ModelCard(name="tiny", config=config)),
    )
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 48, 48)).astype(np.float32)
    probabilities = np.full((1, 48, 48), 0.9, np.float32)
    maps = {"embedding": values, "foreground": probabilities}
    write_embedding(root / "a.dembed", Embedding(maps, image_shape=(48, 48)))
    for folder in ("images", "labels"):
        (root / "set/train" / folder).mkdir(parents=True)
        shutil.copy(root / folder / "d.png", root / "set/train" / folder / "d.png")
    (root / "set/index.csv").write_text("name,split,type\nd,train,fluo\n")
    Autosave(root / "autosave").save(Annotation({"painted": labels}))
    quick = FinetuningConfig(steps=1, batch_size=1, patch_size=32)
    training = new_training(
        Request(name="mine", train=quick), [Image(pixels)], [labels], root / "trainings"
    )
    training.state_file.write_bytes(b"")
    training.claim()
    run = quiet("segment", root / "images/a.tif", "-o", root / "done", "-m", root / MODEL, "-d", 14)
    assert run == 0, run
    state = root / "learnt"
    state.mkdir()
    arguments = finetuning(root, state / "m.safetensors")
    with contextlib.suppress(KeyboardInterrupt):
        _stopped_half_way(arguments)
    assert (state / "m.state.safetensors").exists()


def _stopped_half_way(arguments: list[str]) -> None:
    from napari_discembed.training.loop import _Loop

    after = _Loop._is_spent

    def stop(self: Any) -> bool:
        if self.parts.steps_done == 1:
            raise KeyboardInterrupt
        return after(self)

    _Loop._is_spent = stop  # type: ignore[method-assign]
    try:
        quiet(*arguments)
    finally:
        _Loop._is_spent = after  # type: ignore[method-assign]


MODEL = "tiny.safetensors"


def finetuning(root: Path, output: Path) -> list[str]:
    settings = ("steps=2", "batch_size=1", "patch_size=32", "checkpoint_every=0.0001")
    return [
        "finetune", "--images", str(root / "images/a.tif"), "--labels", str(root / "labels/a.tif"),
        "--model", str(root / MODEL), "-o", str(output),
        *(word for setting in settings for word in ("--set", setting)),
    ]  # fmt: skip


def quiet(*words: object) -> int:
    """Run a command in this process; return its exit code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main([str(word) for word in words])


def apart(*words: object) -> int:
    """Run a command in a process of its own; a traceback there is an error here."""
    command = [sys.executable, "-m", "napari_discembed", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if "Traceback" in done.stderr or done.returncode not in (0, 1, 2):
        raise RuntimeError(done.stderr[-2000:] or f"exit code {done.returncode}")
    return done.returncode


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a file, damaged in one of many ways."""
    if content[:1] in b"{[" and rng.random() < 0.7:
        return odd_json(content, rng)
    data = bytearray(content or b"\0")
    n = len(data)
    way = rng.randrange(7)
    if way == 0:
        return bytes(data[: rng.randrange(n + 1)])
    if way == 1:
        for _ in range(rng.choice([1, 3, 20])):
            # Headers are where the harm is.
            data[int(n * rng.random() ** 3)] = rng.randrange(256)
    elif way == 2:
        start = rng.randrange(n)
        data[start : start + rng.randrange(1, 64)] = bytes(rng.randrange(1, 64))
    elif way == 3:
        start = rng.randrange(n)
        data[start:start] = rng.randbytes(rng.randrange(1, 64))
    elif way == 4:
        digits = [i for i, b in enumerate(data[:4000]) if chr(b).isdigit()]
        for i in rng.sample(digits, min(len(digits), rng.choice([1, 2, 5]))):
            data[i] = ord(rng.choice("0123456789-e."))
    elif way == 5:
        return rng.choice([b"", b"\0" * n, b"\xff\xfe", b"PK\x03\x04", b"II*\0", b"{}", b"null"])
    else:
        i = rng.randrange(n)
        data[i : i + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\x00\x00\x00\x00"])
    return bytes(data)


def odd_json(content: bytes, rng: random.Random) -> bytes:
    """Put something odd in a random place of a document."""
    try:
        document = json.loads(content)
    except ValueError:
        return b"{"
    if rng.random() < 0.05:
        return b'{"a":' * 50_000
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    if isinstance(document, dict | list):
        walk(document)
    if not places or rng.random() < 0.05:
        return json.dumps(rng.choice(ODD)).encode()
    place, key = rng.choice(places)
    if isinstance(place, dict) and rng.random() < 0.25:
        del place[key]
    elif isinstance(place, dict) and rng.random() < 0.2:
        place["of a newer release"] = rng.choice(ODD)
    else:
        place[key] = rng.choice(ODD)
    return json.dumps(document).encode()


def damage_safetensors(path: Path, rng: random.Random, metadata: float) -> bool:
    """Give a safetensors file odd metadata, at that probability, or damage it anywhere.

    Returns
    -------
    Whether its checksum was left in.
    """
    content = path.read_bytes()
    if rng.random() >= metadata:
        path.write_bytes(damaged(content, rng))
        return True
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    kept = header["__metadata__"]  # each value a JSON text of its own, but the hash
    leave = rng.random() < 0.5
    if not leave:  # without it, as of an earlier release, what is odd is looked at
        kept.pop("sha256", None)
    for key in kept:
        kept[key] = odd_json(kept[key].encode(), rng).decode()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
    return leave


def compared(code: int, has_checksum: bool) -> int:
    return code if code or has_checksum else NO_CHECKSUM


def damage(path: Path, rng: random.Random) -> None:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    file = rng.choice(files)
    file.write_bytes(damaged(file.read_bytes(), rng))


def image(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    path = rng.choice(sorted((root / "images").iterdir()))
    damage(path, rng)
    words = ("segment", path, "-o", root / "out", "-m", root / MODEL, "-d", 14)
    code = run(*(("info", path) if rng.random() < 0.3 else words))
    return compared(code, path.suffix == ".png")


def labels(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    path = rng.choice(sorted((root / "labels").iterdir()))
    damage(path, rng)
    way = rng.randrange(3)
    words = finetuning(root, root / "m.safetensors")
    words[words.index("--labels") + 1] = str(path)
    code = run(*(
        ("count", path, "-o", root / "counts.csv"),
        ("evaluate", path, root / "labels/a.tif"),
        words,
    )[way])  # fmt: skip
    return compared(code, path.suffix == ".png")


def model(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    path = root / MODEL
    has_checksum = damage_safetensors(path, rng, 0.6)
    words = ("segment", root / "images/a.tif", "-o", root / "out", "-m", path, "-d", 14)
    code = run(*(("info", path) if rng.random() < 0.4 else words))
    return compared(code, has_checksum)


def dembed(root: Path, rng: random.Random, _run: Callable[..., int]) -> int:
    damage(root / "a.dembed", rng)
    found = read_embedding(root / "a.dembed")
    return int(np.asarray(found.values).sum() > 1e30)


def record(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    damage(root / "done" / rng.choice(["segmentation.json", "counts.csv", "a_labels.tif"]), rng)
    words = ("segment", root / "images/a.tif", "-o", root / "done", "-m", root / MODEL, "-d", 14)
    return run(*words, *(["--json"] if rng.random() < 0.5 else []))


def autosave(root: Path, rng: random.Random, _run: Callable[..., int]) -> int:
    from napari_discembed.session import autosave as module

    folder = next((root / "autosave").iterdir())
    damage(folder, rng)
    module.is_in_use(folder)
    before, module.is_in_use = module.is_in_use, lambda _folder: False
    try:
        found = module.left_over(root / "autosave", lambda _words: None)
    finally:
        module.is_in_use = before
    [left] = (root / "autosave").iterdir()  # never deleted
    assert any(left.glob("*.npz"))
    return 0 if found else 1


def training(root: Path, rng: random.Random, _run: Callable[..., int]) -> int:
    folder = next((root / "trainings").iterdir())
    damage(folder, rng)
    (folder / "owner.txt").write_bytes(damaged((folder / "owner.txt").read_bytes(), rng))
    for one in interrupted(root / "trainings"):
        one.pairs()
        return 0
    return 1


def state(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    path = root / "learnt" / "m.state.safetensors"
    has_checksum = damage_safetensors(path, rng, 0.7)
    code = run(*finetuning(root, root / "learnt" / "m.safetensors"), "--resume")
    return compared(code, has_checksum)


def csv_table(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    damage(root / "set/index.csv", rng)
    words = finetuning(root, root / "m.safetensors")
    return run("train", root / "set", "--layout", "dsb2018", *words[5:])


OPTIONS = {
    "segment": ("--diameter", "--bandwidth", "--merge-margin", "--foreground", "--min-size",
                "--method", "--axes", "--device", "--tile", "--model", "--output"),
    "finetune": ("--diameter", "--background-label", "--steps", "--seconds", "--seed", "--device",
                 "--axes", "--classes", "--validation-images", "--set", "--network", "--output"),
    "count": ("--output", "--pixel-size", "--unit"),
    "synth": ("--count", "--seed", "--output"),
}  # fmt: skip
SETTINGS = (
    "batch_size", "patch_size", "learning_rate", "ema_decay", "alpha", "head_weights.foreground",
    "augmentation.rotate", "holdout", "base_weight", "patience", "validations", "seed",
)  # fmt: skip
NETWORK = ("features", "embedding_dim", "diameter", "in_channels", "classes", "ndim", "coordinates")


def option(root: Path, rng: random.Random, run: Callable[..., int]) -> int:
    command = rng.choice(list(OPTIONS))
    name, word = rng.choice(OPTIONS[command]), rng.choice(WORDS)
    if name == "--output" and not word.strip("./"):
        word = "x"
    words: list[Any] = {
        "segment": ["segment", root / "images/a.tif", "-o", root / "out", "-m", root / MODEL],
        "finetune": finetuning(root, root / "m.safetensors"),
        "count": ["count", root / "labels/a.tif", "-o", root / "counts.csv"],
        "synth": ["synth", "cells", "-o", root / "drawn", "--count", "1"],
    }[command]
    if name == "--set":
        word = f"{rng.choice(SETTINGS)}={word}"
    if name == "--network":
        word = f"{rng.choice(NETWORK)}={word}"
        words[words.index("--model") + 1] = "none"
    long = name in {"--count", "--seconds", "--steps"} and word.isdigit() and int(word) > 100
    if long or word in {"steps=8", "patch_size=1e9"}:  # may take for ever, as was asked
        word = "1"
    os.chdir(root)  # what is written by a relative name shall be seen
    try:
        return run(*words, name, word)
    finally:
        os.chdir(root.parent)


KINDS: dict[str, Callable[[Path, random.Random, Callable[..., int]], int]] = {
    "image": image, "labels": labels, "model": model, "dembed": dembed, "record": record,
    "autosave": autosave, "training": training, "state": state, "csv": csv_table,
    "option": option,
}  # fmt: skip


def right_answers(sound: Path, place: Path) -> dict[str, str]:
    shutil.copytree(sound, place)
    assert quiet(*finetuning(place, place / "learnt" / "m.safetensors"), "--resume") == 0
    return {kind: answer(place) for kind, answer in ANSWERS.items()}


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    def end(*_args: object) -> None:
        raise Endless(f"no end in {seconds} s of a core, or {WAITS * seconds} s")

    # Other work on the machine makes no case endless; one that waits for ever uses no core.
    signal.signal(signal.SIGPROF, end)
    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(WAITS * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


def one_case(
    kind: str, number: int, sound: Path, place: Path, right: dict[str, str]
) -> tuple[str, str]:
    """Return what came of a case, and the trace where there is one."""
    rng = random.Random(f"{kind} {number}")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sound, place)
    run = apart if rng.random() < SUBPROCESSES else quiet
    trace = ""
    try:
        with limited(SECONDS):
            code = KINDS[kind](place, rng, run)
            outcome = "read" if code in (0, NO_CHECKSUM) else "told"
            if code == 0 and kind in ANSWERS:
                outcome = "compared"
                if ANSWERS[kind](place) != right[kind]:
                    outcome, trace = "wrong", "read, and another answer than of the sound input"
    except (DiscembedError, FileNotFoundError):
        outcome = "told"
    except (MemoryError, Endless, Exception):
        outcome, trace = "trace", traceback.format_exc(limit=-6)
    aside = place / "autosave"  # where .old means that it is kept, and was told of
    left = [p.name for p in place.rglob("*") if LITTER.search(p.name) and p.parent != aside]
    if left and not trace:
        outcome, trace = "litter", f"left: {left}"
    return outcome, trace


def main_() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS), help="Of " + ", ".join(KINDS))
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES * 2**30,) * 2)
    kinds = asked.kinds.split(",")
    table: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DISCEMBED_HOME"] = str(Path(folder) / "home")
        sound, place = Path(folder) / "sound", Path(folder) / "place"
        seeds(sound)
        right = right_answers(sound, place)
        end: list[int] = []
        signal.signal(signal.SIGTERM, lambda *_: end.append(1))  # the table of what was done
        for i in range(asked.cases):
            if end:
                break
            kind, number = kinds[i % len(kinds)], asked.seed + i // len(kinds)
            outcome, trace = one_case(kind, number, sound, place, right)
            table[kind][outcome] += 1
            if trace:
                sys.stdout.write(f"-- {kind} {number}\n{trace}\n")
                sys.stdout.flush()
        os.chdir("/")
    columns = ("told", "read", "compared", "trace", "litter", "wrong")
    sys.stdout.write(
        "| kind | cases | told | read | read and compared, equal | tracebacks | partial files "
        "| silently wrong |\n|---|---|---|---|---|---|---|---|\n"
    )
    for kind, counts in table.items():
        cells = " | ".join(str(counts[column]) for column in columns)
        sys.stdout.write(f"| {kind} | {counts.total()} | {cells} |\n")
    return int(any(sum(counts[bad] for bad in columns[3:]) for counts in table.values()))


if __name__ == "__main__":
    sys.exit(main_())
