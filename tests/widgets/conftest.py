"""Real viewers, tiny networks, and folders of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("napari", reason="napari is not installed: pip install -e '.[pyqt6,test]'")
pytest.importorskip("pytestqt", reason="pytest-qt is not installed")

import napari.layers
import torch

from napari_discembed.clustering import QUALITY, THRESHOLD
from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes, Candidates, Embedding
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.keys import bound

QUICK = FinetuningConfig(steps=3, batch_size=1, patch_size=32)
TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep models, trainings and autosaves of tests away from the person's."""
    monkeypatch.setenv("DISCEMBED_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DISCEMBED_MODELS", raising=False)
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())  # one left by another test is told of there, once
    yield
    left = [t for t in threading.enumerate() if t.name.startswith("discembed") and t not in before]
    until = time.monotonic() + 10
    for thread in left:
        thread.join(max(0.0, until - time.monotonic()))
    assert not [t.name for t in left if t.is_alive()]


@pytest.fixture(autouse=True)
def _no_key_is_left() -> Iterator[None]:
    yield
    assert not bound()


@pytest.fixture
def tiny(home: Path) -> str:
    """Return the file of a tiny network among the person's models."""
    torch.manual_seed(0)
    path = home / "models" / "tiny.safetensors"
    path.parent.mkdir(parents=True)
    save_model(path, Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY)))
    return str(path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what the person is told, in place of showing it."""
    words: list[str] = []
    for module in _modules_that_tell():
        for name in ("show_info", "show_warning", "show_error"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, words.append)
    return words


def _modules_that_tell() -> list[Any]:
    from napari_discembed.widgets import tasks, trainer
    from napari_discembed.widgets.contributions import samples
    from napari_discembed.widgets.docks import correct, count, finetune, segment
    from napari_discembed.widgets.panels import (
        checking,
        embed,
        exporting,
        folder_count,
        folder_finding,
        folder_work,
        kind_tool,
        kinds,
        label_window,
        learning,
        more_pairs,
        movie,
        next_image,
        pick_tool,
        reporting,
        track_exporting,
        track_opening,
        track_tools,
        training_pairs,
        whole_image,
    )

    panels = [
        checking,
        embed,
        exporting,
        folder_count,
        folder_finding,
        folder_work,
        kind_tool,
        kinds,
        label_window,
        learning,
        more_pairs,
        movie,
        next_image,
        pick_tool,
        reporting,
        track_exporting,
        track_opening,
        track_tools,
        training_pairs,
        whole_image,
    ]
    return [tasks, trainer, samples, *panels, correct, count, finetune, segment]


def squares(count: int = 3, side: int = 24) -> np.ndarray:
    """Return labels of squares in a row."""
    labels = np.zeros((side, side * count), np.int32)
    for i in range(count):
        labels[6 : side - 6, side * i + 6 : side * (i + 1) - 6] = i + 1
    return labels


def embedding_of(labels: np.ndarray, gap: float = 4.0) -> Embedding:
    """Return an embedding in which each object is a point, the next one `gap` further."""
    values = np.stack([labels * gap, labels * 0.0]).astype(np.float32)
    return Embedding.of(values, (labels > 0)[None].astype(np.float32), diameter=12.0)


def judged_squares() -> Embedding:
    """Return three squares whose candidates were judged: each, and the first two as one."""
    labels = squares(3)
    candidates = Candidates(
        np.array([0, 1, 2, 4], np.int32)[labels],
        np.array([0, 1, 0, 3]),
        np.array([2, 2, -1, -1]),
        np.array([0.0, 0.0, 3.0, 0.0]),
        {QUALITY: np.array([0.9, 0.8, 0.5, 0.55]), THRESHOLD: np.full(4, 0.5)},
    )
    return replace(embedding_of(labels), candidates=candidates)


Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def wait(qtbot: Any) -> Wait:
    """Wait until something is so, at most half a minute."""
    return lambda condition: qtbot.waitUntil(condition, timeout=30_000)


@pytest.fixture
def dock(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> SegmentDock:
    """Return a Segment dock in a viewer."""
    viewer = make_napari_viewer_proxy()
    dock = SegmentDock(viewer)
    viewer.window.add_dock_widget(dock, name="Segment")
    dock.embed.model.choose(tiny)
    return dock


def choose(dock: SegmentDock, method: str) -> None:
    """Choose a method in the dock's form."""
    box = dock.objects.form.method
    box.setCurrentIndex(box.findData(method))


def photograph(labels: np.ndarray) -> np.ndarray:
    """Return a picture of objects."""
    return ((labels > 0) * 200).astype(np.uint8)


def work_on(dock: SegmentDock, layer: napari.layers.Image, axes: str) -> None:
    """Say which layer the session's image is of."""
    dock.session.reading = LayerReading(str(layer.unique_id), Axes(axes))


def give(dock: SegmentDock, labels: np.ndarray, wait: Wait, **about: Any) -> napari.layers.Image:
    """Give the session an image with a made-up embedding."""
    layer = dock.viewer.add_image(photograph(labels), name="cells", **about)
    work_on(dock, layer, "TYX"[-labels.ndim :])
    frames = labels if labels.ndim == 3 else labels[None]
    lengths = (Axes("T"), (len(frames),)) if labels.ndim == 3 else ()
    dock.session.series = EmbeddingSeries([embedding_of(f) for f in frames], *lengths)
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    return layer


def give_judged(dock: SegmentDock, wait: Wait, **about: Any) -> napari.layers.Image:
    """Give the session an image whose candidates were judged; `about` is of the series."""
    layer = dock.viewer.add_image(photograph(squares(3)), name="cells")
    work_on(dock, layer, "YX")
    dock.session.series = EmbeddingSeries([judged_squares()], **about)
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    return layer


def camera_of(dock: Any) -> Any:
    """Return the camera, where this napari has it."""
    viewer = dock.viewer
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def open_dock(kind: Any, make_viewer: Any) -> Any:
    """Open a dock in a viewer of its own."""
    viewer = make_viewer()
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock, name=kind.__name__)
    return dock


def paint(dock: Any, count: int = 3) -> None:
    """Open an image with painted squares and a scribble of background."""
    labels = squares(count, 32)
    labels[-2:] = 255
    picture = np.where((labels > 0) & (labels < 255), 200, 20).astype(np.uint8)
    dock.viewer.add_image(picture, name="cells")
    dock.viewer.add_labels(labels.astype(np.uint8), name="painted")


@pytest.fixture
def tuner(
    make_napari_viewer_proxy: Any, tiny: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> FineTuneDock:
    """Return a Fine-tune dock that trains a tiny model for three steps."""
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: QUICK)
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    dock.start_model.choose(tiny)
    return dock


@pytest.fixture
def corrector(make_napari_viewer_proxy: Any, told: list[str]) -> CorrectDock:
    """Return a Correct dock with labels of three squares and their embedding."""
    dock = open_dock(CorrectDock, make_napari_viewer_proxy)
    labels = squares(3)
    dock.viewer.add_labels(labels.astype(np.uint16), name="mine")
    dock.session.series = EmbeddingSeries([embedding_of(labels)])
    return dock


def click_path(dock: CorrectDock, *path: tuple[float, float]) -> None:
    """Press at the first point, move over the others, release."""
    event = SimpleNamespace(position=path[0], type="mouse_press", button=1)
    steps = dock._clicked(dock._layer, event)  # type: ignore[arg-type]
    next(steps, None)
    event.type = "mouse_move"
    for point in path[1:]:
        event.position = point
        next(steps, None)
    event.type = "mouse_release"
    next(steps, None)
