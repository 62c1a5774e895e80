"""The orders in which the images of a project are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from napari_discembed.session.project_files import Entry


class Order(StrEnum):
    """What images are sorted by."""

    by_name = "By name"
    by_count = "Most objects first"
    by_doubt = "Least sure first"


_KEYS: dict[Order, Callable[[Entry], float]] = {
    Order.by_name: lambda _entry: 0.0,
    Order.by_count: lambda entry: -1.0 if entry.count is None else float(entry.count),
    Order.by_doubt: lambda entry: entry.doubt,
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
