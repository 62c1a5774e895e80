"""Annotation in progress, kept where a crash does not reach it."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from pydantic import ValidationError

from napari_discembed.config import (
    ClusteringConfig,
    DensityConfig,
    clustering_config,
    read_clustering,
)
from napari_discembed.files import atomic_path, data_folder
from napari_discembed.session.processes import is_alive
from napari_discembed.types import IntArray

CARD = "annotation.json"
OLDEST_DAYS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What a person has painted and set.

    Attributes
    ----------
    labels
        By the name of the layer.
    config
        Of the clustering.
    model
        Name or file of the chosen model.
    places
        By the name of the layer: where it lies, and its pixels' size, as plain JSON values.
    saved
        Seconds since 1970.
    """

    labels: Mapping[str, IntArray] = field(default_factory=dict)
    config: ClusteringConfig = field(default_factory=DensityConfig)
    model: str = ""
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    saved: float = 0.0


def autosave_folder() -> Path:
    """Return where annotations in progress lie."""
    return data_folder() / "autosave"


class Autosave:
    """The autosaved annotation of one viewer.

    Parameters
    ----------
    root
        Where annotations lie; None for the user's data folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or autosave_folder()
        self.folder = self.root / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"

    def save(self, annotation: Annotation) -> None:
        """Write the annotation; the one before stays until this one is whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = self.folder / f"labels-{uuid.uuid4().hex[:8]}.npz"
        names = list(annotation.labels)
        with atomic_path(arrays) as partial, partial.open("wb") as file:
            by_number: dict[str, Any] = {str(i): annotation.labels[n] for i, n in enumerate(names)}
            np.savez_compressed(file, **by_number)
        card = {
            "names": names,
            "arrays": arrays.name,
            "config": annotation.config.model_dump(mode="json"),
            "model": annotation.model,
            "places": dict(annotation.places),
            "saved": time.time(),
        }
        with atomic_path(self.folder / CARD) as partial:
            partial.write_text(json.dumps(card))
        for old in self.folder.glob("labels-*.npz"):
            if old != arrays:
                old.unlink(missing_ok=True)

    def discard(self) -> None:
        """Forget it: the viewer was closed by the person."""
        shutil.rmtree(self.folder, ignore_errors=True)


def left_over(root: Path | None = None) -> list[tuple[Path, Annotation]]:
    """Return the annotations of viewers that crashed, the latest first.

    Those of living processes are left out, and those older than a month removed.
    """
    found = []
    for card in (root or autosave_folder()).glob(f"*/{CARD}"):
        folder = card.parent
        if is_alive(folder.name.partition("-")[0]):
            continue
        annotation = _read(folder)
        if annotation is None or time.time() - annotation.saved > 86400 * OLDEST_DAYS:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append((folder, annotation))
    return sorted(found, key=lambda pair: pair[1].saved, reverse=True)


def _read(folder: Path) -> Annotation | None:
    try:
        card = json.loads((folder / CARD).read_text())
        with np.load(folder / card["arrays"]) as arrays:
            labels = {name: arrays[str(i)] for i, name in enumerate(card["names"])}
        stored = card["config"] if "config" in card else card["knobs"]  # as release 0.1 called it
        config = clustering_config(**read_clustering(stored))
        return Annotation(labels, config, card["model"], card.get("places", {}), card["saved"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, ValidationError):
        return None
