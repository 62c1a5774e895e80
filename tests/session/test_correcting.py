"""How many corrections images needed, and what they say."""

from __future__ import annotations

import numpy as np

from napari_discembed.session.correcting import Correcting


def row(text: str) -> np.ndarray:
    """Return a row of pixels, a digit each."""
    return np.array([int(x) for x in text], np.uint16)[None]


def begun(found: np.ndarray, n_frames: int = 0) -> Correcting:
    """Return the corrections of one image, called ``"a"``."""
    correcting = Correcting()
    correcting.begin("a", "cells", found, n_frames)
    return correcting


def test_what_was_undone_is_no_correction() -> None:
    one = begun(row("1101022")).of("a")
    assert one is not None
    assert one.count(row("1101000")).total == 1
    assert one.count(row("1101022")).total == 0


def test_finding_objects_that_was_undone_corrects_none() -> None:
    one = begun(row("1101022")).of("a")
    assert one is not None
    assert one.count(row("0000000")).total == 0
    assert one.known(row("0000000")).says_nothing


def test_an_image_that_nobody_looked_at_tells_nothing() -> None:
    correcting = begun(row("11022"))
    assert correcting.told() == []
    correcting.check("a", True)
    assert [key for key, _ in correcting.told()] == ["a"]
    correcting.begin("a", "cells", row("11022"))  # found anew, with another model
    assert correcting.told() == []
    correcting.accept("a", (), 2)
    assert [key for key, _ in correcting.told()] == ["a"]


def test_frames_are_corrected_one_by_one() -> None:
    found = np.stack([row("1100"), row("1100")])
    now = np.stack([row("0000"), row("1100")])
    correcting = begun(found, n_frames=1)
    correcting.accept("a", (1,), 1)
    one = correcting.of("a")
    assert one is not None
    assert one.count(now).deleted == 1
    known = one.known(now)
    # The object of the first frame is gone, so its place is background; the other is right, and
    # what lies beside it none.
    assert known.labels.tolist() == [[[3, 3, 0, 0]], [[1, 1, 3, 3]]]
    assert known.background == 3


def test_objects_found_beside_corrected_ones_are_no_corrections() -> None:
    correcting = begun(row("1100000"))
    before, after = row("3300000"), row("3300440")  # 1 was renumbered, 4 found later
    correcting.add("a", before, after)
    one = correcting.of("a")
    assert one is not None
    assert one.count(after).total == 0
    assert one.count(row("3300000")).deleted == 1


def test_a_change_is_told_once() -> None:
    correcting, told = begun(row("1100")), []
    correcting.changed.connect(told.append)
    one = correcting.of("a")
    assert one is not None
    for _ in range(2):
        correcting.count("a", one.count(row("0011")))
        correcting.check("a", True)
    assert told == ["a", "a"]
