"""What a file holds, before it becomes an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMEARED = (
    "{path}: JPEG and its like change pixel values, so that labels in it are not what was drawn. "
    "Save them as PNG or TIFF from the program that made them."
)
"""Why labels in such a file are refused."""
MAYBE_SMEARED = (
    "its compression, {name}, may change pixel values: the labels are right only if it was saved "
    "without loss. PNG and TIFF with zlib never change them."
)


@dataclass(frozen=True, slots=True)
class Length:
    """A pixel size as a file says it.

    Attributes
    ----------
    value
        In the unit of the file; NaN where the text is no number.
    text
        As it is written, for a message.
    """

    value: float
    text: str

    @classmethod
    def of(cls, written: object, factor: float = 1.0) -> Length:
        """Return the length of a number or text, times a factor; NaN where it is neither."""
        try:
            value = float(str(written).strip()) * factor
        except ValueError:
            value = float("nan")
        return cls(value, str(written).strip())


@dataclass(frozen=True, slots=True)
class Calibration:
    """Pixel sizes as a file says them, unchecked.

    Attributes
    ----------
    lengths
        By axis, ``X``, ``Y`` or ``Z``; empty where the file says nothing.
    unit
        Its canonical name, such as ``micrometer``; ``pixel`` where there is none.
    """

    lengths: Mapping[str, Length] = field(default_factory=dict)
    unit: str = "pixel"

    def transposed(self) -> Calibration:
        """Return the calibration of the picture with X and Y exchanged."""
        other = {"X": "Y", "Y": "X"}
        return Calibration({other.get(a, a): x for a, x in self.lengths.items()}, self.unit)

    def coarser(self, factors: Mapping[str, float]) -> Calibration:
        """Return the calibration of the picture with pixels that many times as large."""
        lengths = {
            axis: Length(x.value * f, f"{x.text} x {f:.4g}" if f != 1 else x.text)
            for axis, x in self.lengths.items()
            for f in (factors.get(axis, 1.0),)
        }
        return Calibration(lengths, self.unit)


@dataclass(frozen=True, slots=True)
class FilePixels:
    """The pixels of a file with what it says of them.

    Attributes
    ----------
    data
        The pixels, upright and in true colours.
    axes
        A letter an axis; empty where the file does not say.
    calibration
        Pixel sizes.
    notes
        What a person should know of the reading, in sentences.
    """

    data: NDArray[Any]
    axes: str = ""
    calibration: Calibration = field(default_factory=Calibration)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """A picture among those of a file.

    Attributes
    ----------
    number
        To choose it by, from 0.
    name
        As the file calls it.
    axes, shape, dtype
        Of its pixels.
    levels
        Shapes of its resolutions, from the finest, which is read unless another is chosen.
    files
        Names of the files of a set that it lies in; of one file its own.
    is_read
        Whether it is what is read when none is chosen.
    """

    number: int
    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    levels: tuple[tuple[int, ...], ...] = ()
    files: tuple[str, ...] = ()
    is_read: bool = False


def upright(data: NDArray[Any], orientation: int, y: int = 0, x: int = 1) -> NDArray[Any]:
    """Turn a picture as its orientation (1 to 8, of TIFF and EXIF) says.

    Parameters
    ----------
    data
        As it is stored.
    orientation
        Which side of the stored picture is up; anything but 2 to 8 leaves it as it is.
    y, x
        The axes of the stored rows and columns.
    """
    if orientation in (5, 6, 7, 8):
        data = np.swapaxes(data, y, x)
    flips = {2: (x,), 3: (y, x), 4: (y,), 6: (x,), 7: (y, x), 8: (y,)}.get(orientation, ())
    return np.flip(data, flips) if flips else data
