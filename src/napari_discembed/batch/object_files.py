"""Files of objects, and the images that belong to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from napari_discembed.batch.sources import Source, find_label_files
from napari_discembed.datasets.readers import (
    IMAGE_ENDING,
    LABEL_ENDING,
    image_files,
    is_label_file,
)
from napari_discembed.errors import InputError
from napari_discembed.io.instances import holds_instances
from napari_discembed.io.labels import read_segmentation
from napari_discembed.types import Instances

CLASSES = "_classes.tif"
"""How the images of classes end that are written beside label images."""
OUTLINE_SUFFIXES = frozenset({".zip", ".roi", ".geojson", ".json"})
"""Of files of other programs in a folder."""


def find_object_files(paths: Iterable[Path]) -> list[Source]:
    """Expand files and folders into files of objects.

    Of a folder they are the images that are called label images, such as ``*_labels.tif``; where
    none is, the files that end in ``.zip``, ``.roi``, ``.geojson`` or ``.json`` and hold outlines
    or masks; else the images that :func:`~napari_discembed.batch.sources.find_label_files` takes.

    Raises
    ------
    InputError
        If a path does not exist or nothing is found.
    """
    found: list[Source] = []
    for path in paths:
        outlines = _outline_files(path) if path.is_dir() else []
        if outlines:
            found += [Source(p, p.relative_to(path).with_suffix("")) for p in outlines]
        else:
            found += find_label_files([path])
    return found


def _outline_files(folder: Path) -> list[Path]:
    """Return the files of other programs in a folder; none where there are label images."""
    if any(LABEL_ENDING.search(file.stem) for file in image_files(folder)):
        return []
    named = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in OUTLINE_SUFFIXES]
    return [p for p in named if holds_instances(p)]


@dataclass(frozen=True, slots=True, eq=False)
class ImageFiles:
    """The images that objects were found in, by their names.

    Attributes
    ----------
    folder
        Where they lie; or one image, which then is that of all.
    files
        By path below the folder and by name, without suffix.
    """

    folder: Path
    files: dict[str, Path]

    @classmethod
    def of(cls, path: Path | None) -> ImageFiles | None:
        """Look them up; None where no path is given.

        Raises
        ------
        InputError
            If there is no such file or folder.
        """
        if path is None or path.is_file():
            return None if path is None else cls(path, {})
        if not path.is_dir():
            raise InputError(f"{path}: expected an image, or a folder of images.")
        files: dict[str, Path] = {}
        for file in image_files(path):
            if not is_label_file(file):
                key = file.relative_to(path).with_suffix("").as_posix()
                for name in (IMAGE_ENDING.sub("", key), file.stem, key):
                    files.setdefault(name, file)
        return cls(path, files)

    def find(self, name: str) -> Path | None:
        """Return the image of a name, with or without folders."""
        if self.folder.is_file():
            return self.folder
        return self.files.get(name) or self.files.get(PurePosixPath(name).name)

    def name_of(self, file: Path) -> str:
        """Return how a file is called below the folder."""
        return file.name if file == self.folder else file.relative_to(self.folder).as_posix()


def with_classes(instances: Instances, labels: Path) -> Instances:
    """Return objects with the classes that an image of classes beside their label image says.

    Parameters
    ----------
    instances
        Of the label image.
    labels
        Its file: of ``a_labels.tif`` the classes are in ``a_classes.tif``, where that is there.

    Raises
    ------
    InputError
        If the two differ in shape.
    """
    path = labels.with_name(LABEL_ENDING.sub("", labels.stem) + CLASSES)
    if not LABEL_ENDING.search(labels.stem) or not path.is_file():
        return instances
    classes = read_segmentation(path).labels
    if classes.shape != instances.shape:
        raise InputError(
            f"{path}: expected classes of the shape of the labels {instances.shape}, got "
            f"{classes.shape}. Segment the image again, or remove it."
        )
    kinds = []
    for box, crop in zip(instances.boxes.tolist(), instances.crops, strict=True):
        own = classes[tuple(slice(start, stop) for start, stop in box)][crop]
        kinds.append(str(int(np.bincount(own).argmax())))
    return replace(instances, classes=tuple(kinds))
