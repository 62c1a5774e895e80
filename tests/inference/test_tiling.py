from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.inference.tiling import (
    Grid,
    Tile,
    batches,
    core_sides,
    padded_indices,
    plan,
    sides,
)

shapes = st.one_of(
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40)),
)


def covered(tiles: list[Tile], shape: tuple[int, ...]) -> np.ndarray:
    times = np.zeros(shape, int)
    for tile in tiles:
        times[tile.core] += 1
    return times


@given(shapes, st.sampled_from([1, 2, 4, 8]), st.integers(0, 40), st.integers(32, 128))
def test_the_cores_cover_the_padded_grid_once(
    shape: tuple[int, ...], stride: int, radius: int, size: int
) -> None:
    grid = Grid(shape, stride, radius)
    assert (covered(plan(grid, size), grid.padded) == 1).all()


@given(shapes, st.sampled_from([1, 2, 4, 8]), st.integers(0, 40), st.integers(32, 128))
def test_every_window_is_aligned_and_reaches_past_its_core(
    shape: tuple[int, ...], stride: int, radius: int, size: int
) -> None:
    grid = Grid(shape, stride, radius)
    for tile in plan(grid, size):
        for window, core, n in zip(tile.window, tile.core, grid.padded, strict=True):
            assert window.start % stride == window.stop % stride == 0
            assert window.start == 0 or core.start - window.start >= radius
            assert window.stop == n or window.stop - core.stop >= radius


@given(shapes, st.sampled_from([1, 2, 4, 8]), st.integers(32, 128))
def test_no_core_is_much_larger_than_was_asked_for(
    shape: tuple[int, ...], stride: int, size: int
) -> None:
    lengths = core_sides(Grid(shape, stride, 10), size)
    assert prod(length - stride + 1 for length in lengths) <= size**2 * 1.001


def test_an_image_smaller_than_a_tile_is_one_tile_without_halo() -> None:
    (tile,) = plan(Grid((30, 45), 4, 20), 64)
    assert tile.core == tile.window == (slice(0, 32), slice(0, 48))
    assert tile.target == tile.crop == (slice(0, 30), slice(0, 45))


def test_a_flat_volume_is_not_cut_along_its_short_axis() -> None:
    # 8 planes leave 1024 * 1024 / 8 pixels for Y and X: 362 x 362.
    lengths = core_sides(Grid((8, 1024, 1024), 4, 20), 1024)
    assert lengths == (8, 344, 344)


def test_a_flat_volume_is_flat_along_any_axis() -> None:
    assert core_sides(Grid((1024, 1024, 8), 4, 20), 1024) == (344, 344, 8)
    assert core_sides(Grid((1024, 8, 1024), 4, 20), 1024) == (344, 8, 344)


@pytest.mark.parametrize("shape", [(64, 64), (64, 32), (16, 16, 16)])
def test_an_image_of_just_the_size_of_a_tile_is_not_cut(shape: tuple[int, ...]) -> None:
    assert core_sides(Grid(shape, 4, 20), 64) == shape


def test_a_tile_in_the_middle_has_its_halo_on_both_sides() -> None:
    # The radius of 5 is rounded up to 8; the image of 46 columns ends within the last core.
    grid = Grid((16, 46), 4, 5)
    middle = Tile((slice(0, 16), slice(16, 32)), grid)
    assert middle.window == (slice(0, 16), slice(8, 40))
    assert middle.target == (slice(0, 16), slice(16, 32))
    assert middle.crop == (slice(0, 16), slice(8, 24))
    last = Tile((slice(0, 16), slice(32, 48)), grid)
    assert last.window == (slice(0, 16), slice(24, 48))
    assert last.target == (slice(0, 16), slice(32, 46))
    assert last.crop == (slice(0, 16), slice(8, 22))


def test_the_largest_windows_come_first() -> None:
    lengths = [sides(tile.window) for tile in plan(Grid((200, 200), 4, 10), 64)]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) > 1


def test_batches_are_as_full_as_can_be() -> None:
    # Four cores of 32 columns: windows of 40, 48, 48 and 40.
    tiles = plan(Grid((32, 128), 4, 8), 32)
    assert [sides(tile.window)[1] for tile in tiles] == [48, 48, 40, 40]
    assert [len(batch) for batch in batches(tiles, 2)] == [2, 2]
    assert [len(batch) for batch in batches(tiles, 8)] == [2, 2]
    assert [len(batch) for batch in batches(tiles, 1)] == [1, 1, 1, 1]


def test_tiles_are_nearly_equal() -> None:
    assert core_sides(Grid((1032, 1032), 8, 20), 1024) == (520, 520)


def test_a_tile_is_cut_across_its_longest_side() -> None:
    tile = Tile((slice(0, 8), slice(16, 36)), Grid((8, 64), 4, 4))
    first, second = tile.halves()
    assert first.core == (slice(0, 8), slice(16, 28))
    assert second.core == (slice(0, 8), slice(28, 36))


def test_a_volume_is_cut_across_its_longest_side_alone() -> None:
    tile = Tile((slice(0, 16), slice(4, 12), slice(0, 4)), Grid((16, 16, 8), 4, 4))
    first, second = tile.halves()
    assert first.core == (slice(0, 8), slice(4, 12), slice(0, 4))
    assert second.core == (slice(8, 16), slice(4, 12), slice(0, 4))


def test_a_tile_of_one_stride_is_not_cut() -> None:
    tile = Tile((slice(0, 4), slice(4, 8)), Grid((8, 8), 4, 4))
    assert tile.halves() == [tile]


@given(shapes, st.integers(1, 5))
def test_a_batch_holds_windows_of_one_shape(shape: tuple[int, ...], size: int) -> None:
    tiles = plan(Grid(shape, 4, 10), 32)
    grouped = batches(tiles, size)
    assert [tile for batch in grouped for tile in batch] == tiles
    assert all(len(batch) <= size for batch in grouped)
    assert all(len({sides(tile.window) for tile in batch}) == 1 for batch in grouped)


@pytest.mark.parametrize(
    ("n", "padded", "expected"),
    [
        (6, 8, [4, 5, 4, 3]),  # mirrored about pixel 5
        (5, 8, [4, 3, 2, 1]),
        (4, 8, [3, 3, 3, 3]),  # no pixel 4 before the first to be mirrored
    ],
)
def test_the_padding_mirrors_the_image(n: int, padded: int, expected: list[int]) -> None:
    indices = padded_indices(slice(4, 8), n, padded)
    assert indices.tolist() == expected
    assert indices.dtype == np.intp


def test_an_image_shorter_than_its_padding_repeats_its_edge() -> None:
    assert padded_indices(slice(0, 8), 2, 8).tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
