"""Which files a batch works on, and what each is called."""

from __future__ import annotations

import glob
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.datasets.readers import (
    IMAGE_SUFFIXES,
    image_files,
    is_label_file,
    label_files,
)
from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.ome_zarr.folders import find_stores, is_store
from napari_discembed.text import pluralize

OWN_ENDINGS = ("_labels", "_label")
"""How the names of label images end that are looked for first in a folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """An image file, or an image of an OME-Zarr store.

    Attributes
    ----------
    path
        Of the file, or of the group of the image.
    relative
        Its path below the folder that was asked for, without its suffix: what belongs to it is
        written below the same folders.
    """

    path: Path
    relative: Path

    @property
    def key(self) -> str:
        """The relative path as text, with slashes on every system."""
        return self.relative.as_posix()

    @property
    def name(self) -> str:
        """The relative path with its suffix, for a person."""
        return f"{self.key}{self.path.suffix}"

    @property
    def is_store(self) -> bool:
        """Whether it is an image of an OME-Zarr store, which its labels are written into."""
        return self.path.is_dir()


def find_sources(paths: Iterable[str | Path], series: int | None = None) -> list[Source]:
    """Expand files, globs and folders (searched through) into image files, each once.

    OME-Zarr stores are images; a plate is a folder of them, one for each field of each well.

    Files that look like label images (``*_labels.tif`` and the like) and hidden files are left
    out unless they are named themselves. Of an OME set in several files, any of which gives the
    whole, one file is kept: the first of the set, if it is there.

    Parameters
    ----------
    paths
        Files, globs and folders.
    series
        Which of several pictures in each file is meant; None for its first.

    Raises
    ------
    InputError
        If a path does not exist or nothing is found.
    """
    texts = [str(path) for path in paths]
    found: dict[Path, Source] = {}
    for text in texts:
        for source in _expand(text):
            found.setdefault(source.path.resolve(), source)
    if not found:
        raise InputError(
            f"No images in {', '.join(texts)}: expected files that end in "
            f"{', '.join(sorted(IMAGE_SUFFIXES))}, or OME-Zarr stores."
        )
    return _each_set_once(list(found.values()), series)


def find_label_files(paths: Iterable[Path]) -> list[Source]:
    """Expand files and folders into label images.

    Of a folder they are those whose names end in ``_labels`` or ``_label``; where none does, those
    in a folder such as ``labels`` or ``masks`` beside one of images; else those of any name that
    label images have, such as ``_cp_masks``; else all of its images.

    Raises
    ------
    InputError
        If a path does not exist or nothing is found.
    """
    paths = list(paths)
    found: list[Source] = []
    for path in paths:
        if is_store(path):
            found.append(_below(path, path.parent))
        elif path.is_dir():
            own = [p for p in image_files(path) if p.stem.endswith(OWN_ENDINGS)]
            found += [_below(p, path) for p in own or label_files(path)]
        else:
            found.append(_named(path))
    if not found:
        raise InputError(f"No label images in {', '.join(map(str, paths))}.")
    return _each_set_once(found)


def _each_set_once(sources: list[Source], series: int | None = None) -> list[Source]:
    """Leave out files that are parts of an OME set of which another one is kept."""
    from napari_discembed.io.tiff_sets import data_set_of  # here, for a quick command line

    if len(sources) < 2:
        return sources
    sets = [data_set_of(source.path, series) for source in sources]
    kept: dict[tuple[Path, int], Source] = {}
    for source, key in zip(sources, sets, strict=True):
        if key is not None and (key not in kept or source.path.resolve() == key[0]):
            kept[key] = source
    for key, source in kept.items():
        _tell_of_parts(source, sets.count(key) - 1)
    pairs = zip(sources, sets, strict=True)
    return [source for source, key in pairs if key is None or kept[key] is source]


def _tell_of_parts(source: Source, parts: int) -> None:
    if parts:
        files = pluralize(parts, "other file")
        warnings.warn(
            f"{source.path}: with {files} it is one data set, which is read once.",
            FileNote,
            stacklevel=4,
        )


def _expand(text: str) -> Iterator[Source]:
    path = Path(text).expanduser()
    if is_store(path):
        yield from _images_of_store(path, path.parent)
    elif path.is_dir():
        files = [p for p in image_files(path) if not is_label_file(p)]
        yield from (_below(p, path) for p in files)
        for store in find_stores(path):
            yield from _images_of_store(store, path)
    elif path.is_file() or not glob.has_magic(text):
        yield _named(path)
    else:
        root = glob_root(path)
        # Path.glob takes no absolute pattern.
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207
        for match in sorted(map(Path, matches)):
            if is_store(match):
                yield from _images_of_store(match, root)
            elif match.is_file() and _is_image(match.relative_to(root)):
                yield _below(match, root)


def _images_of_store(store: Path, folder: Path) -> Iterator[Source]:
    """Yield the images of a store: a damaged one is one, so that reading it says why."""
    from napari_discembed.io.ome_zarr.stored import images_in  # here, for a quick command line

    try:
        groups = images_in(store)
    except FileFormatError:
        groups = [store]
    name = store.relative_to(folder).with_suffix("")
    for group in groups:
        yield Source(group, name / group.relative_to(store))


def _named(path: Path) -> Source:
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder. Check the spelling.")
    return Source(path, Path(path.stem))


def _below(path: Path, folder: Path) -> Source:
    return Source(path, path.relative_to(folder).with_suffix(""))


def _is_image(path: Path) -> bool:
    """Tell whether a file is an image by its name, and no label image nor hidden."""
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in IMAGE_SUFFIXES and not is_label_file(path) and not hidden


def glob_root(pattern: Path) -> Path:
    """Return the folder above the first wildcard of a pattern."""
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts) if parts else Path()
