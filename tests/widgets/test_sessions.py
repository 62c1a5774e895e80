"""One session a viewer."""

from __future__ import annotations

from typing import Any

from napari_discembed.widgets.sessions import session_of


def test_two_viewers_share_nothing(make_napari_viewer_proxy: Any) -> None:
    first, second = make_napari_viewer_proxy(), make_napari_viewer_proxy()
    assert session_of(first) is not session_of(second)
    assert session_of(first) is session_of(first)
