"""Views of a large image: as the whole, each piece once, refused where they are too large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from napari_discembed import pipeline
from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.inference.blocks import BlockEmbedder
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.session import viewing
from napari_discembed.session.viewing import Viewing, is_large, middle_of, rectangles, view_box
from napari_discembed.types import Axes, Image


@pytest.fixture(scope="module")
def model() -> Model:
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
    return Model(EmbeddingNet(config), ModelCard(name="tiny", config=config))


@pytest.fixture(scope="module")
def image() -> Image:
    pixels = np.random.default_rng(0).integers(0, 255, (700, 900)).astype(np.uint8)
    return Image(pixels, Axes("YX"), (0.5, 0.5), "micrometer")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[int, int], ...]]:
    """Return the windows that are embedded, as they come."""
    seen: list[tuple[tuple[int, int], ...]] = []
    embed = BlockEmbedder.embed

    def noted(self: BlockEmbedder, window: tuple[slice, ...]) -> Any:
        seen.append(tuple((w.start, w.stop) for w in window))
        return embed(self, window)

    monkeypatch.setattr(BlockEmbedder, "embed", noted)
    return seen


def test_a_view_is_embedded_as_the_whole_image_is(image: Image, model: Model) -> None:
    whole = run(pipeline.embed(image, model, diameter=16))
    series = run(Viewing(image, model, 16.0).embed((slice(230, 400), slice(300, 610))))
    assert series.corner is not None
    y, x = (int(c) for c in series.corner)
    assert y <= 230 - 16
    assert x <= 300 - 16
    part = series[0]
    height, width = part.shape
    assert part.image_shape == part.shape
    assert (y + height >= 400 + 16, x + width >= 610 + 16) == (True, True)
    for name, found in part.maps.items():
        wanted = whole.maps[name][:, y : y + height, x : x + width]
        np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert (part.pixel_size, part.unit) == ((0.5, 0.5), "micrometer")


def test_only_what_newly_comes_into_view_is_embedded(
    image: Image, model: Model, windows: list[Any]
) -> None:
    views = Viewing(image, model, 16.0)
    run(views.embed((slice(20, 200), slice(20, 200))))
    assert windows == [((0, 256), (0, 256))]
    run(views.embed((slice(20, 200), slice(40, 220))))
    assert len(windows) == 1
    run(views.embed((slice(20, 200), slice(100, 300))))
    assert windows[1:] == [((0, 256), (256, 512))]
    run(views.embed((slice(0, 700), slice(300, 900))))
    assert windows[2:] == [((0, 700), (512, 900)), ((256, 700), (256, 512))]


def test_pieces_used_long_ago_are_embedded_again(
    image: Image, model: Model, windows: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "MOST_BYTES", 1)
    views = Viewing(image, model, 16.0)
    for x in (0, 600, 0):
        run(views.embed((slice(0, 100), slice(x, x + 100))))
    assert windows == [((0, 256), (0, 256)), ((0, 256), (512, 768)), ((0, 256), (0, 256))]


def test_pixels_that_are_not_in_view_stay_unread(model: Model) -> None:
    read: list[int] = []

    class OnDisk:
        shape, dtype = (3000, 4000), np.dtype(np.uint8)

        def __getitem__(self, index: Any) -> Any:
            found = np.broadcast_to(np.uint8(7), self.shape)[index]
            read.append(found.size)
            return found

    image = Image(LazyArray.of(OnDisk()), Axes("YX"))  # type: ignore[arg-type]
    run(Viewing(image, model, 16.0).embed((slice(1000, 1200), slice(1000, 1200))))
    assert sum(read) < 0.3 * 3000 * 4000  # intensities: every third pixel of each axis


def test_the_grid_decides_what_is_too_large(image: Image, model: Model) -> None:
    views = Viewing(image, model, 16.0)
    run(views.embed((slice(0, 50), slice(0, 50))))
    assert views.fits((slice(0, 2048), slice(0, 2048)))
    assert not views.fits((slice(0, 2048), slice(0, 2100)))
    coarse = Viewing(image, model, 32.0)  # objects are seen at half their size
    run(coarse.embed((slice(0, 50), slice(0, 50))))
    assert coarse.fits((slice(0, 4000), slice(0, 4000)))
    with pytest.raises(InputError, match=r"2048 x 2100 pixels, more than .* Zoom in"):
        run(views.embed((slice(0, 2048), slice(0, 2100))))


def test_the_corner_is_in_pixels_of_the_image(image: Image, model: Model) -> None:
    series = run(Viewing(image, model, 32.0).embed((slice(300, 400), slice(400, 500))))
    part = series[0]
    assert part.image_shape == tuple(2 * n for n in part.shape)
    assert series.corner == tuple(2 * (c // 2) for c in series.corner or ())


def test_the_size_is_estimated_on_the_view_once(
    image: Image, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_discembed import inference

    asked: list[tuple[int, ...]] = []

    def estimate(_model: Model, part: Image, **_more: Any) -> Any:
        asked.append(part.shape)
        yield from ()
        return inference.ScaleEstimate(20.0, None)

    monkeypatch.setattr(inference, "estimate_scale", estimate)
    views = Viewing(image, model)
    for x in (0, 300):
        run(views.embed((slice(0, 200), slice(x, x + 300))))
    assert asked == [(200, 300)]
    assert views.diameter == 20.0


def test_a_view_that_is_cancelled_keeps_what_it_has(
    image: Image, model: Model, windows: list[Any]
) -> None:
    views = Viewing(image, model, 16.0)
    view = (slice(0, 700), slice(300, 900))
    run(views.embed((slice(0, 100), slice(300, 400))))  # two of nine pieces, the rest in an L
    job = views.embed(view)
    while len(windows) < 3:
        next(job)
    job.close()
    run(views.embed(view))
    assert len(windows) == 4  # the second rectangle again, and not the first


def test_large_is_a_plane_of_many_pixels() -> None:
    def of(shape: tuple[int, ...], axes: str) -> Image:
        return Image(np.broadcast_to(np.uint8(0), shape), Axes(axes))

    assert is_large(of((3000, 3000), "YX"), multiscale=True)
    assert is_large(of((3000, 3000, 3), "YXC"), multiscale=True)
    assert not is_large(of((2000, 2000), "YX"), multiscale=True)
    assert not is_large(of((3000, 3000), "YX"), multiscale=False)
    assert is_large(of((9000, 9000), "YX"), multiscale=False)
    assert not is_large(of((3, 3000, 3000), "TYX"), multiscale=True)
    assert not is_large(of((3, 3000, 3000), "ZYX"), multiscale=True)


def test_pieces_are_covered_by_few_rectangles() -> None:
    cells = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (0, 3)]
    assert rectangles(cells) == [((0, 0), (1, 1)), ((0, 3), (0, 3)), ((2, 1), (2, 1))]
    assert rectangles([]) == []


def test_a_view_is_cut_to_the_image() -> None:
    assert view_box(np.array([[-3.2, 4.6], [8.1, 30.0]]), (10, 20)) == (slice(0, 10), slice(4, 20))
    assert view_box(np.array([[20.0, 0.0], [30.0, 5.0]]), (10, 20)) is None


def test_the_middle_of_a_view_is_of_a_side_at_most() -> None:
    assert middle_of((slice(100, 200), slice(0, 30)), 40) == (slice(130, 170), slice(0, 30))
