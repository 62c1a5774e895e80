"""The metadata of OME-Zarr (NGFF 0.4 and 0.5), checked; what is not known is passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from napari_discembed.errors import FileFormatError
from napari_discembed.io.calibration import MICROMETER, MICROMETERS, PIXEL, canonical_unit
from napari_discembed.io.found import Calibration, Length
from napari_discembed.types.axes import LETTERS

AGAIN = "Export the image again, or check the metadata with an OME-Zarr validator."
_LETTER_OF_TYPE = {"time": "T", "channel": "C"}


def _inside(path: str) -> str:
    """Refuse a path that leads out of the store."""
    if not path or path.startswith("/") or "\\" in path or ".." in path.split("/"):
        msg = f"expected a path within the store, got {path!r}"
        raise ValueError(msg)
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Axis(_Part):
    """An axis of the arrays."""

    name: str
    type: str | None = None
    unit: str | None = None

    @property
    def letter(self) -> str:
        """The letter of the axis; ``?`` for one that is not known."""
        found = _LETTER_OF_TYPE.get(self.type or "", self.name.upper())
        return found if len(found) == 1 and found in LETTERS else "?"


class Transformation(_Part):
    """A scale or a translation of pixels, a number for each axis."""

    type: str
    scale: tuple[float, ...] | None = None
    translation: tuple[float, ...] | None = None


class Level(_Part):
    """A resolution of a pyramid."""

    path: InnerPath
    transformations: tuple[Transformation, ...] = Field((), alias="coordinateTransformations")


def _named(axis: object) -> object:
    """Return an axis as release 0.4 writes it; 0.3 has its name alone."""
    return {"name": axis} if isinstance(axis, str) else axis


class Multiscale(_Part):
    """A picture in several resolutions, from the finest."""

    name: str | None = None
    axes: tuple[Annotated[Axis, BeforeValidator(_named)], ...] = ()
    levels: tuple[Level, ...] = Field(alias="datasets", min_length=1)
    transformations: tuple[Transformation, ...] = Field((), alias="coordinateTransformations")

    @property
    def letters(self) -> str:
        """A letter an axis; empty where the store names none."""
        return "".join(axis.letter for axis in self.axes)

    def scale(self, level: int) -> tuple[float, ...] | None:
        """Return the size of a pixel of a level along each axis; None where it is not told."""
        own = [t.scale for t in self.levels[level].transformations if t.scale is not None]
        if not own:
            return None
        every = [*own, *(t.scale for t in self.transformations if t.scale is not None)]
        if len({len(scale) for scale in every}) > 1:
            return every[0]
        return tuple(math.prod(numbers) for numbers in zip(*every, strict=True))

    def translation(self, level: int) -> tuple[float, ...] | None:
        """Return where a level begins along each axis, in its units; None where it is not told.

        That of the level is scaled by what is said of all levels.
        """
        own = self.levels[level].transformations
        moved = next((t.translation for t in own if t.translation is not None), None)
        whole = next((t.scale for t in self.transformations if t.scale is not None), None)
        if moved is None or whole is None or len(whole) != len(moved):
            return moved
        return tuple(a * b for a, b in zip(moved, whole, strict=True))

    def calibration(self, level: int) -> tuple[Calibration, str]:
        """Return the pixel sizes of a level, and what is wrong with them; empty if nothing is."""
        scale = self.scale(level)
        units = {a.letter: canonical_unit(a.unit) for a in self.axes if a.type in (None, "space")}
        known = {units[a] for a in "YX" if a in units}
        if scale is None or known == {PIXEL} or not known:
            return Calibration(), ""
        if len(scale) != len(self.axes):
            wrong = f"its scale has {len(scale)} numbers for {len(self.axes)} axes"
            return Calibration(), f"{wrong}: sizes are in pixels."
        pairs = zip(self.letters, scale, strict=True)
        sizes = {a: size for a, size in pairs if a in units and units[a] != PIXEL}
        several = len({units[a] for a in sizes}) > 1
        if several and not {units[a] for a in sizes} <= set(MICROMETERS):
            return Calibration(), "its axes have units that do not fit: sizes are in pixels."
        lengths = {
            a: Length(size * MICROMETERS[units[a]] if several else size, f"{size:g} {units[a]}")
            for a, size in sizes.items()
        }
        return Calibration(lengths, MICROMETER if several else known.pop()), ""


class _Named(_Part):
    path: InnerPath


class Plate(_Part):
    """A plate of wells."""

    wells: tuple[_Named, ...]


class Well(_Part):
    """The fields of view of a well."""

    images: tuple[_Named, ...]


PartT = TypeVar("PartT", bound=BaseModel)


def ome_attributes(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a group says as OME-Zarr: 0.5 has it under ``ome``."""
    nested = attributes.get("ome")
    return nested if isinstance(nested, Mapping) else attributes


def checked(path: Path, kind: type[PartT], values: object) -> PartT:
    """Return a part of the metadata.

    Raises
    ------
    FileFormatError
        If it is not as the format asks.
    """
    try:
        return kind.model_validate(values)
    except (ValidationError, RecursionError) as error:
        reason = "nested too deeply"
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise FileFormatError(
            f"{path}: its OME-Zarr metadata are damaged ({reason}). {AGAIN}"
        ) from error


def multiscales_of(path: Path, attributes: Mapping[str, Any]) -> list[Multiscale]:
    """Return the pictures of a group; none where it names none.

    Raises
    ------
    FileFormatError
        If the metadata are damaged.
    """
    values = ome_attributes(attributes).get("multiscales", [])
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise FileFormatError(f"{path}: its OME-Zarr metadata are damaged (multiscales). {AGAIN}")
    return [checked(path, Multiscale, value) for value in values]
