"""Preferences."""

from __future__ import annotations

from napari_discembed.widgets.contributions.preferences import preference, tile_config


def test_without_settings_the_defaults_hold() -> None:
    assert tile_config().size == 1024
    assert preference("nothing", "of_the_kind", 3) == 3
