"""The file of a project: what is known of each image of a folder, and the settings of all."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from napari_discembed.batch.entries import CheckedRow
from napari_discembed.checksums import is_sound, sealed
from napari_discembed.config import (
    ClusteringConfig,
    DensityConfig,
    clustering_config,
    read_clustering,
)
from napari_discembed.errors import DiscembedError
from napari_discembed.files import atomic_path
from napari_discembed.interaction.certainty import expected_error
from napari_discembed.types import Axes, Kind
from napari_discembed.types.kinds import MOST_KINDS

PROJECT = "project.json"
KIND = "napari-discembed project"
MOST_BYTES = 2**26
"""Of the file of a project; 1,000 images take half a MiB."""
MOST_WORDS = 2000
_OWN = {"kind", "version", "saved", "images", "current", "settings", "entries"}


ModelT = TypeVar("ModelT", bound=BaseModel)


class State(StrEnum):
    """How far the work on an image is."""

    new = "new"
    found = "found"
    checked = "checked"
    failed = "failed"


class Doubts(NamedTuple):
    """How sure a model is of the objects of an image.

    Attributes
    ----------
    unsure
        How many it is not sure of.
    wrong
        How many are expected to be wrong.
    """

    unsure: int
    wrong: float


class Entry(BaseModel):
    """What is known of an image. What a newer release writes besides is kept.

    Attributes
    ----------
    state
        How far it is.
    stamp
        Size and time (ns) of the image file; None where it was never looked at.
    crc
        Checksum of the image file; None where it was never read whole.
    labels
        Name of the file of labels, below the folder of results; empty for none.
    written
        Time of that file, in ns, when it was written here last.
    rows
        Count and sizes, a row a frame.
    unsure, wrong
        How many objects the model is not sure of, and how many are expected to be wrong; None where
        that is not known.
    error
        Why it failed.
    made
        Version, model, hash of its weights and settings that the objects are of.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    state: State = State.new
    stamp: tuple[int, int] | None = None
    crc: int | None = None
    labels: str = Field(default="", max_length=4096)
    written: int | None = None
    rows: list[CheckedRow] = Field(default_factory=list, max_length=100_000)
    unsure: int | None = Field(default=None, ge=0)
    wrong: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    error: str = Field(default="", max_length=MOST_WORDS)
    made: dict[str, Any] = Field(default_factory=dict)

    @field_validator("state", mode="before")
    @classmethod
    def _known(cls, state: object) -> object:
        """Take a state of a newer release for one of objects that are there."""
        return state if state in [*State] or not isinstance(state, str) else State.found

    @field_validator("labels")
    @classmethod
    def _lies_below(cls, name: str) -> str:
        path = Path(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name.partition("/")[0]:
            msg = f"expected a file below the folder of results, got {name}"
            raise ValueError(msg)
        return name

    @property
    def count(self) -> int | None:
        """How many objects were found, in all frames; None where nothing is."""
        return sum(row["count"] for row in self.rows) if self.rows else None

    @property
    def doubt(self) -> float:
        """Expected error of an object, in ]0, 1[; -1 where it is not known."""
        wrong, count = self.unsure if self.wrong is None else self.wrong, self.count
        return -1.0 if wrong is None or count is None else expected_error(wrong, count)


class Settings(BaseModel):
    """How objects are found in all images of a project.

    Attributes
    ----------
    model
        Name or file; empty for none yet.
    diameter
        Typical size of an object in pixels; None to estimate it in each image.
    config
        Of the clustering, as plain values.
    axes, channel
        How an image was read: its axes (empty for what each file says), and the one channel
        that was taken.
    kinds, renamed_to
        Of objects, where there are several, and what former ones became.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str = Field(default="", max_length=4096)
    diameter: float | None = Field(default=None, gt=0, lt=1e6)
    config: Any = None
    axes: str = ""
    channel: int | None = Field(default=None, ge=0)
    kinds: tuple[Kind, ...] = Field(default=(), max_length=MOST_KINDS)
    renamed_to: dict[str, str] = Field(default_factory=dict)

    @field_validator("axes")
    @classmethod
    def _are_axes(cls, axes: str) -> str:
        return str(Axes(axes))

    def clustering(self) -> ClusteringConfig:
        """Return the config; the usual where another release wrote what this does not know."""
        try:
            return clustering_config(**read_clustering(self.config or {}))
        except (DiscembedError, TypeError, AttributeError):
            return DensityConfig()


@dataclass(slots=True)
class Document:
    """What the file of a project says.

    Attributes
    ----------
    settings
        Of all images.
    entries
        By the name of the image.
    current
        The image that was shown last; empty for none.
    images
        Path of the folder of images from that of the results.
    more
        What a newer release wrote besides.
    bad
        Names of what is damaged, which is left out.
    """

    settings: Settings = field(default_factory=Settings)
    entries: dict[str, Entry] = field(default_factory=dict)
    current: str = ""
    images: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        entries = {k: e.model_dump(mode="json", exclude_defaults=True) for k, e in self._known()}
        values = {
            **self.more,
            "kind": KIND,
            "version": 1,
            "saved": time.time(),
            "images": self.images,
            "current": self.current,
            "settings": sealed(self.settings.model_dump(mode="json"), "settings"),
            "entries": {name: sealed(entry, name) for name, entry in entries.items()},
        }
        with atomic_path(path) as partial:
            partial.write_text(json.dumps(values), encoding="utf-8")

    def _known(self) -> list[tuple[str, Entry]]:
        return [(name, entry) for name, entry in self.entries.items() if entry != Entry()]


def read_document(path: Path) -> Document:
    """Read the file of a project; what is damaged in it costs that image alone.

    Raises
    ------
    ValueError
        If it is none.
    OSError
        If the file system does not give it.
    """
    if path.stat().st_size > MOST_BYTES:
        msg = f"{path}: expected at most {MOST_BYTES} bytes"
        raise ValueError(msg)
    try:
        values = json.loads(path.read_bytes())
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    if not isinstance(values, dict) or values.get("kind") != KIND:
        msg = f"{path}: not of kind {KIND!r}"
        raise ForeignError(msg)
    document = Document(more={k: v for k, v in values.items() if k not in _OWN})
    document.current, document.images = (_text(values.get(k)) for k in ("current", "images"))
    settings = _checked(Settings, values.get("settings"), "settings")
    if settings is None:
        document.bad.append("settings")
    else:
        document.settings = settings
    entries = values.get("entries")
    for name, stored in entries.items() if isinstance(entries, dict) else ():
        entry = _checked(Entry, stored, name)
        if entry is None:
            document.bad.append(name)
        else:
            document.entries[name] = entry
    return document


class ForeignError(ValueError):
    """A file of the same name, by another program."""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _checked(kind: type[ModelT], values: object, about: str) -> ModelT | None:
    if not isinstance(values, dict) or not is_sound(values, about):
        return None
    values.pop("crc32", None)
    try:
        return kind.model_validate(values)
    except ValidationError:
        return None
