"""What came of a batch, and of each of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_discembed.batch.entries import Row
    from napari_discembed.batch.sources import Source

FILE = "file"
"""Key in the progress of a batch: the `FileResult` of the file that has just ended."""

WARNING = "warning"
"""Key in the progress of a batch: a sentence that a person should see."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of one file.

    Attributes
    ----------
    source
        The file.
    rows
        A row an image, or a frame of it; none where it failed.
    error
        Why it failed; empty where it did not.
    skipped
        Whether it was done before with the same recipe.
    """

    source: Source
    rows: list[Row] = field(default_factory=list)
    error: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of all files.

    Attributes
    ----------
    files
        In the order of the sources.
    """

    files: list[FileResult]

    @property
    def rows(self) -> list[Row]:
        """The rows of all files."""
        return [row for file in self.files for row in file.rows]

    @property
    def failed(self) -> dict[str, str]:
        """Why files failed, by their paths."""
        return {str(file.source.path): file.error for file in self.files if file.error}
