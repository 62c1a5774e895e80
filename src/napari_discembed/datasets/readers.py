"""Data sets on disk: a folder of pairs, CVPPP, and the 2018 Data Science Bowl."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.errors import InputError

TIFF_SUFFIXES = frozenset({".tif", ".tiff", ".btf", ".tf8", ".lsm", ".stk"})
IMAGE_SUFFIXES = TIFF_SUFFIXES | {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".npy"}
"""Of the files that are taken for images in a folder."""
IMAGE_FOLDERS = ("images", "image", "raw", "img")
LABEL_FOLDERS = ("labels", "label", "masks", "mask", "groundtruth", "gt")
LABEL_ENDING = re.compile(r"[_-](labels?|masks?|seg|cp_masks|gt|instances?)$", re.IGNORECASE)
OUTPUT_ENDING = re.compile(r"(_classes|_flows|_cp_(outlines|flows|output))$", re.IGNORECASE)
"""Of what programs write beside label images."""
IMAGE_ENDING = re.compile(r"[_-](rgb|image|img|raw)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """An image file and its label file.

    Attributes
    ----------
    image, labels
        Paths.
    name
        What both are called.
    """

    image: Path
    labels: Path
    name: str


def find_pairs(folder: Path) -> list[Pair]:
    """Find the image and label files of a folder.

    Either two sub-folders, ``images`` (or image, raw) and ``labels`` (or masks, gt), with files
    of the same names, or files side by side of which one ends in ``_label``, ``_labels``,
    ``_mask``, ``_masks``, ``_seg``, ``_cp_masks``, ``_gt``, ``_instance`` or ``_instances``.

    Raises
    ------
    InputError
        If there are none, or two of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder of images and labels.")
    images = _first_of(folder, IMAGE_FOLDERS)
    labels = _first_of(folder, LABEL_FOLDERS)
    if images is not None and labels is not None:
        return match_files(image_files(images), image_files(labels), images, labels)
    files = image_files(folder)
    with_labels = [f for f in files if LABEL_ENDING.search(f.stem)]
    if not with_labels:
        raise InputError(
            f"{folder}: found no labels. Expected folders images/ and labels/ with files of the "
            "same names, or files such as a.tif beside a_labels.tif."
        )
    named = {_name(f, folder) for f in with_labels}
    plain = [f for f in files if f not in with_labels and _name(f, folder) in named]
    return match_files(plain, with_labels, folder, folder)


def match_files(
    images: Sequence[Path], labels: Sequence[Path], image_root: Path, label_root: Path
) -> list[Pair]:
    """Pair image and label files of the same name below their folders.

    Raises
    ------
    InputError
        If a label file has no image, two files are of one name, or nothing pairs.
    """
    by_name: dict[str, list[Path]] = {}
    for image in images:
        by_name.setdefault(_name(image, image_root), []).append(image)
    taken: dict[str, Path] = {}
    for file in labels:
        name = _name(file, label_root)
        if name not in by_name:
            raise InputError(
                f"{file}: no image of this name in {image_root}. Expected {name} with one of "
                f"{', '.join(sorted(IMAGE_SUFFIXES))}."
            )
        for files in (by_name[name], [taken.get(name, file), file]):
            if files[0] != files[-1]:
                raise InputError(
                    f"{files[0]} and {files[-1]} are both of the name {name}. Leave one of them."
                )
        taken[name] = file
    if not taken:
        raise InputError(f"{label_root}: no label images in it.")
    return [Pair(by_name[name][0], file, name) for name, file in taken.items()]


def cvppp(root: Path) -> list[Pair]:
    """Read the layout of the CVPPP leaf data: ``A1/plant001_rgb.png``, ``plant001_label.png``.

    Raises
    ------
    InputError
        If there are no such files.
    """
    pairs = [
        Pair(image, label, f"{image.parent.name}/{image.stem.removesuffix('_rgb')}")
        for image in sorted(root.rglob("*_rgb.png"))
        if (label := image.with_name(image.name.replace("_rgb.png", "_label.png"))).is_file()
    ]
    if not pairs:
        raise InputError(
            f"{root}: expected the CVPPP layout, such as A1/plant001_rgb.png beside "
            "A1/plant001_label.png; found no such pair."
        )
    return pairs


