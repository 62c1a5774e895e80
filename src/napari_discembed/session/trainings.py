"""Trainings on disk: what was asked, how far it is, and what came of it, in one folder each.

A training that was killed with the viewer, or with the computer, goes on from its folder.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from napari_discembed.checksums import file_checksum, is_sound, sealed
from napari_discembed.config import Config
from napari_discembed.errors import FileFormatError
from napari_discembed.files import atomic_path, data_folder, partial_path, safe_name, sweep_partials
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.session.processes import is_same, this_process
from napari_discembed.session.request import Request
from napari_discembed.types import Axes, Image, IntArray

__all__ = ["Request", "Training", "interrupted", "new_training", "trainings_folder"]

REQUEST, STATE, MODEL, LOG = "request.json", "state.safetensors", "model.safetensors", "log.txt"
LEARNT = "learnt.safetensors"
OWNER = "owner.txt"
KEPT_START = "kept_start"
"""In a card, and in the last progress of a training: whether nothing better than its start came."""
DAY = 86400.0
REMEDY = "Discard the training, and train anew."


class _Stored(Config):
    """What lies on disk beside a request: what a newer release says besides is left out."""

    model_config = ConfigDict(extra="ignore")


class _ImageEntry(_Stored):
    """What is written of an image beside its pixels."""

    axes: str
    pixel_size: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]
    unit: str
    name: str
    checksums: tuple[int, int] | None = None
    classes: int | None = None


class _Document(_Stored):
    """The file of a request."""

    request: Request
    images: tuple[_ImageEntry, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """A training in its folder."""

    folder: Path

    @property
    def request(self) -> Request:
        """What was asked.

        Raises
        ------
        FileFormatError
            If it cannot be read.
        """
        return self._document.request

    @property
    def _document(self) -> _Document:
        try:
            content = (self.folder / REQUEST).read_bytes()
            document = _Document.model_validate_json(content)
            sound = is_sound(json.loads(content))
        except (OSError, ValueError) as error:
            raise FileFormatError(
                f"{self.folder}: no readable training. Discard it and train anew."
            ) from error
        if not sound:
            raise FileFormatError(
                f"{self.folder / REQUEST}: damaged, as its checksum differs. {REMEDY}"
            )
        return document

    @property
    def state_file(self) -> Path:
        """What it goes on from."""
        return self.folder / STATE

    @property
    def model_file(self) -> Path:
        """Where the model is, once there is one."""
        return self.folder / MODEL

    @property
    def learnt_file(self) -> Path:
        """Where what was learnt is, if the start was kept all the same."""
        return self.folder / LEARNT

    @property
    def log(self) -> Path:
        """What the process had to say."""
        return self.folder / LOG

    def can_resume(self) -> bool:
        """Tell whether it was interrupted after it had begun."""
        try:
            begun = self.state_file.exists() and not self.model_file.exists()
        except OSError:
            return False
        return begun and self._is_readable()

    def _is_readable(self) -> bool:
        """Tell whether what was asked can be read: another release may have other settings."""
        try:
            return bool(self.request)
        except FileFormatError:
            return False

    def claim(self) -> None:
        """Say that this process does it, so that no other offers to."""
        with atomic_path(self.folder / OWNER) as partial:
            partial.write_text(this_process(), encoding="utf-8")

    def release(self) -> None:
        """Say that nobody does it any more."""
        (self.folder / OWNER).unlink(missing_ok=True)

    def is_claimed(self) -> bool:
        """Tell whether a living process does it."""
        try:
            return is_same((self.folder / OWNER).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return False

    def never_began(self) -> bool:
        """Tell whether nothing was learnt that could go on, or be kept."""
        return not self.state_file.exists() and not self.model_file.exists()

    def pairs(self) -> tuple[list[Image], list[IntArray]]:
        """Return images and labels.

        Raises
        ------
        FileFormatError
            If they cannot be read.
        FileNotFoundError
            If one is missing.
        """
        entries = self._document.images
        sums = [entry.checksums or (None, None) for entry in entries]
        pixels = [self._array(f"image_{i}.npy", one) for i, (one, _) in enumerate(sums)]
        labels = [self._array(f"labels_{i}.npy", one) for i, (_, one) in enumerate(sums)]
        with told_as_damaged(self.folder / REQUEST, "what a training was asked", REMEDY):
            images = [
                Image(array, Axes(entry.axes), entry.pixel_size, entry.unit, entry.name)
                for array, entry in zip(pixels, entries, strict=True)
            ]
        return images, labels

    def classes(self) -> list[IntArray] | None:
        """Return the class of each object, an image each as the labels; None for one class.

        Raises
        ------
        FileFormatError
            If they cannot be read.
        FileNotFoundError
            If one is missing.
        """
        sums = [entry.classes for entry in self._document.images]
        if None in sums or not sums:
            return None
        return [self._array(f"classes_{i}.npy", one) for i, one in enumerate(sums)]

    def _array(self, name: str, checksum: int | None) -> NDArray[Any]:
        """Read an array, without allocating more than its file holds."""
        path = self.folder / name
        with told_as_damaged(path, "an array of a training", REMEDY):
            if checksum is not None and file_checksum(path) != checksum:
                raise FileFormatError(f"{path}: damaged, as its checksum differs. {REMEDY}")
            found: NDArray[Any] = np.array(np.lib.format.open_memmap(path, mode="r"))
            return found

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def trainings_folder() -> Path:
    """Return where trainings lie."""
    return data_folder() / "trainings"


def new_training(
    request: Request,
    images: Sequence[Image],
    labels: Sequence[IntArray],
    folder: Path | None = None,
    *,
    classes: Sequence[IntArray] | None = None,
) -> Training:
    """Write down a training, so that another process can do it.

    Parameters
    ----------
    request
        What is asked.
    images, labels
        Pairs, those for validation last.
    folder
        Where trainings lie; None for the user's data folder.
    classes
        The class, from 1, of each object, an image each as the labels; None for one class.
    """
    root = folder or trainings_folder()
    root.mkdir(parents=True, exist_ok=True)
    _clear(root)
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{safe_name(request.name)}"
    target = root / stem
    for i in range(2, 1000):
        if not target.exists():
            break
        target = root / f"{stem}-{i}"
    fresh = partial_path(target)  # a training is there whole or not at all
    try:
        fresh.mkdir()
        _write(fresh, request, images, labels, classes)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Training(target)


def _write(
    folder: Path,
    request: Request,
    images: Sequence[Image],
    labels: Sequence[IntArray],
    classes: Sequence[IntArray] | None,
) -> None:
    entries = []
    for i, (image, numbers) in enumerate(zip(images, labels, strict=True)):
        files = folder / f"image_{i}.npy", folder / f"labels_{i}.npy"
        np.save(files[0], image.data)
        np.save(files[1], numbers)
        of_classes = folder / f"classes_{i}.npy"
        if classes is not None:
            np.save(of_classes, classes[i])
        entries.append(
            _ImageEntry(
                axes=str(image.axes),
                pixel_size=image.pixel_size,
                unit=image.unit,
                name=image.name,
                checksums=(file_checksum(files[0]), file_checksum(files[1])),
                classes=None if classes is None else file_checksum(of_classes),
            )
        )
    document = _Document(request=request, images=tuple(entries)).model_dump(mode="json")
    (folder / REQUEST).write_text(json.dumps(sealed(document), indent=1), encoding="utf-8")


def _clear(root: Path) -> None:
    """Remove what a viewer left that closed before its training began; a day later none does."""
    sweep_partials(root)
    for path in root.glob(f"*/{REQUEST}"):
        training = Training(path.parent)
        with contextlib.suppress(OSError):  # as where another viewer was quicker
            sweep_partials(training.folder)
            if training.never_began() and time.time() - path.stat().st_mtime > DAY:
                training.discard()


def interrupted(folder: Path | None = None) -> list[Training]:
    """Return the trainings that can go on, the latest first."""
    root = folder or trainings_folder()
    try:
        found = [Training(path.parent) for path in root.glob(f"*/{REQUEST}")]
    except OSError:
        return []
    return sorted(
        (t for t in found if t.can_resume() and not t.is_claimed()),
        key=lambda t: t.folder.name,
        reverse=True,
    )
