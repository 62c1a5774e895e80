"""Words for people."""

from __future__ import annotations

from napari_discembed.text import pluralize


def test_one_thing_is_not_told_as_several() -> None:
    assert [pluralize(n, "image") for n in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