def dsb2018(root: Path, split: str = "train", types: Collection[str] | None = None) -> list[Pair]:
    """Read the layout of ``dsb2018``: ``train/images``, ``train/labels`` and ``index.csv``.

    Parameters
    ----------
    root
        The folder with ``index.csv``.
    split
        ``train`` or ``val``.
    types
        Image types to take, such as ``fluo_256x256``; None for all.

    Raises
    ------
    InputError
        If there is no such data set or split.
    """
    index = root / "index.csv"
    if not index.is_file():
        raise InputError(f"{root}: expected dsb2018 with its index.csv.")
    rows = [row for row in read_rows(index, ("name", "split", "type")) if row["split"] == split]
    names = [row["name"] for row in rows if types is None or row["type"] in types]
    if not names:
        raise InputError(f"{index}: no images of split {split!r} and types {types}.")
    for name in names:
        if not name or {"/", "\\", ":", "\0"} & set(name) or name in (".", ".."):
            raise InputError(f"{index}: expected names of files without folders, got {name!r}.")
    folder = root / split
    return [Pair(folder / "images" / f"{n}.png", folder / "labels" / f"{n}.png", n) for n in names]


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a table of text: UTF-8 or UTF-16, with or without a mark, between ``,``, ``;`` or tabs.

    Parameters
    ----------
    path
        Of the table, its first line the names of its columns.
    columns
        That must be there.

    Raises
    ------
    InputError
        If it is no text, or a column or a cell of one is missing.
    """
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
        head = text.partition("\n")[0]
        rows = list(csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=head.count)))
    except (UnicodeError, csv.Error) as error:
        raise InputError(
            f"{path}: expected a table of text, got none ({error}). Save it as CSV in UTF-8."
        ) from error
    found = [{str(k).strip(): v.strip() for k, v in r.items() if isinstance(v, str)} for r in rows]
    for row in found or [{}]:
        if not row.keys() >= {*columns}:
            raise InputError(
                f"{path}: expected columns {', '.join(columns)} in each line, got "
                f"{', '.join(row) or 'nothing'}."
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """Return the images in a folder and below, label images too, in order, hidden ones left out.

    Stores of zarr are not looked into: they hold thousands of files, none of which is an image.
    """
    found: list[Path] = []
    for where, folders, files in os.walk(folder):
        folders[:] = [n for n in folders if not n.startswith(".") and not n.endswith(".zarr")]
        found += [Path(where) / name for name in files if not name.startswith(".")]
    return sorted(
        p
        for p in found
        if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file() and not _is_dictionary(p)
    )


def label_files(folder: Path) -> list[Path]:
    """Return the label images in a folder and below, in order.

    Those in folders such as ``labels`` or ``masks`` beside one of images; else those whose names
    end as of label images; all images where there are neither.
    """
    files = image_files(folder)
    parts = {f: {part.lower() for part in f.relative_to(folder).parts[:-1]} for f in files}
    if any(parts[f] & {*IMAGE_FOLDERS} for f in files):
        below = [f for f in files if parts[f] & {*LABEL_FOLDERS}]
        if below:
            return below
    return [f for f in files if LABEL_ENDING.search(f.stem)] or files


def _is_dictionary(path: Path) -> bool:
    """Tell whether an array file holds Python objects, as cellpose's ``_seg.npy`` does."""
    if path.suffix.lower() != ".npy":
        return False
    with path.open("rb") as file:
        return b"'descr': '|O'" in file.read(128)


def is_label_file(path: Path) -> bool:
    """Tell whether a file is a label image, or one of classes, by its name."""
    return bool(LABEL_ENDING.search(path.stem) or OUTPUT_ENDING.search(path.stem))


def _first_of(folder: Path, names: Iterable[str]) -> Path | None:
    present = {p.name.lower(): p for p in folder.iterdir() if p.is_dir()}
    return next((present[name] for name in names if name in present), None)


def _name(file: Path, root: Path) -> str:
    """Return a file's path below a folder, without suffix and ending."""
    name = file.relative_to(root).with_suffix("").as_posix()
    return IMAGE_ENDING.sub("", LABEL_ENDING.sub("", name))
