"""A report as one page of HTML that holds all it shows: counts, pictures, plots, settings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import __version__
from napari_discembed.files import atomic_path
from napari_discembed.reports.columns import (
    HUE,
    Columns,
    arranged,
    mean_hue,
    on_demand,
    sums,
    title,
    words_of,
)
from napari_discembed.reports.entries import Entry
from napari_discembed.text import pluralize
from napari_discembed.types import ObjectTable
from napari_discembed.types.kinds import COUNT_OF, Kind

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1e1e21;max-width:62rem;margin:2rem auto}
body{padding:0 1rem}
h1{margin-bottom:0}
h2{margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}
table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}
th{border-bottom:2px solid #999}th:first-child,td:first-child{text-align:left}
tfoot td{font-weight:600;border-bottom:none}
img,svg{max-width:100%;height:auto}figure{margin:1rem 0}figcaption,.quiet{color:#666}
.bad{color:#b00020}i{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#666}dd{margin:0}
@media print{details{display:block}h2{break-before:page}}
"""
MEANS = {
    "area": "mean_area",
    "volume": "mean_volume",
    "length": "mean_length",
    "width": "mean_width",
    "intensity_mean_0": "mean_intensity",
    HUE: HUE,
}
"""What the means of columns are called in the table of images."""
WIDE, HIGH = 480, 200
LEFT, LOW = 46, 42


def write_report(
    path: str | Path,
    entries: Sequence[Entry],
    *,
    name: str,
    settings: Mapping[str, str],
    summary: Columns | None = None,
) -> None:
    """Write a report, whole or not at all.

    Parameters
    ----------
    path
        Of the page, in ``.html``.
    entries
        An image each, or a frame.
    name
        Of the experiment.
    settings
        What the objects were found with, in words.
    summary
        A row an image, ``count`` among the columns; None for that of the entries.
    """
    summary = _summary(entries) if summary is None else summary
    text = page(entries, summary, name=name, settings=settings)
    with atomic_path(Path(path)) as partial:
        # Names of files may hold what is no text.
        partial.write_bytes(text.encode("utf-8", errors="replace"))


def page(
    entries: Sequence[Entry], summary: Columns, *, name: str, settings: Mapping[str, str]
) -> str:
    """Return a report as HTML; see :func:`write_report`."""
    counted = [n for n in summary["count"] if n is not None]
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    parts = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="quiet">{pluralize(sum(counted), "object")} in '
        f"{pluralize(len(counted), 'image')}. Counted {now} with "
        f"napari-discembed {escape(__version__)}.</p>",
        _table(summary, _unit(entries)),
        _plots(entries, counted),
        "<h2>Settings</h2>",
        "<dl>",
        *(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in settings.items()),
        "</dl>",
        *(_section(entry) for entry in entries),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n"
        "</html>\n"
    )


