"""Preferences."""

from __future__ import annotations

import pytest

from napari_discembed.widgets.contributions import preferences
from napari_discembed.widgets.contributions.preferences import preference, tile_config


def test_without_settings_the_defaults_hold() -> None:
    assert tile_config().size == 1024
    assert preference("nothing", "of_the_kind", 3) == 3


@pytest.mark.parametrize(("asked", "views"), [("auto", None), ("1", 1), ("3", 3)])
def test_views_are_the_models_unless_somebody_asks(
    monkeypatch: pytest.MonkeyPatch, asked: str, views: int | None
) -> None:
    answers = {"views": asked}
    monkeypatch.setattr(
        preferences, "preference", lambda _category, name, default: answers.get(name, default)
    )
    assert tile_config().views == views
