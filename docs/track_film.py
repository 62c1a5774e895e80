"""Film how a wrong link of a track is found and corrected, in a real viewer on a drawn movie.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/track_film.py docs/pictures/track.gif

Of a drawn movie, whose truth is known, the wrong link that the dock is least sure of is shown, cut,
and the right one made; then the next link to check. ``--frames DIR`` writes each picture too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import napari
import numpy as np
from pictures import Stage, wait
from PIL import Image, ImageDraw, ImageFont

from napari_discembed.datasets.synthetic import DividingConfig, Movie, generate_movies

SIZE = (1280, 800)
WIDTH = 900
COLOURS = 255
SOON = 5
"""Links in doubt among which the wrong one is."""
LONG, SHORT = 2200, 900
"""Milliseconds that a picture stays."""


class Film:
    """Pictures of a window, each with a line of text, and an arrow where a person clicks."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.pictures: list[Image.Image] = []
        self.times: list[int] = []

    def take(
        self, words: str, time: int = LONG, at: tuple[int, float, float] | None = None
    ) -> None:
        """Add a picture.

        Parameters
        ----------
        words
            Below it.
        time
            How long it stays, in milliseconds.
        at
            Frame, row and column that are clicked.
        """
        wait(seconds=0.8)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        picture = Image.fromarray(pixels)
        if at is not None:
            _point(ImageDraw.Draw(picture), self._in_window(at))
        height = round(WIDTH * picture.height / picture.width)
        whole = Image.new("RGB", (WIDTH, height + 30), "white")
        whole.paste(picture.resize((WIDTH, height), Image.Resampling.LANCZOS))
        font = ImageFont.load_default(size=17)
        ImageDraw.Draw(whole).text((8, height + 4), words, fill="black", font=font)
        self.pictures.append(whole)
        self.times.append(time)

    def _in_window(self, at: tuple[int, float, float]) -> tuple[float, float]:
        """Return where a pixel of the image is in the window, x first."""
        native = self.viewer.window._qt_viewer.canvas.native
        corner = native.mapTo(self.viewer.window._qt_window, native.rect().center())
        zoom, centre = self.viewer.camera.zoom, self.viewer.camera.center
        return (
            corner.x() + (at[2] - centre[-1]) * zoom,
            corner.y() + (at[1] - centre[-2]) * zoom,
        )

    def save(self, path: Path) -> None:
        """Write an animated GIF in colours that all pictures share."""
        mosaic = Image.new("RGB", (WIDTH, sum(p.height for p in self.pictures)))
        for i, picture in enumerate(self.pictures):
            mosaic.paste(picture, (0, i * picture.height))
        palette = mosaic.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
        dither = Image.Dither.NONE
        first, *others = (p.quantize(palette=palette, dither=dither) for p in self.pictures)
        first.save(path, save_all=True, append_images=others, duration=self.times, loop=0)


def _point(draw: ImageDraw.ImageDraw, tip: tuple[float, float]) -> None:
    """Draw an arrow as large as one of a mouse."""
    shape = ((0, 0), (0, 34), (8, 27), (14, 40), (20, 37), (14, 25), (24, 24))
    draw.polygon([(tip[0] + x, tip[1] + y) for x, y in shape], fill="white", outline="black")


def wrong_link(dock: Any, true: np.ndarray) -> tuple[int, int, tuple[Any, ...]] | None:
    """Return the first link in doubt that is wrong and whose object goes on as a fresh track.

    Returns
    -------
    The place among those in doubt, the frame that it leads to, and where the object was, what it
    was taken for, and what it is. None where there is none.
    """
    now, points = dock.tracked.lineages, dock.tracked.lineages.points

    def place(number: int, frame: int) -> tuple[int, float, float]:
        return frame, *(float(c) for c in points.centroids[now.row(number, frame)])

    for i, (first, frame, number) in enumerate(dock.checking.links()):
        if frame != first + 1 or now.row(number, first) is None:
            continue
        was, taken = place(number, first), place(number, frame)
        own = _true_at(true, was)
        if not own or own == _true_at(true, taken) or not (true[frame] == own).any():
            continue
        fresh = int(np.bincount(dock.layer.data[frame][true[frame] == own]).argmax())
        if fresh and now.track(fresh)[0] == frame and not now.track(fresh)[2]:
            return i, frame, (was, taken, place(fresh, frame))
    return None


