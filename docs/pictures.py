"""Take the pictures of the docs: drive the plugin in a real viewer and photograph it.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/pictures.py docs/pictures

Coins come from scikit-image, rosettes and movies are drawn; nothing else is shown. ``--image FILE``
takes the same pictures of a file of yours, to look at and not to commit.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DISCEMBED_HOME", tempfile.mkdtemp(prefix="discembed-pictures-"))

import imageio.v3 as iio
import napari
import numpy as np
from qtpy.QtWidgets import QApplication, QDockWidget
from skimage.transform import resize

from napari_discembed.datasets.coins import BACKGROUND_LABEL, coins_painted
from napari_discembed.datasets.synthetic import DividingConfig, generate, generate_movies
from napari_discembed.session.project_order import Order
from napari_discembed.widgets.contributions import samples
from napari_discembed.widgets.panels.track_plots import SIZE

WIDTH, HEIGHT = 1280, 840
GIF_WIDTH = 900


def wait(condition: Callable[[], bool] = lambda: False, seconds: float = 120) -> bool:
    """Run the interface until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if condition():
            return True
        time.sleep(0.005)
    return False


class Stage:
    """A viewer, the docks in it, and the frames of the film."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.viewer: Any = napari.Viewer(show=True)
        self.viewer.window.resize(WIDTH, HEIGHT)
        self.frames: list[np.ndarray] = []
        wait(seconds=0.5)

    def close(self) -> None:
        """Close the viewer with its docks, if it is there."""
        if self.viewer is not None:
            self.viewer.close()
            self.viewer = None
            wait(seconds=0.5)

    def open(self, name: str) -> Any:
        """Open a dock as the plugin menu does."""
        _, dock = self.viewer.window.add_plugin_dock_widget("napari-discembed", name, tabify=True)
        wait(seconds=0.3)
        return dock

    def front(self, dock: Any) -> None:
        """Bring a dock to the front of the others."""
        parent = dock.parent()
        while parent is not None and not isinstance(parent, QDockWidget):
            parent = parent.parent()
        if parent is not None:
            parent.raise_()
        self.viewer.reset_view()
        wait(seconds=0.4)

    def picture(self, name: str) -> None:
        """Photograph the window into a file."""
        wait(seconds=0.5)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        iio.imwrite(self.folder / f"{name}.png", pixels)

    def film(self, times: int = 1) -> None:
        """Add the window to the film."""
        wait(seconds=0.15)
        pixels = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        height = round(GIF_WIDTH * pixels.shape[0] / pixels.shape[1])
        small = resize(pixels, (height, GIF_WIDTH), anti_aliasing=True)
        self.frames += [(255 * small).astype(np.uint8)] * times

    def save_film(self, name: str) -> None:
        """Write the film."""
        iio.imwrite(self.folder / f"{name}.gif", self.frames, duration=300, loop=0)


def the_coins(stage: Stage, seconds: int) -> None:
    """Film the whole way on the coins, and photograph each dock."""
    viewer = stage.viewer
    viewer.add_image(samples.coins()[0][0], name="coins")
    tune, segment = stage.open("Fine-tune"), stage.open("Segment")
    stage.front(tune)
    stage.film(3)
    painted = coins_painted()
    for number in [n for n in np.unique(painted) if n]:
        if number == BACKGROUND_LABEL:
            tune.pairs.paint_background()
        else:
            tune.pairs.paint_object()
        layer = tune.pairs.labels.layer()
        layer.data_setitem(np.nonzero(painted == number), layer.selected_label)
        stage.film(2)
    layer.mode = "pan_zoom"
    tune.pairs.measure()
    tune.budget.setCurrentIndex(1)
    tune.finetune()
    wait(lambda: len(tune.plots.losses._values) > 3)
    started = time.monotonic()
    while tune.trainer.is_busy and time.monotonic() - started < 300:
        stage.film()
        wait(lambda: not tune.trainer.is_busy, seconds / 12)
        if len(tune.plots.losses._values) > 12 and not (stage.folder / "finetune.png").exists():
            wait(seconds=12)
            stage.picture("finetune")
    stage.film(3)
    stage.front(segment)
    layer.visible = False
    segment.embed.embed()
    wait(lambda: segment.session.series is not None)
    wait(lambda: segment.objects.is_idle)
    stage.film(3)
    for box in ("colours",):
        segment.views.boxes[box].setChecked(True)
    wait(seconds=1)
    segment.views.boxes["colours"].setChecked(False)
    usual = segment.session.series[0].space.bandwidth
    for bandwidth in (2.0, 3.0, 4.0, 5.0, 5.9, 4.0, 2.0, usual):
        segment.objects.set_bandwidth(bandwidth)
        wait(lambda: segment.objects.is_idle)
        stage.film(2)
    stage.picture("segment")
    segment.commit()
    wait(seconds=0.5)
    stage.film(3)
    count = stage.open("Count")
    count.labels.choose(segment.target.layer())
    count.image.choose(viewer.layers["coins"])
    stage.front(count)
    count.count()
    wait(lambda: count.measured is not None)
    stage.film(5)
    stage.picture("count")
    stage.save_film("coins")
    correct = stage.open("Correct")
    correct.labels.choose(segment.target.layer())
    correct.checking.step(1)
    wait(lambda: correct.checking.result is not None)
    stage.picture("correct")
    features = stage.open("Feature space")
    features.labels.choose(segment.target.layer())
    wait(lambda: features.view is not None)
    low = np.array(features.view.bounds[:2])
    high = np.array(features.view.bounds[2:])
    middle = (low + high) / 2
    corners = [[low[0], low[1]], [middle[0], low[1]], [middle[0], middle[1]], [low[0], middle[1]]]
    features._lassoed(np.array(corners))
    stage.front(features)
    stage.picture("features")


def one_image(stage: Stage, name: str, data: np.ndarray, diameter: float, model: str) -> None:
    """Photograph the Segment dock on an image, with the shipped weights."""
    stage.viewer.layers.clear()
    wait(seconds=0.5)
    stage.viewer.add_image(data, name=name)
    segment = stage.open("Segment")
    segment.embed.model.choose(model)
    segment.embed.diameter.setValue(diameter)
    segment.embed.embed()
    wait(lambda: segment.session.series is not None)
    wait(lambda: segment.objects.is_idle)
    segment.views.boxes["colours"].setChecked(True)
    wait(seconds=1.5)
    stage.viewer.layers[1].visible = False
    stage.front(segment)
    stage.picture(name)


def a_movie(stage: Stage) -> None:
    """Photograph the Track dock on a drawn movie, at the least sure of its links."""
    config = DividingConfig(size=240, fewest=16, most=20, look="fluorescence")
    movie = next(generate_movies("dividing", 1, 3, config))
    stage.viewer.layers.clear()
    stage.viewer.add_image(movie.frames, name="movie")
    stage.viewer.add_labels(movie.tracks.labels, name="cells")
    track = stage.open("Track")
    track.movie.start()
    wait(lambda: track.layer is not None and not track.movie.is_busy)
    stage.front(track)
    track.checking.step(1)
    stage.viewer.reset_view()
    track.plots.what.setCurrentIndex(track.plots.what.findData(SIZE))
    stage.picture("track")


def a_folder(stage: Stage) -> None:
    """Photograph the Folder dock on drawn rosettes, the one that the model is least sure of first."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "rosettes"
        place.mkdir()
        for i, one in enumerate(generate("rosettes", 6, 4)):
            iio.imwrite(place / f"plant {i + 1}.png", one.image)
        segment, folder = stage.open("Segment"), stage.open("Folder")
        segment.embed.model.choose("rosette")
        folder.open(place)
        wait(lambda: folder.work.shown is not None)
        segment.embed.embed()
        wait(lambda: segment.session.series is not None)
        wait(lambda: segment.objects.is_idle and segment.objects.preview() is not None)
        segment.commit()
        wait(lambda: folder.project.has_objects("plant 1.png"))
        wait(seconds=1)
        folder.finding.button.click()
        folder.sort(Order.by_doubt)
        wait(lambda: folder.finding.worker is None)
        stage.front(folder)
        stage.picture("folder")
        stage.close()


