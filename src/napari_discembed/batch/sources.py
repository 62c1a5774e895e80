"""Which files a batch works on, and what each is called."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.datasets.readers import IMAGE_SUFFIXES, image_files, is_label_file
from napari_discembed.errors import InputError

OWN_ENDINGS = ("_labels", "_label")
"""How the names of label images end that are looked for first in a folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """An image file.

    Attributes
    ----------
    path
        Of the file.
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


def find_sources(paths: Iterable[str | Path]) -> list[Source]:
    """Expand files, globs and folders (searched through) into image files, each once.

    Files that look like label images (``*_labels.tif`` and the like) and hidden files are left
    out unless they are named themselves.

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
            f"{', '.join(sorted(IMAGE_SUFFIXES))}."
        )
    return list(found.values())


def find_label_files(paths: Iterable[Path]) -> list[Source]:
    """Expand files and folders into label images.

    Of a folder they are those whose names end in ``_labels`` or ``_label``; all of its images where
    none does.

    Raises
    ------
    InputError
        If a path does not exist or nothing is found.
    """
    paths = list(paths)
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            files = image_files(path)
            named = [p for p in files if p.stem.endswith(OWN_ENDINGS)] or files
            found += [_below(p, path) for p in named]
        else:
            found.append(_named(path))
    if not found:
        raise InputError(f"No label images in {', '.join(map(str, paths))}.")
    return found


def _expand(text: str) -> Iterator[Source]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from (_below(p, path) for p in image_files(path) if not is_label_file(p))
    elif path.is_file() or not glob.has_magic(text):
        yield _named(path)
    else:
        root = glob_root(path)
        # Path.glob takes no absolute pattern.
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207
        for match in sorted(map(Path, matches)):
            if match.is_file() and _is_image(match.relative_to(root)):
                yield _below(match, root)


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
