"""Which files a command works on, and where what belongs to each is written."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.datasets.readers import LABEL_ENDING
from napari_discembed.errors import InputError

IMAGE_SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".npy"})


@dataclass(frozen=True, slots=True)
class Source:
    """An image file and its path below the folder that was asked for, without its suffix."""

    path: Path
    relative: Path


def label_images_below(folder: Path) -> list[Path]:
    """Return all images of a folder and those below it, label images too; no hidden files."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def find_sources(paths: Iterable[str]) -> list[Source]:
    """Expand files, globs and folders (searched through) into image files, each once.

    Files that look like label images (``*_labels.tif`` and the like) and hidden files are left
    out unless they are named themselves.

    Raises
    ------
    InputError
        If a path does not exist or nothing is found.
    """
    found: dict[Path, Source] = {}
    for text in paths:
        for source in _expand(text):
            found.setdefault(source.path.resolve(), source)
    if not found:
        raise InputError(
            f"No images in {', '.join(paths)}: expected files that end in "
            f"{', '.join(sorted(IMAGE_SUFFIXES))}."
        )
    return list(found.values())


def _expand(text: str) -> Iterator[Source]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from (Source(p, p.relative_to(path).with_suffix("")) for p in images_below(path))
    elif path.is_file():
        yield Source(path, Path(path.stem))
    elif glob.has_magic(text):
        root = glob_root(path)
        # Path.glob takes no absolute pattern.
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207
        for match in sorted(map(Path, matches)):
            if match.is_file() and is_image(match):
                yield Source(match, match.relative_to(root).with_suffix(""))
    else:
        raise InputError(f"{text}: no such file or folder. Check the spelling.")


def images_below(folder: Path) -> list[Path]:
    """Return the image files in a folder and below, in order, hidden ones left out."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and is_image(p.relative_to(folder)))


def is_image(path: Path) -> bool:
    """Tell whether a file is an image by its name, and no label image nor hidden."""
    return (
        path.suffix.lower() in IMAGE_SUFFIXES
        and not LABEL_ENDING.search(path.stem)
        and not path.stem.endswith("_classes")
        and not any(part.startswith(".") for part in path.parts)
    )


def glob_root(pattern: Path) -> Path:
    """Return the folder above the first wildcard of a pattern."""
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts) if parts else Path()
