"""The heap is kept while it is needed, and given back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from napari_discembed import heap


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return what a C library is told."""
    said: list[tuple[int, ...]] = []

    def telling(*start: int) -> Callable[..., None]:
        return lambda *values: said.append((*start, *values))

    library = SimpleNamespace(mallopt=telling(), malloc_trim=telling(99))
    monkeypatch.setattr(heap, "_glibc", lambda: library)
    return said


def test_who_comes_first_keeps_the_heap_and_who_goes_last_gives_it_back(
    told: list[tuple[int, ...]],
) -> None:
    first, second = heap.kept_heap(), heap.kept_heap()
    first.__enter__()
    begun = [(-8, 1), (-3, 2**30), (-1, 2**31 - 1)]
    assert told == begun
    second.__enter__()
    first.__exit__(None, None, None)
    assert told == begun
    second.__exit__(None, None, None)
    assert told == [*begun, (-3, 2**25), (-1, 2**26), (99, 0)]


def test_the_heap_is_given_back_after_an_error(told: list[tuple[int, ...]]) -> None:
    with pytest.raises(KeyError), heap.kept_heap():
        raise KeyError
    assert told[-1] == (99, 0)
    with heap.kept_heap():
        assert told[-1] == (-1, 2**31 - 1)


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_glibc", lambda: None)
    with heap.kept_heap():
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is of Linux")
def test_a_block_that_was_freed_is_used_again_without_new_pages() -> None:
    import ctypes
    import resource

    libc = heap._glibc()
    if libc is None:
        pytest.skip("another C library")
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]

    def pages() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(5):
            block = libc.malloc(2**26)
            ctypes.memset(block, 1, 2**26)
            libc.free(block)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    given_back = pages()
    with heap.kept_heap():
        pages()  # the first time they are new here as well
        kept = pages()
    assert kept < given_back / 2
    assert pages() > given_back / 2
