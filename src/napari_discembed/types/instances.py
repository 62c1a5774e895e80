"""Objects whose masks may overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.errors import InputError
from napari_discembed.types.arrays import IntArray
from napari_discembed.types.axes import FRAME_COLUMNS, NO_AXES, Axes
from napari_discembed.types.boxes import centroid, numbered_boxes, tight_box
from napari_discembed.types.overlaps import OverlappingPairs, overlapping_pairs
from napari_discembed.types.segmentation import Segmentation
from napari_discembed.types.table import ObjectTable

Winner: TypeAlias = Literal["score", "smallest", "largest", "first", "last"]
"""Which object keeps the pixels that several share: the one of the highest score, the smallest, the
largest, the first or the last; of equal ones the first."""
MOST_PIXELS = 2**36
"""Of an image."""


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """Objects whose masks may overlap, each held as its bounding box and the mask in it.

    Label images cannot hold overlaps. :meth:`of_labels` and :meth:`of_masks` make instances,
    :meth:`segmentation` makes labels.

    Attributes
    ----------
    boxes
        ``(N, D, 2)``: where each begins and ends (not included) along the D axes, in pixels.
    crops
        N masks, each of the shape of its box, with at least one pixel.
    numbers
        ``(N,)``: of each object in label images, from 1; in a frame none twice.
    shape
        Of the image.
    axes
        Of the image, ``YX``, ``ZYX``, ``TYX`` or ``TZYX``; empty for spatial ones.
    frame_axes
        The first of them along which each place is a picture of its own, so that an object lies in
        one; None for time, if there is one.
    scores
        ``(N,)``: how sure each is, 0 to 1; None where it is not known.
    classes
        The name of each object's class, empty for none; None where there are no classes.
    pixel_size
        Of each spatial axis; one number serves all.
    unit, name
        Of the image.

    Raises
    ------
    InputError
        If lengths, shapes or places do not fit, or a number comes twice in a frame.
    """

    boxes: NDArray[np.intp]
    crops: tuple[NDArray[np.bool_], ...]
    numbers: NDArray[np.int64]
    shape: tuple[int, ...]
    axes: Axes = NO_AXES
    frame_axes: Axes | None = None
    scores: NDArray[np.float64] | None = None
    classes: tuple[str, ...] | None = None
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"

    def __post_init__(self) -> None:
        if math.prod(self.shape) > MOST_PIXELS:
            raise InputError(
                f"{self.name}: expected an image of up to {MOST_PIXELS} pixels, got {self.shape}."
            )
        # A segmentation checks the axes, and has the defaults.
        like = Segmentation(
            np.broadcast_to(np.uint8(0), self.shape),
            self.axes,
            self.frame_axes,
            pixel_size=self.pixel_size,
            name=self.name,
        )
        for name in ("axes", "frame_axes", "pixel_size"):
            object.__setattr__(self, name, getattr(like, name))
        for name, kind in (("boxes", np.intp), ("numbers", np.int64), ("scores", np.float64)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
        if not len(self.crops):
            object.__setattr__(self, "boxes", self.boxes.reshape(0, len(self.shape), 2))
        self._check()

    def _check(self) -> None:
        n = len(self.crops)
        given = (self.boxes, self.numbers, self.scores, self.classes)
        lengths = [len(part) for part in given if part is not None]
        if set(lengths) != {n}:
            raise InputError(
                f"{self.name}: expected a box, a number, a score and a class for each of {n} "
                f"masks, got {lengths}."
            )
        shapes = [crop.shape for crop in self.crops]
        sizes = [tuple(box) for box in (self.boxes[..., 1] - self.boxes[..., 0]).tolist()]
        if shapes != sizes or not all(crop.dtype == np.bool_ for crop in self.crops):
            raise InputError(f"{self.name}: expected each mask to be bool, of its box's shape.")
        if n and (self.boxes.min() < 0 or (self.boxes[..., 1] > self.shape).any()):
            raise InputError(f"{self.name}: expected boxes within the image, {self.shape}.")
        frames = self.boxes[:, : len(self.frame_axes or ""), :]
        if (np.diff(frames, axis=2) != 1).any():
            raise InputError(f"{self.name}: expected each object in one frame ({self.frame_axes}).")
        keys = np.column_stack([*frames[..., 0].T, self.numbers])
        if len(np.unique(keys, axis=0)) != n or self.numbers.min(initial=1) < 1:
            raise InputError(
                f"{self.name}: expected numbers from 1, none twice in a frame, got {self.numbers}."
            )

    @classmethod
    def of_labels(
        cls,
        labels: IntArray | Segmentation,
        axes: str | None = None,
        **about: Any,  # noqa: ANN401
    ) -> Self:
        """Take the objects out of a label image.

        Parameters
        ----------
        labels
            Of whole numbers, or a segmentation, which knows its axes, pixel size and name.
        axes
            Of plain labels; None for ``YX``, ``ZYX`` or ``TZYX``.
        **about
            Other attributes, such as `scores`, one an object: frame by frame, in each by number.
        """
        if not isinstance(labels, Segmentation):
            named = Axes(axes) if axes else Axes.guess_labels(labels.ndim)
            kept = {k: about.pop(k) for k in ("pixel_size", "unit", "name") if k in about}
            labels = Segmentation(labels, named, about.pop("frame_axes", None), **kept)
        boxes, crops, numbers = [], [], []
        series = labels.frames()
        for index, frame in zip(series.indices(), series, strict=True):
            place = [(i, i + 1) for i in index]
            lead = (None,) * len(place)
            for number, box in numbered_boxes(frame.labels):
                boxes.append([*place, *((s.start, s.stop) for s in box)])
                crops.append((frame.labels[box] == number)[lead])
                numbers.append(number)
        if labels.classes is not None:
            about.setdefault("classes", tuple(str(labels.classes[n - 1]) for n in numbers))
        return cls(
            np.array(boxes, np.intp).reshape(len(crops), labels.labels.ndim, 2),
            tuple(crops),
            np.array(numbers, np.int64),
            labels.labels.shape,
            labels.axes,
            labels.frame_axes,
            **{"pixel_size": labels.pixel_size, "unit": labels.unit, "name": labels.name, **about},
        )

    @classmethod
    def of_masks(
        cls,
        masks: Sequence[NDArray[np.bool_]] | NDArray[np.bool_],
        **about: Any,  # noqa: ANN401
    ) -> Self:
        """Take the objects out of masks of the whole image, such as those of Mask R-CNN.

        Parameters
        ----------
        masks
            ``(N, *S)``: at least one, each with at least one pixel.
        **about
            The other attributes, such as `scores` and `classes`.
        """
        if not len(masks):
            raise InputError("Expected at least one mask, which says how large the image is.")
        boxes, crops = [], []
        for i, mask in enumerate(masks):
            box = tight_box(np.asarray(mask, bool))
            if box is None:
                raise InputError(f"Expected masks of at least one pixel, got none in mask {i}.")
            boxes.append([(s.start, s.stop) for s in box])
            crops.append(np.asarray(mask, bool)[box])
        about.setdefault("numbers", np.arange(1, len(crops) + 1))
        return cls(np.array(boxes, np.intp), tuple(crops), shape=np.shape(masks[0]), **about)

    def __len__(self) -> int:
        """Return the number of objects, N."""
        return len(self.crops)

    @property
    def pixels(self) -> NDArray[np.intp]:
        """``(N,)``: pixels of each object."""
        return np.array([np.count_nonzero(crop) for crop in self.crops], np.intp)

    @property
    def frames(self) -> NDArray[np.intp]:
        """``(N, F)``: where along the frame axes each object lies."""
        return self.boxes[:, : len(self.frame_axes or ""), 0]

    def select(self, which: Sequence[int] | NDArray[np.integer[Any]]) -> Self:
        """Return some of the objects, in the order given."""
        chosen = np.asarray(which, np.intp)
        return replace(
            self,
            boxes=self.boxes[chosen],
            crops=tuple(self.crops[i] for i in chosen),
            numbers=self.numbers[chosen],
            scores=None if self.scores is None else self.scores[chosen],
            classes=None if self.classes is None else tuple(self.classes[i] for i in chosen),
        )

    def overlaps(self) -> OverlappingPairs:
        """Return the pairs of objects that share pixels, with their IoU."""
        return overlapping_pairs(self.boxes, self.crops, self.pixels)

    def labels(self, winner: Winner | None = None) -> IntArray:
        """Return the objects as a label image, each pixel that several share given to one of them.

        Parameters
        ----------
        winner
            Which one; None for the highest score where there are scores, else the smallest, which
            a larger one would hide. An object without a pixel of its own is lost.

        Raises
        ------
        InputError
            If the scores that are asked for are not known.
        """
        top = self.numbers.max(initial=1)
        labels = scratch.zeros(self.shape, np.result_type(np.uint16, np.min_scalar_type(top)))
        for i in self._painting_order(winner):
            part = labels[tuple(slice(a, b) for a, b in self.boxes[i])]
            part[self.crops[i]] = self.numbers[i]
        return labels

    def _painting_order(self, winner: Winner | None) -> NDArray[np.intp]:
        """Return the objects in the order in which they are painted, one over the other."""
        index = np.arange(len(self))
        winner = winner or ("smallest" if self.scores is None else "score")
        if winner == "score" and self.scores is None:
            raise InputError(f"{self.name}: expected scores, to let them decide, got none.")
        worth: dict[str, NDArray[Any]] = {
            "score": index if self.scores is None else self.scores,
            "smallest": -self.pixels,
            "largest": self.pixels,
            "first": -index,
            "last": index,
        }
        if winner not in worth:
            raise InputError(f"Expected one of {', '.join(worth)}, got {winner!r}.")
        order: NDArray[np.intp] = np.lexsort(np.stack([-index, worth[winner]]))
        return order

    def segmentation(self, winner: Winner | None = None) -> Segmentation:
        """Return the objects as labels with their axes and pixel size, as :meth:`labels` does."""
        return Segmentation(
            self.labels(winner),
            self.axes,
            self.frame_axes,
            pixel_size=self.pixel_size,
            unit=self.unit,
            name=self.name,
        )

    def table(self) -> ObjectTable:
        """Return a row an object: where it is, its size, score and class.

        Columns are named as those of :func:`~napari_discembed.measure`, which measures more.
        """
        columns: dict[str, NDArray[Any]] = {
            FRAME_COLUMNS[a]: self.frames[:, i] for i, a in enumerate(self.frame_axes or "")
        }
        pixels, first = self.pixels, len(columns)
        columns |= {"label": self.numbers, "pixels": pixels}
        inner = self.axes[first:]
        size = dict(zip(self.axes.spatial, self.pixel_size, strict=True))
        extent = math.prod(size[a] for a in inner)
        columns["area" if len(inner) == 2 else "volume"] = pixels * extent
        middles = np.array([centroid(crop) for crop in self.crops])
        middles = middles.reshape(len(self), len(self.axes)) + self.boxes[..., 0]
        for d, a in enumerate(inner, first):
            columns[f"centroid_{a.lower()}"] = middles[:, d] * size[a]
        for d, a in enumerate(inner, first):
            for end, side in enumerate(("min", "max")):
                columns[f"bbox_{a.lower()}_{side}"] = self.boxes[:, d, end]
        if self.scores is not None:
            columns["score"] = self.scores
        if self.classes is not None:
            columns["class"] = np.array(self.classes, dtype=object)
        return ObjectTable(columns, name=self.name, unit=self.unit)
