"""A large image in the Segment dock: objects where one looks, and those of the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_discembed.session import viewing
from napari_discembed.session.slide_process import segment_slide
from napari_discembed.session.slides import SlideRequest, free_label_name
from napari_discembed.widgets.contributions.slides import slide_reader
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers.metadata import CORNER
from napari_discembed.widgets.layers.pyramids import slide_layers, stored_path
from napari_discembed.widgets.panels import large_view
from napari_discembed.widgets.panels.large_view import ZOOM_IN

from ..conftest import Wait, camera_of

Write = Callable[..., Path]


@pytest.fixture
def store(write_ome_zarr: Write, tmp_path: Path) -> Path:
    """Return a store of squares, one every 24 pixels."""
    y, x = np.mgrid[:512, :600] % 24
    pixels = ((y < 14) & (x < 14)).astype(np.uint8) * 180
    pixels += np.random.default_rng(0).integers(0, 30, pixels.shape, dtype=np.uint8)
    return write_ome_zarr(tmp_path / "slide.zarr", pixels, chunks=128, levels=2, scale=(0.5, 0.5))


@pytest.fixture
def seen(dock: SegmentDock, monkeypatch: pytest.MonkeyPatch) -> list[viewing.Box | None]:
    """Take small images for large; return what the canvas shows, the last of the list."""
    monkeypatch.setattr(viewing, "LARGE", 10_000)
    monkeypatch.setattr(large_view, "SETTLED", 1)
    dock.embed.large._soon.setInterval(1)
    boxes: list[viewing.Box | None] = [(slice(100, 180), slice(200, 300))]
    monkeypatch.setattr(large_view, "box_in_view", lambda _layer: boxes[-1])
    return boxes


@pytest.fixture
def looked(
    dock: SegmentDock, store: Path, seen: list[viewing.Box | None], wait: Wait
) -> SegmentDock:
    """Return the dock when it has found what is in view."""
    for data, about, kind in slide_layers(store):
        assert kind == "image"
        dock.viewer.add_image(data, **about)
    dock.embed.diameter.setValue(16)
    dock.session.config = dock.session.config.model_copy(update={"object_threshold": 0.0})
    dock.embed.embed()
    settle(dock, wait)
    return dock


def settle(dock: SegmentDock, wait: Wait) -> None:
    wait(lambda: dock.session.series is not None and not dock.embed.large.is_busy)
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)


def move(dock: SegmentDock) -> None:
    camera_of(dock).center = tuple(c + 1 for c in camera_of(dock).center)


def test_a_store_opens_as_a_pyramid_with_its_place(store: Path) -> None:
    reader = slide_reader(str(store))
    assert reader is not None
    (data, about, kind) = reader(str(store))[0]
    assert [level.shape for level in data] == [(512, 600), (256, 300)]
    assert (kind, about["multiscale"], about["scale"]) == ("image", True, [0.5, 0.5])
    assert about["units"] == ["micrometer"] * 2
    assert about["axis_labels"] == ["y", "x"]
    assert slide_reader(str(store.parent)) is None


def test_objects_lie_where_one_looks(looked: SegmentDock) -> None:
    series, preview = looked.session.series, looked.objects.preview()
    assert series is not None
    assert preview is not None
    assert series.corner is not None
    y, x = series.corner
    assert y <= 100 - 16
    assert x <= 200 - 16
    assert preview.data.shape == series[0].image_shape
    np.testing.assert_allclose(preview.translate, [y / 2, x / 2])


def test_what_comes_into_view_is_found_and_the_settings_stay(
    looked: SegmentDock, seen: list[viewing.Box | None], wait: Wait
) -> None:
    looked.objects.set_bandwidth(2.5)
    first = looked.session.series
    seen.append((slice(110, 170), slice(210, 290)))  # within what is embedded
    move(looked)
    settle(looked, wait)
    assert looked.session.series is first
    seen.append((slice(300, 380), slice(400, 500)))
    move(looked)
    wait(lambda: looked.session.series is not first)
    settle(looked, wait)
    series, preview = looked.session.series, looked.objects.preview()
    assert series is not None
    assert preview is not None
    assert series.corner is not None
    wait(lambda: bool(np.allclose(preview.translate, np.array(series.corner) / 2)))
    assert getattr(looked.session.config, "bandwidth", None) == 2.5
    assert [layer.name for layer in looked.viewer.layers].count("slide | objects") == 1


def test_from_far_away_one_is_told_to_zoom_in(
    looked: SegmentDock, seen: list[viewing.Box | None], wait: Wait, monkeypatch: Any
) -> None:
    monkeypatch.setattr(viewing, "MOST_SIDE", 128)
    first = looked.session.series
    seen.append((slice(0, 512), slice(0, 600)))
    move(looked)
    wait(lambda: looked.embed.large.words.text() == ZOOM_IN)
    assert looked.session.series is first  # what was found stays
    seen.append(None)
    looked.embed.large.look()  # nothing of the image is in view
    assert looked.session.series is first


def test_a_commit_is_a_layer_of_the_part_and_another_part_takes_another(
    looked: SegmentDock, seen: list[viewing.Box | None], wait: Wait
) -> None:
    looked.commit()
    first = looked.target.layer()
    corner = first.metadata[CORNER]
    np.testing.assert_allclose(first.translate, np.array(corner) / 2)
    seen.append((slice(300, 380), slice(200, 300)))
    before = looked.session.series
    move(looked)
    wait(lambda: looked.session.series is not before)
    settle(looked, wait)
    assert looked.target.layer() is None
    looked.target.choose(first)  # by hand: of the same shape, and elsewhere
    looked.commit()
    assert np.array_equal(first.metadata[CORNER], corner)
    looked.target.choose(None)
    looked.commit()
    assert looked.target.layer() is not first


def test_another_image_ends_it(looked: SegmentDock) -> None:
    other = looked.viewer.add_image(np.zeros((50, 50), np.uint8), name="small")
    looked.embed.image.choose(other)
    assert looked.embed.large.diameter() is None
    assert looked.embed.large.whole.isHidden()


def test_the_whole_is_found_beside_and_shown_as_a_pyramid(
    looked: SegmentDock, store: Path, wait: Wait, told: list[str], monkeypatch: Any
) -> None:
    asked: list[SlideRequest] = []

    class Here:
        def __init__(self, request: SlideRequest) -> None:
            asked.append(request)
            self.job = lambda: segment_slide(request.model_dump_json())

        def stop(self) -> None:
            raise AssertionError

    monkeypatch.setattr(SlideRequest, "remote", lambda self: Here(self))
    whole = looked.embed.large.whole
    whole.find()
    wait(lambda: not whole.is_busy)
    assert (store / "labels" / "discembed").is_dir()
    assert [(a.diameter, a.label_name) for a in asked] == [(16.0, "discembed")]
    layer = looked.viewer.layers["slide discembed"]
    assert layer.multiscale
    assert list(layer.scale) == [0.5, 0.5]
    assert told[-1].endswith("labels/discembed.")
    assert free_label_name(store) == "discembed-2"
    assert [kind for _, _, kind in slide_layers(store)] == ["image", "labels"]


def test_the_whole_of_what_is_in_no_store_says_what_to_do(
    dock: SegmentDock, seen: list[viewing.Box | None], wait: Wait, told: list[str]
) -> None:
    levels = [np.zeros((400, 400), np.uint8), np.zeros((200, 200), np.uint8)]
    layer = dock.viewer.add_image(levels, name="pyramid", multiscale=True)
    assert stored_path(layer) is None
    dock.embed.diameter.setValue(16)
    dock.embed.embed()
    dock.embed.large.whole.find()
    assert "Zoom in and find the objects of a part first" in told[-1]
    settle(dock, wait)
    dock.embed.large.whole.find()
    assert "is in no OME-Zarr store" in told[-1]
