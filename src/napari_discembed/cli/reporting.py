"""The report of ``discembed count``: what is collected for its page."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_discembed.batch.entries import read_entries
from napari_discembed.batch.record import RECORD
from napari_discembed.batch.sources import Source
from napari_discembed.config import GroupingConfig
from napari_discembed.datasets.readers import image_files, is_label_file
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.io.images import read_image
from napari_discembed.metrics.measure import matching_frames
from napari_discembed.progress import run
from napari_discembed.reports.entries import MOST_PICTURES, Entry, entries_of
from napari_discembed.reports.page import write_report
from napari_discembed.types import Image, Segmentation

PAGES = (".html", ".htm")
ENDING = "_labels"
KNOWN = {"model": "Model", "diameter": "Typical size (px)"}
"""What a record of ``discembed segment`` says, and what a person calls it."""


@dataclass
class Reporting:
    """Collects the entries of a report, file by file."""

    path: Path
    images: dict[str, Path]
    grouping: GroupingConfig | None
    entries: list[Entry] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, images: Path | None, grouping: GroupingConfig | None) -> Reporting:
        """Check what was asked for.

        Raises
        ------
        InputError
            If the page is to end in anything but .html, or the images are no folder.
        """
        if path.suffix.lower() not in PAGES:
            raise InputError(f"{path}: expected a report to end in .html. Rename it.")
        if images is not None and not images.is_dir():
            raise InputError(f"{images}: expected a folder of images. Check the spelling.")
        found = [] if images is None else [f for f in image_files(images) if not is_label_file(f)]
        return cls(path, {file.stem: file for file in found}, grouping)

    def add(self, source: Source, segmentation: Segmentation) -> None:
        """Measure and draw a file; without its image where that is not there or does not fit."""
        left = MOST_PICTURES - len(self.entries)
        image, note = self._image(source, segmentation)
        found = run(entries_of(segmentation, image, self.grouping, left))
        self.entries += [replace(entry, note=f"{entry.note} {note}".strip()) for entry in found]
        for name, value in _recorded(source).items():
            known = self.said.setdefault(name, [])
            known += [] if value in known else [value]

    def fail(self, source: Source, why: str) -> None:
        """Say of a file that it was not counted."""
        self.entries.append(Entry(source.name, None, note=why))

    def write(self) -> None:
        """Write the page."""
        said = {name: ", ".join(values) for name, values in self.said.items()}
        settings = said or {"Model": "not known: there is no record beside the labels"}
        if self.grouping is not None:
            settings |= {"Groups": str(self.grouping.by)}
        write_report(self.path, self.entries, name=self.path.stem, settings=settings)

    def _image(self, source: Source, segmentation: Segmentation) -> tuple[Image | None, str]:
        """Return the image of a label file, or why there is none."""
        stem = source.path.stem.removesuffix(ENDING)
        if stem not in self.images:
            return None, f"No image is called {stem}." if self.images else ""
        try:
            image = read_image(self.images[stem])
            matching_frames(segmentation, image)
        except (DiscembedError, OSError) as error:
            return None, f"Drawn without its image: {error}"
        return image, ""


def _recorded(source: Source) -> dict[str, str]:
    """Return what the record beside a label file says of how it was found."""
    rows: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError):
        entries, _ = read_entries((source.path.parent / RECORD).read_bytes())
        rows = [row for entry in entries.values() for row in entry.rows]
    own = [row for row in rows if Path(str(row.get("labels"))).name == source.path.name]
    return {words: str(own[0][key]) for key, words in KNOWN.items() if own and key in own[0]}