PARTS: dict[str, tuple[Callable[[Stage], None], tuple[str, ...]]] = {
    "coins": (
        lambda stage: the_coins(stage, 60),
        ("finetune", "segment", "count", "correct", "features"),
    ),
    "rosette": (
        lambda stage: one_image(stage, "rosette", samples.rosette()[0][0], 0, "rosette"),
        ("rosette",),
    ),
    "folder": (a_folder, ("folder",)),
    "track": (a_movie, ("track",)),
}
"""What is photographed, and the pictures of each."""


def main() -> int:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--image", type=Path, help="of yours; only this one is photographed")
    parser.add_argument("--only", choices=[*PARTS], help="this part alone; other pictures stay")
    parser.add_argument("--diameter", type=float, default=0)
    parser.add_argument("--model", default="nuclei")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.image is not None:
        pixels = np.squeeze(iio.imread(options.image))
        pixels = pixels[..., :3] if pixels.ndim == 3 else pixels
        stage = Stage(options.folder)
        one_image(stage, options.image.stem, pixels, options.diameter, options.model)
        stage.close()
        return 0
    for part in [options.only] if options.only else PARTS:
        photograph, names = PARTS[part]
        for name in names:
            (options.folder / f"{name}.png").unlink(missing_ok=True)
        stage = Stage(options.folder)
        photograph(stage)
        stage.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