def _true_at(true: np.ndarray, at: tuple[int, float, float]) -> int:
    return int(true[at[0], round(at[1]), round(at[2])])


def show(viewer: Any, movie: Movie) -> None:
    """Show a movie and its objects alone."""
    viewer.layers.clear()
    viewer.add_image(movie.frames, name="movie")
    viewer.add_labels(movie.tracks.labels, name="cells")


def correct(stage: Stage, film: Film, dock: Any, found: tuple[int, int, tuple[Any, ...]]) -> None:
    """Film the way from the link that is least sure to the next one."""
    place, frame, (was, taken, true) = found
    film.take("Objects linked through time: one colour is one object. Which links are wrong?")
    for _ in range(place + 1):
        dock.checking.step(1)
    film.take("Next link to check: the least sure first. Outlined: where it was and where it is.")
    viewer = stage.viewer
    for _ in range(2):
        viewer.dims.set_current_step(0, frame - 1)
        film.take("The frame before ...", SHORT)
        viewer.dims.set_current_step(0, frame)
        film.take("... and after: this is another cell, the track has jumped to it.", SHORT)
    dock.tools.buttons["Cut"].click()
    film.take("Cut: click what is no longer the object of before.", at=taken)
    click(dock, taken)
    film.take("It begins a track of its own, in all later frames.")
    dock.tools.buttons["Link"].click()
    viewer.dims.set_current_step(0, frame - 1)
    film.take("Link: click the object ...", at=was)
    click(dock, was)
    viewer.dims.set_current_step(0, frame)
    film.take("... and what it is in the next frame.", at=true)
    click(dock, true)
    film.take("It has its colour back, from here to the end. Ctrl+Z undoes each step.")
    dock.tools.buttons["Link"].setChecked(False)
    dock.checking.step(1)
    film.take("On to the next link to check.")


def click(dock: Any, at: tuple[int, float, float]) -> None:
    """Click an object."""
    dock.tools.click(at[0], (round(at[1]), round(at[2])))
    wait(lambda: not dock._tails_soon.isActive(), 5)


def main() -> int:
    """Draw movies until one has such a link, and film it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--frames", type=Path)
    options = parser.parse_args()
    stage = Stage(Path(tempfile.mkdtemp()))
    stage.viewer.window.resize(*SIZE)
    config = DividingConfig(
        size=160, frames=10, fewest=14, most=18, motion=0.3, look="fluorescence"
    )
    dock, found = None, None
    for movie in generate_movies("dividing", 60, 5, config):
        show(stage.viewer, movie)
        dock = dock or stage.open("Track")
        dock.movie.labels.choose(stage.viewer.layers["cells"])
        dock.movie.start()
        wait(lambda: dock.layer is not None and not dock.movie.is_busy)
        found = wrong_link(dock, movie.tracks.labels)
        if found is not None and found[0] < SOON:
            break
    else:
        sys.stderr.write("no drawn movie had such a link\n")
        return 1
    stage.front(dock)
    film = Film(stage.viewer)
    correct(stage, film, dock, found)
    film.save(options.file)
    if options.frames is not None:
        options.frames.mkdir(parents=True, exist_ok=True)
        for i, picture in enumerate(film.pictures):
            picture.save(options.frames / f"{i:02d}.png")
    sys.stdout.write(f"{options.file}: {options.file.stat().st_size / 1e6:.2f} MB\n")
    stage.close()
    napari.Viewer.close_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
