"""The orders in which the images of a project are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from napari_discembed.session.project_files import Entry


class Order(StrEnum):
    """What images are sorted by."""

    name = "By name"
    count = "Most objects first"
    doubt = "Least sure first"


_KEYS: dict[Order, Callable[[Entry], float]] = {
    Order.name: lambda _entry: 0.0,
    Order.count: lambda entry: -1.0 if entry.count is None else float(entry.count),
    Order.doubt: lambda entry: entry.doubt,
}


def sorted_names(entries: Mapping[str, Entry], order: Order) -> list[str]:
    """Return the names of images in an order; equal ones as they come, unknown ones last.

    Parameters
    ----------
    entries
        By the name of the image.
    order
        Of names.
    """
    key = _KEYS[order]
    return sorted(entries, key=lambda name: -key(entries[name]))
