"""Which movies are tracked, and their frames: a folder of them, or a file with time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_discembed.batch.recipe import Reading
from napari_discembed.datasets.readers import IMAGE_SUFFIXES, is_label_file
from napari_discembed.errors import InputError
from napari_discembed.io.ctc import missing_numbers
from napari_discembed.tracking.frames import check_frames
from napari_discembed.types import Image
from napari_discembed.types.axes import TIME

_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True, slots=True)
class MovieSource:
    """A movie on disk.

    Attributes
    ----------
    path
        The folder or the file.
    files
        Its frames in the order of time; the file alone where it is one.
    """

    path: Path
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What results are called by."""
        return self.path.name if self.path.is_dir() else self.path.stem

    def frames(self, reading: Reading) -> Sequence[Image]:
        """Return the frames, each read when its turn comes.

        Raises
        ------
        InputError
            If there is one frame only, no time axis, or frames differ in size.
        """
        if len(self.files) == 1 and self.path.is_file():
            image = reading.read(self.path)
            if not image.axes.has_time:
                raise InputError(
                    f"{self.path}: expected a movie, a file with a time axis or a folder of "
                    f"frames, got axes {image.axes}. If one of them is time, say so: --axes "
                    f"{TIME + image.axes[1:]}."
                )
            check_frames([image.shape] * image.n_frames, [str(self.path)] * image.n_frames)
            return image.frames()
        frames = _Files(self.files, reading)
        shapes = []
        for file, frame in zip(self.files, frames, strict=True):
            if frame.axes.has_time:
                raise InputError(
                    f"{file}: expected one time point in each file of a folder of frames, got "
                    f"axes {frame.axes}. Name the file itself."
                )
            shapes.append(frame.shape)
        check_frames(shapes, [str(file) for file in self.files])
        return frames


class _Files(Sequence[Image]):
    """Frames in files of their own, read anew at each access."""

    def __init__(self, files: Sequence[Path], reading: Reading) -> None:
        self._files, self._reading = files, reading

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, number: int) -> Image:  # type: ignore[override]
        return self._reading.read(self._files[number])


def find_movies(paths: Iterable[str | Path]) -> list[MovieSource]:
    """Return the movies of some paths.

    Parameters
    ----------
    paths
        Each a folder of frames, whose names end with their numbers, or a file with time.

    Raises
    ------
    InputError
        If there is nothing there, a frame is missing, or two movies are of one name.
    """
    found = [_movie(Path(path).expanduser()) for path in paths]
    names: dict[str, Path] = {}
    for movie in found:
        if movie.name in names:
            raise InputError(
                f"{names[movie.name]} and {movie.path} would both be written to "
                f"{movie.name}_RES. Track them into different folders."
            )
        names[movie.name] = movie.path
    return found


def _movie(path: Path) -> MovieSource:
    if path.is_file():
        return MovieSource(path, (path,))
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder. Check the spelling.")
    files = [
        file
        for file in sorted(path.iterdir())
        if file.suffix.lower() in IMAGE_SUFFIXES
        and not file.name.startswith(".")
        and not is_label_file(file)
    ]
    if not files:
        raise InputError(f"{path}: expected a folder of frames, found no images in it.")
    return MovieSource(path.resolve(), tuple(_in_order(path, files)))


def _in_order(folder: Path, files: Sequence[Path]) -> list[Path]:
    """Return frames in the order of the numbers that their names end with."""
    numbers: dict[int, Path] = {}
    for file in files:
        match = _NUMBER.search(file.stem)
        if match is None:
            raise InputError(
                f"{file}: expected the names of frames to end with their numbers, such as "
                "t000.tif. Rename it, or move it elsewhere."
            )
        if int(match[1]) in numbers:
            raise InputError(
                f"{numbers[int(match[1])]} and {file.name} are both frame {int(match[1])}. Leave "
                "one of them."
            )
        numbers[int(match[1])] = file
    missing = missing_numbers(numbers)
    if missing:
        several = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(
            f"{folder}: frame {missing[0]}{several} is missing between {min(numbers)} and "
            f"{max(numbers)}. Add it, or number the frames without a gap."
        )
    return [numbers[number] for number in sorted(numbers)]
