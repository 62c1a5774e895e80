"""What napari sees of the plugin."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

import napari_discembed

MANIFEST = Path(napari_discembed.__file__).with_name("napari.yaml")


def test_everything_in_the_manifest_exists() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    for command in manifest["contributions"]["commands"]:
        module, name = command["python_name"].split(":")
        assert callable(getattr(import_module(module), name))


def test_the_docks_open_from_the_plugin_menu(make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    for name in ("Segment", "Fine-tune", "Correct", "Count", "Feature space", "Folder", "Track"):
        viewer.window.add_plugin_dock_widget("napari-discembed", name)
