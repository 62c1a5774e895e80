"""Drawn movies: what is the same object keeps its number."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.datasets.synthetic import (
    DividingConfig,
    GrowingConfig,
    draw_dividing,
    draw_growing,
    generate_movies,
)
from napari_discembed.errors import InputError

SMALL = DividingConfig(size=160, frames=12, fewest=12, most=16, cycle=(8, 12))


def test_the_same_seed_draws_the_same_movie() -> None:
    first, again = (draw_dividing(np.random.default_rng(5), SMALL) for _ in range(2))
    assert (first.frames == again.frames).all()
    assert (first.tracks.labels == again.tracks.labels).all()


def test_cells_divide_in_two_and_their_daughters_begin_where_they_were() -> None:
    movie = draw_dividing(np.random.default_rng(1), SMALL)
    table = movie.tracks.table
    assert movie.frames.shape == (12, 160, 160)
    assert movie.frames.dtype == np.uint8
    assert movie.tracks.counts()["divisions"].sum() >= 8
    assert max(map(len, table.children().values())) == 2
    ends = dict(zip(table.ids.tolist(), table.ends.tolist(), strict=True))
    for number, begin, _, parent in table.rows():
        if parent:
            assert begin > ends[parent]
            before = movie.tracks.labels[begin - 1] == parent
            now = movie.tracks.labels[begin] == number
            if begin == ends[parent] + 1 and now.sum() > 100:
                assert (before & now).sum() > 0.2 * now.sum()


def test_cells_touch_and_move_moderately() -> None:
    movie = draw_dividing(np.random.default_rng(2), SMALL)
    labels = movie.tracks.labels
    side_by_side = (labels[:, :, 1:] != labels[:, :, :-1]) & (
        labels[:, :, 1:] * labels[:, :, :-1] > 0
    )
    assert side_by_side.any()
    kept = (labels[1:] == labels[:-1]) & (labels[1:] > 0)
    assert kept.sum() > 0.4 * (labels[1:] > 0).sum()


@pytest.mark.parametrize("look", ["fluorescence", "phase"])
def test_cells_stand_out(look: str) -> None:
    movie = draw_dividing(np.random.default_rng(3), SMALL.changed(look=look))
    inside = movie.tracks.labels > 0
    difference = movie.frames[inside].mean() - movie.frames[~inside].mean()
    assert difference > 20 if look == "fluorescence" else difference < -20


def test_leaves_keep_their_numbers_grow_and_new_ones_appear() -> None:
    config = GrowingConfig(size=128, frames=8, fewest=5, most=5, plastochron=(1, 1))
    movie = draw_growing(np.random.default_rng(1), config)
    counts = movie.tracks.counts()
    assert movie.frames.shape == (8, 128, 128, 3)
    assert counts["objects"][-1] > counts["objects"][0]
    assert not movie.tracks.table.parents.any()
    first, last = movie.tracks.labels[0], movie.tracks.labels[-1]
    assert (last > 0).sum() > 1.3 * (first > 0).sum()
    kept = np.unique(first[first > 0])
    assert np.isin(kept, last).mean() > 0.7


def test_leaves_stay_where_they_are_from_day_to_day() -> None:
    movie = draw_growing(np.random.default_rng(2), GrowingConfig(size=128, frames=4))
    for before, now in zip(movie.tracks.labels, movie.tracks.labels[1:], strict=False):
        same = (before == now) & (before > 0)
        assert same.sum() > 0.5 * (before > 0).sum()


def test_what_cannot_be_drawn_is_told() -> None:
    with pytest.raises(InputError, match="Expected one of dividing, growing"):
        next(generate_movies("cells", 1))
    with pytest.raises(InputError, match="Expected a GrowingConfig"):
        next(generate_movies("growing", 1, config=DividingConfig()))
