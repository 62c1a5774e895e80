"""Images and their labels from the files that a command is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Image, IntArray, Tracks
from napari_discembed.types.axes import TIME


@dataclass(frozen=True, slots=True)
class PairReading:
    """How images and labels are read.

    Attributes
    ----------
    axes
        Of the images, one letter an axis; None for what each file says.
    series
        Which of several pictures in each image file; None for the first.
    level
        Which resolution of a pyramid, from the finest.
    background_label
        A label that is no object.
    check
        Whether labels are objects, so that a mask among them is told.
    """

    axes: str | None = None
    series: int | None = None
    level: int = 0
    background_label: int | None = None
    check: bool = True

    def read(self, image: Path, labels: Path, name: str | None = None) -> tuple[Image, IntArray]:
        """Read an image and its labels.

        Raises
        ------
        InputError
            If the labels cannot be what they seem, or are transposed.
        """
        from napari_discembed.io.doubts import check_labels, check_shapes
        from napari_discembed.io.images import read_image
        from napari_discembed.io.labels import read_segmentation

        picture = read_image(image, self.axes, name, self.series, self.level)
        found = read_segmentation(labels)
        if self.check:
            check_labels(labels, found, teach=True, background=self.background_label)
        shown = picture.axes.without_channels()
        check_shapes(labels, found.labels.shape, picture.axes.shape(picture.data.shape, shown))
        return picture, found.labels


def read_pairs(
    images: Sequence[Path] | None, labels: Sequence[Path] | None, how: PairReading | None = None
) -> tuple[list[Image], list[IntArray]]:
    """Read images and labels: files in the same order, or folders with the same names.

    Raises
    ------
    InputError
        If they do not pair, or there are none.
    """
    from napari_discembed.datasets.readers import image_files, match_files

    if not images and not labels:
        return [], []
    images, labels = list(images or ()), list(labels or ())
    if len(images) == len(labels) == 1 and images[0].is_dir() and labels[0].is_dir():
        found = match_files(image_files(images[0]), image_files(labels[0]), images[0], labels[0])
        pairs = [(pair.image, pair.labels) for pair in found]
    elif len(images) != len(labels) or any(p.is_dir() for p in (*images, *labels)):
        raise InputError(
            f"Expected a label file for each image file, or one folder of each; got "
            f"{len(images)} images and {len(labels)} labels."
        )
    else:
        pairs = list(zip(images, labels, strict=True))
    how = how or PairReading()
    read = [how.read(image, file) for image, file in pairs]
    return [image for image, _ in read], [found for _, found in read]


def read_data_set(folder: Path, layout: str) -> tuple[list[Image], list[IntArray] | list[Tracks]]:
    """Read all images and labels of a data set.

    Parameters
    ----------
    folder
        Of the data set.
    layout
        ``folder``, ``cvppp``, ``dsb2018`` or ``ctc``.
    """
    if layout == "ctc":
        return read_movies(folder)
    from napari_discembed.datasets.readers import cvppp, dsb2018, find_pairs

    found = {"folder": find_pairs, "cvppp": cvppp, "dsb2018": dsb2018}[layout](folder)
    how = PairReading()
    read = [how.read(pair.image, pair.labels, pair.name) for pair in found]
    return [image for image, _ in read], [labels for _, labels in read]


def read_movies(folder: Path) -> tuple[list[Image], list[Tracks]]:
    """Read the movies of a folder in the layout of the Cell Tracking Challenge, and their tracks.

    Raises
    ------
    InputError
        If there is none, or its frames and its masks are not equally many.
    """
    from napari_discembed.io.ctc import FRAMES, numbered_files, read_ctc
    from napari_discembed.io.images import read_image

    truths = [path for path in sorted(folder.glob("*_GT")) if (path / "TRA").is_dir()]
    if not truths:
        raise InputError(
            f"{folder}: expected movies in the layout of the Cell Tracking Challenge, such as the "
            "frames 01/t000.tif beside the true masks 01_GT/TRA/man_track000.tif; found none."
        )
    movies, tracks = [], []
    for truth in truths:
        frames = folder / truth.name.removesuffix("_GT")
        files = numbered_files(frames, FRAMES)
        found = read_ctc(truth)
        if sorted(files) != list(range(found.n_frames)):
            raise InputError(
                f"{frames}: expected the frames 0 to {found.n_frames - 1}, one for each mask in "
                f"{truth}, got {len(files)}. Add what is missing."
            )
        images = [read_image(files[number]) for number in sorted(files)]
        pixels = np.stack([image.data for image in images])
        first = images[0]
        axes = Axes(TIME + first.axes)
        movies.append(replace(first, data=pixels, axes=axes, name=frames.name))
        tracks.append(found)
    return movies, tracks
