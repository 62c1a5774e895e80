"""The table of counts of all images of a project, and how far it is in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from napari_discembed.batch.summary import columns_of_kinds
from napari_discembed.session.project_files import Entry, State
from napari_discembed.text import pluralize
from napari_discembed.types.axes import FRAME_COLUMNS
from napari_discembed.types.kinds import COUNT_OF

COLUMNS = ("image", "count", "mean_size", "sd_size", "total_size", "unit", "state", "unsure")
"""Of the table; where along time and planes a row is, and errors, come after."""


def count_table(
    entries: Mapping[str, Entry], renamed_to: Mapping[str, str] | None = None
) -> dict[str, list[Any]]:
    """Return counts as columns: a row an image, or a frame of one.

    Parameters
    ----------
    entries
        By the name of the image.
    renamed_to
        What kinds of objects that are no more became.
    """
    rows = [row for name, entry in entries.items() for row in _rows(name, entry)]
    rows = [_with_present_kinds(row, renamed_to or {}) for row in rows]
    frames = [c for c in FRAME_COLUMNS.values() if any(c in row for row in rows)]
    kinds = columns_of_kinds(rows)
    return {c: [row.get(c) for row in rows] for c in (*COLUMNS, *frames, "error", *kinds)}


def _rows(name: str, entry: Entry) -> list[dict[str, Any]]:
    about = {
        "image": name,
        "state": str(entry.state),
        "unsure": entry.unsure,
        "error": entry.error,
    }
    return [{**row, **about} for row in entry.rows or [{}]]


def _with_present_kinds(row: dict[str, Any], renamed_to: Mapping[str, str]) -> dict[str, Any]:
    """Return a row whose counts are of the kinds as they are called now."""
    found = {name: value for name, value in row.items() if not name.startswith(COUNT_OF)}
    for column in columns_of_kinds([row]):
        name, seen = column.removeprefix(COUNT_OF), set[str]()
        while name in renamed_to and name not in seen:
            seen.add(name)
            name = renamed_to[name]
        found[f"{COUNT_OF}{name}"] = found.get(f"{COUNT_OF}{name}", 0) + row[column]
    return found


def progress_words(entries: Mapping[str, Entry]) -> str:
    """Say how many images there are, and how far they are."""
    counts = Counter(entry.state for entry in entries.values())
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    return ", ".join([pluralize(len(entries), "image"), *parts])
