"""What a record says of each image, checked entry by entry: a bad one costs that image alone."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from napari_discembed.checksums import is_sound

Row: TypeAlias = dict[str, Any]


def _checked(row: Row) -> Row:
    """Return a row of plain, finite values with a count; JSON's own texts may be broken names."""
    count = row.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        msg = f"expected a count of objects, got {count}"
        raise ValueError(msg)
    for name, value in row.items():
        plain = value is None or isinstance(value, str | int | float)
        if not plain or (isinstance(value, float) and not math.isfinite(value)):
            msg = f"expected a text or a finite number as {name}, got {value}"
            raise ValueError(msg)
    return row


CheckedRow: TypeAlias = Annotated[Row, AfterValidator(_checked)]


class Entry(BaseModel):
    """What is done for one image. What a newer release writes besides is left out.

    Attributes
    ----------
    settings
        Hash of all that the labels depend on.
    rows
        One an image, or a frame of it: the columns of counts.csv and where the labels are.
    written
        Time of the label file, in ns; None as release 0.1 wrote it first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    settings: str
    rows: list[CheckedRow] = Field(min_length=1)
    written: int | None = None


def read_entries(text: bytes) -> tuple[dict[str, Entry], list[str]]:
    """Return the entries of a record by their keys, and the keys of those that are damaged.

    Raises
    ------
    ValueError
        If it is no record at all.
    """
    found: dict[str, Entry] = {}
    bad: list[str] = []
    for key, values in _object(text).items():
        entry = _entry(key, values)
        if entry is None:
            bad.append(key)
        else:
            found[key] = entry
    return found, bad


def _object(text: bytes) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    if not isinstance(values, dict):
        msg = f"expected an object, got {type(values).__name__}"
        raise ValueError(msg)
    return values


def _entry(key: str, values: object) -> Entry | None:
    if isinstance(values, dict) and not is_sound(values, key):
        return None
    try:
        return Entry.model_validate(values)
    except ValidationError:
        return None