def _summary(entries: Sequence[Entry]) -> dict[str, NDArray[Any]]:
    """Return a row an image: how many, how large in all, and the means of what is measured."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        table = entry.table
        row: dict[str, Any] = {"image": entry.name, "count": None if table is None else table.count}
        if table is not None and table.count:
            row[f"total_{table.size_name}"] = float(table.sizes.sum())
            row |= {words: _mean(name, table.columns) for name, words in MEANS.items()}
        row |= _counts_of_kinds(table)
        rows.append(row)
    names = dict.fromkeys(n for row in rows for n in row)
    columns = {n: np.array([row.get(n) for row in rows], object) for n in names}
    for name in [n for n in columns if n.startswith(COUNT_OF)]:  # of a kind that one image lacks
        known = zip(columns[name], columns["count"], strict=True)
        columns[name] = np.array(
            [0 if n is None and c is not None else n for n, c in known], object
        )
    return {n: c for n, c in columns.items() if n == "count" or any(v is not None for v in c)}


def _counts_of_kinds(table: ObjectTable | None) -> dict[str, int]:
    names = [] if table is None else [str(name) for name in table.columns.get("kind", ())]
    return {f"{COUNT_OF}{name}": names.count(name) for name in sorted(set(names))}


def _mean(name: str, columns: Columns) -> float | None:
    if name.startswith("intensity") and HUE in columns:  # of red alone it says little
        return None
    values = np.asarray(columns.get(name, ()), np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return mean_hue(values) if name == HUE else float(values.mean())


def _plots(entries: Sequence[Entry], counted: Sequence[int]) -> str:
    """Return how the sizes of all objects are spread, and of several images the counts."""
    plots = []
    tables = [e.table for e in entries if e.table is not None and e.table.count]
    if tables:
        size, unit = tables[0].size_name, tables[0].unit
        same = [t.sizes for t in tables if (t.size_name, t.unit) == (size, unit)]
        plots.append(_histogram(np.concatenate(same), title(size, {}, unit), "objects"))
    if len(counted) > 1:
        plots.append(_histogram(np.array(counted, np.float64), "objects in an image", "images"))
    return "\n".join(plots)


def _section(entry: Entry) -> str:
    parts = [f"<h2>{escape(entry.name)}</h2>"]
    if entry.table is None:
        return parts[0] + f'<p class="bad">Not counted: {escape(entry.note)}</p>'
    if entry.picture:
        data = base64.b64encode(entry.picture).decode("ascii")
        words = f"{pluralize(entry.table.count, 'object')}. {entry.note}"
        picture = f'<img alt="objects" src="data:image/jpeg;base64,{data}">'
        caption = escape(words) + _legend(entry.kinds)
        parts.append(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>")
    elif entry.note:
        parts.append(f'<p class="quiet">{escape(entry.note)}</p>')
    if entry.groups is not None:
        about = {n: c for n, c in entry.groups.items() if n not in ("image", "unit")}
        parts.append("<h3>Groups</h3>" + _table(about, entry.table.unit))
    objects = _table(entry.table.columns, entry.table.unit)
    parts.append(f"<details><summary>Each object</summary>{objects}</details>")
    return "\n".join(parts)


def _legend(kinds: Sequence[Kind]) -> str:
    """Return the colours of the kinds of objects, as their outlines have them."""
    parts = [f' <i style="background:{kind.colour}"></i>{escape(kind.name)}' for kind in kinds]
    return "".join(parts)


def _table(columns: Columns, unit: str) -> str:
    """Return what comes first of a table, with its sums."""
    columns = arranged(columns)
    below, hidden = sums(columns), on_demand(columns)
    names = [name for name in columns if name not in hidden]
    if not names:
        return ""
    head = "".join(f"<th>{escape(title(n, columns, unit))}</th>" for n in names)
    rows = zip(*(columns[n].tolist() for n in names), strict=True)
    body = "\n".join(_row(names, row) for row in rows)
    foot = "".join(_row(names, [below[n][i] for n in names]) for i in range(2))
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n<tfoot>{foot}</tfoot>\n"
        "</table>"
    )


def _row(names: Sequence[str], values: Sequence[Any]) -> str:
    cells = []
    for name, value in zip(names, values, strict=True):
        words = escape(words_of(value))
        if name == HUE and words:
            words = f'<i style="background:hsl({value:.0f},70%,45%)"></i>{words}'
        cells.append(f"<td>{words}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _unit(entries: Sequence[Entry]) -> str:
    units = {e.table.unit for e in entries if e.table is not None}
    return units.pop() if len(units) == 1 else "various"


def _histogram(values: NDArray[np.float64], name: str, what: str) -> str:
    """Return a histogram of values as SVG, its bars with their numbers as tooltips."""
    heights, edges = np.histogram(values, bins=min(30, max(5, int(len(values) ** 0.5) * 2)))
    top, wide = max(1, int(heights.max())), (WIDE - LEFT) / len(heights)
    bars = []
    for i, height in enumerate(heights.tolist()):
        tall = (HIGH - LOW - 10) * height / top
        told = f"{height}: {words_of(float(edges[i]))} to {words_of(float(edges[i + 1]))}"
        place = f'x="{LEFT + i * wide:.1f}" y="{HIGH - LOW - tall:.1f}"'
        size = f'width="{0.92 * wide:.1f}" height="{tall:.1f}"'
        bars.append(f'<rect {place} {size} fill="#0072b2"><title>{told}</title></rect>')
    low, high = (words_of(float(edge)) for edge in (edges[0], edges[-1]))
    at = HIGH - LOW
    return (
        f'<figure><svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" font-size="12" fill="#1e1e21">'
        f'{"".join(bars)}<path d="M{LEFT} 8V{at}H{WIDE}" fill="none" stroke="#777"/>'
        f'<text x="{LEFT - 6}" y="18" text-anchor="end">{top}</text>'
        f'<text x="{LEFT - 6}" y="{at}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{at + 16}">{low}</text>'
        f'<text x="{WIDE}" y="{at + 16}" text-anchor="end">{high}</text>'
        f'<text x="{(WIDE + LEFT) / 2}" y="{HIGH - 6}" text-anchor="middle">{escape(name)}</text>'
        f"</svg><figcaption>How many {what} have which {escape(name)}.</figcaption></figure>"
    )
