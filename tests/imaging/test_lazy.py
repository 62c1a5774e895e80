"""Views of arrays on disk: what they show is what numpy shows, and no more is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.imaging.lazy import LazyArray

DATA = np.arange(3 * 4 * 5).reshape(3, 4, 5)


class Watched:
    """An array that counts the elements that are read."""

    shape, dtype = DATA.shape, DATA.dtype

    def __init__(self) -> None:
        self.read = 0

    def __getitem__(self, index: tuple[int | slice, ...]) -> np.ndarray:
        found = DATA[index]
        self.read += np.asarray(found).size
        return found


def keys(n: int) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.integers(-n, n - 1),
        st.builds(slice, st.none() | st.integers(-n, n), st.none() | st.integers(-n, n),
                  st.none() | st.integers(1, 3)),
    )  # fmt: skip


@given(st.tuples(keys(3), keys(4), keys(5)), st.data())
def test_a_view_of_a_view_shows_what_numpy_shows(
    index: tuple[Any, ...], data: st.DataObject
) -> None:
    view, shown = LazyArray.of(DATA)[index], DATA[index]
    assert view.shape == np.shape(shown)
    if view.ndim and view.shape[0]:
        again = data.draw(keys(view.shape[0]))
        view, shown = view[again], shown[again]
    order = data.draw(st.permutations(range(view.ndim)))
    np.testing.assert_array_equal(np.asarray(view.transpose(order)), np.transpose(shown, order))


def test_only_what_is_shown_is_read() -> None:
    watched = Watched()
    view = LazyArray.of(watched)[1].transpose()[None, ..., 2:]
    assert watched.read == 0
    np.testing.assert_array_equal(np.asarray(view), DATA[1].T[None, ..., 2:])
    assert watched.read == 5 * 2
    assert (view.shape, view.ndim, view.size, len(view)) == ((1, 5, 2), 3, 10, 1)
    assert view.nbytes == 10 * DATA.dtype.itemsize


def test_a_new_axis_can_be_taken_away_again() -> None:
    view = LazyArray.of(DATA)[None]
    np.testing.assert_array_equal(np.asarray(view[0]), DATA)
    np.testing.assert_array_equal(np.asarray(view[:, 2]), DATA[None][:, 2])


def test_what_no_view_shows_is_read() -> None:
    view = LazyArray.of(DATA)
    np.testing.assert_array_equal(view[DATA > 7], DATA[DATA > 7])
    np.testing.assert_array_equal(view[::-1], DATA[::-1])
    assert view[0].__array__(np.float32).dtype == np.float32


@pytest.mark.parametrize("index", [3, (0, 0, 0, 0)])
def test_there_is_nothing_beyond_the_end(index: Any) -> None:
    with pytest.raises(IndexError):
        LazyArray.of(DATA)[index]
