"""What a person set in napari's Preferences, where napari has settings for plugins."""

from __future__ import annotations

from typing import Any, get_args

from napari_discembed.config import TilingConfig, Views

PLUGIN = "napari-discembed"


def preference(category: str, name: str, default: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a setting from the manifest's ``configurations``, or a default without them."""
    try:
        from napari.settings import get_plugin_settings
    except ImportError:  # napari before 0.9
        return default
    try:
        return getattr(getattr(get_plugin_settings(PLUGIN), category), name)
    except (AttributeError, KeyError, ValueError):
        return default


def device() -> str:
    """Return where to compute, as set in the Preferences."""
    usual = TilingConfig().device
    return str(preference("computing", "device", usual)) or usual


def tile_config() -> TilingConfig:
    """Return how images are embedded, as set in the Preferences."""
    size = int(preference("computing", "tile_size", TilingConfig().size))
    views = str(preference("computing", "views", "auto"))
    asked = {str(count): count for count in get_args(Views)}.get(views)
    return TilingConfig(size=size, device=device()).changed(views=asked)


def cluster() -> str:
    """Return where the images of a folder are done, as set in the Preferences; empty for here."""
    return str(preference("computing", "cluster", "")).strip()
