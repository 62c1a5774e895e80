"""A report as one page."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from napari_discembed.config import GroupingConfig
from napari_discembed.progress import run
from napari_discembed.reports.entries import Entry, entries_of
from napari_discembed.reports.page import write_report
from napari_discembed.types import Axes, Image, Segmentation


def leaves() -> Segmentation:
    """Return two leaves of 2 mm x 1 mm and 4 mm x 2 mm, half a millimetre a pixel."""
    labels = np.zeros((20, 30), np.int64)
    labels[2:4, 2:6], labels[10:14, 10:18] = 1, 2**40
    return Segmentation(labels, pixel_size=(0.5,), unit="millimeter", name="tray <1>")


class Checker(HTMLParser):
    """Counts tags, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "img", "rect", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self.open.pop() == tag


def cells(text: str, table: int) -> list[list[str]]:
    """Return the words of each row of a table of the page."""
    found = re.findall(r"<table>.*?</table>", text, re.DOTALL)[table]
    rows = re.findall(r"<tr>(.*?)</tr>", found)
    return [[re.sub("<.*?>", "", c) for c in re.findall(r"<t[hd]>(.*?)</t[hd]>", r)] for r in rows]


def test_a_page_holds_counts_pictures_plots_and_settings(tmp_path: Path) -> None:
    green = np.zeros((20, 30, 3), np.uint8)
    green[..., 1] = 100
    entries = run(entries_of(leaves(), Image(green, Axes("YXC")), GroupingConfig(by="touching")))
    bad = Entry("b.png", None, note="no picture & more")
    path = tmp_path / "report.html"
    write_report(path, [*entries, bad], name="Tray <1>", settings={"Model": "rosette"})
    text = path.read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert "2 objects in 1 image" in text
    assert "<dt>Model</dt><dd>rosette</dd>" in text
    assert "Not counted: no picture &amp; more" in text
    assert "http" not in re.sub(r"base64,[^\"]*", "", text)
    assert cells(text, 0) == [
        ["image", "objects", "total area (mm\u00b2)", "mean area (mm\u00b2)",
         "mean length (mm)", "mean width (mm)", "colour (\u00b0)"],
        ["tray &lt;1&gt;", "2", "10", "5", "3", "1.5", "120"],
        ["b.png", "", "", "", "", "", ""],
        ["total", "2", "10", "", "", "", ""],
        ["mean", "2", "10", "5", "3", "1.5", "120"],
    ]  # fmt: skip
    assert cells(text, 1)[:2] == [["group", "objects", "total area (mm\u00b2)"], ["1", "1", "2"]]
    assert cells(text, 2)[1:3] == [
        ["1", "1", "2", "2", "1", "120"], [str(2**40), "2", "8", "4", "2", "120"],
    ]  # fmt: skip
    data = re.search(r"data:image/jpeg;base64,([^\"]*)", text)
    assert data is not None
    picture = Picture.open(io.BytesIO(base64.b64decode(data[1])))
    assert picture.size == (1000, 667)
    assert checker.seen.count("rect") == 5


def test_frames_have_a_section_each_and_of_volumes_the_fullest_plane_is_drawn() -> None:
    film = Segmentation(np.ones((3, 4, 5), np.uint8), Axes("TYX"), name="film")
    entries = run(entries_of(film, Image(np.ones((3, 4, 5)), Axes("TYX")), pictures=2))
    assert [e.name for e in entries] == ["film[0]", "film[1]", "film[2]"]
    assert [bool(e.picture) for e in entries] == [True, True, False]
    volume = np.zeros((3, 4, 5), np.uint8)
    volume[1, 1:3], volume[2, 1] = 1, 1
    (entry,) = run(entries_of(Segmentation(volume), Image(volume * 7.0)))
    assert entry.note == "Plane 1 of 3 is shown."


@pytest.mark.parametrize("shape", [(2, 5000), (1, 1), (3000, 2000)])
def test_pictures_of_any_shape_are_drawn(shape: tuple[int, int]) -> None:
    (entry,) = run(entries_of(Segmentation(np.ones(shape, np.uint8))))
    assert max(Picture.open(io.BytesIO(entry.picture)).size) == 1000


def test_no_objects_are_a_page_too(tmp_path: Path) -> None:
    entries = run(entries_of(Segmentation(np.zeros((4, 4), np.uint8))))
    write_report(tmp_path / "a.html", entries, name="none", settings={})
    assert "0 objects in 1 image" in (tmp_path / "a.html").read_text()
