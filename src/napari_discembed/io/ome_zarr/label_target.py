"""Where the labels of a stored image go, and whether they can."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.files import safe_name
from napari_discembed.io.ome_zarr.folders import is_store
from napari_discembed.io.ome_zarr.label_metadata import OURS, check_list
from napari_discembed.io.ome_zarr.reading import chosen_image
from napari_discembed.io.ome_zarr.stored import StoredImage, group_attributes
from napari_discembed.types import IntArray
from napari_discembed.types.axes import CHANNEL, SPATIAL

LABELS = "labels"
"""Name of the group of all labels of an image, as the format has it."""

TABLES = "tables"
"""Name of the group of all tables of an image, as Fractal and ngio have it."""

CHUNK = 1024
"""Side of a chunk of labels, if nothing else is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelTarget:
    """Where the labels of a stored image go.

    Attributes
    ----------
    image
        That they are of.
    level
        Of the image, which was segmented; the labels have this and the coarser ones.
    name
        Of the labels.
    letters
        A letter for each axis of the image's arrays.
    chunk
        Side of a chunk of labels along Y and X; along other axes it is 1.
    """

    image: StoredImage
    level: int
    name: str
    letters: str
    chunk: int = CHUNK

    @classmethod
    def of(
        cls,
        path: Path,
        name: str,
        *,
        series: int | None = None,
        level: int = 0,
        axes: str | None = None,
    ) -> LabelTarget:
        """Return where labels of a name go.

        Parameters
        ----------
        path
            Of the group of the image.
        name
            Of the labels.
        series, level, axes
            As the image is read.

        Raises
        ------
        InputError
            If the name is none.
        """
        label_path(path, name)
        image = chosen_image(path, series)
        letters = axes.upper() if axes else image.multiscale.letters
        return cls(image, image.checked_level(level), name, letters)

    @property
    def path(self) -> Path:
        """The group of the labels."""
        return label_path(self.image.path, self.name)

    @property
    def table_path(self) -> Path:
        """The group of the table of the labels."""
        return self.image.path / TABLES / self.name

    @property
    def axes(self) -> str:
        """The letters of the labels' axes."""
        return self.letters.replace(CHANNEL, "")

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of each level of the labels."""
        return [self._without_channels(a.shape) for a in self.image.arrays[self.level :]]

    def chunks(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the chunks of a level of labels."""
        pairs = zip(self.axes, shape, strict=True)
        return tuple(min(n, self.chunk) if a in "YX" else 1 for a, n in pairs)

    def placed(
        self, box: tuple[slice, ...], labels: IntArray
    ) -> tuple[tuple[int | slice, ...], IntArray]:
        """Return where labels of a box of a frame go in the finest level, and as it takes them.

        Parameters
        ----------
        box, labels
            Of the spatial axes in the order Z, Y, X; without those that the image has but once.
        """
        letters = SPATIAL[-len(box) :]
        where = dict(zip(letters, box, strict=True))
        there = [letters.index(a) for a in self.axes if a in where]
        return tuple(where.get(a, 0) for a in self.axes), labels.transpose(there)

    def written_with(self) -> str | None:
        """Return the hash of the settings that labels of the name were made with.

        None where there are none, or another program's.
        """
        if not is_store(self.path):
            return None
        ours = group_attributes(self.path).get(OURS)
        return str(ours.get("settings")) if isinstance(ours, dict) else None

    def _without_channels(self, values: Any) -> tuple[int, ...]:  # noqa: ANN401
        pairs = zip(self.letters, values, strict=True)
        return tuple(int(value) for a, value in pairs if a != CHANNEL)

    def check_free(self, *, overwrite: bool) -> None:
        """Refuse to write where labels of the name are, or where nothing can be written.

        Raises
        ------
        InputError
            If there are such labels, and they are not to be replaced.
        DiscembedError
            If the store is read-only, or its list of labels is damaged.
        """
        if self.path.exists() and not overwrite:
            raise InputError(
                f"{self.path} is there. Choose another --label-name, or say --overwrite to "
                "replace it."
            )
        if self.table_path.exists() and not is_our_table(self.table_path):
            raise InputError(
                f"{self.table_path} is there, and another program's. Choose another --label-name, "
                "or move it away."
            )
        for group in (self.path.parent, self.table_path.parent):
            check_list(group)
        with told_as_unwritable(self.image.path), tempfile.TemporaryFile(dir=self.image.path):
            pass


def is_our_table(path: Path) -> bool:
    """Tell whether a group of a table was written by this program."""
    return is_store(path) and OURS in group_attributes(path)


def label_path(image: Path, name: str) -> Path:
    """Return the group of the labels of a name of a stored image.

    Raises
    ------
    InputError
        If it is no name of a group.
    """
    if safe_name(name) != name or name.startswith("_"):
        raise InputError(
            f"Expected a label name of letters, digits, '-', '_' and '.', got {name!r}."
        )
    return image / LABELS / name


@contextmanager
def told_as_unwritable(path: Path) -> Iterator[None]:
    """Turn what the system says of a store that cannot be written into one sentence.

    Raises
    ------
    DiscembedError
        If it is read-only, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DiscembedError(
                f"{path}: the store is read-only, and its labels are written into it. Copy it to "
                "where you may write."
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiscembedError(
                f"{path}: the disk is full; no labels were written into it. Free some space and "
                "start again."
            ) from error
        raise
