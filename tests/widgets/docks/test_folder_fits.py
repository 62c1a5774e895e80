"""No text of the Folder dock is clipped, however narrow it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QApplication

from napari_discembed.widgets.docks.folder import FolderDock

from ..test_fits import clipped


@pytest.mark.parametrize("width", [240, 340, 500])
def test_the_texts_of_an_open_folder_have_their_room(
    width: int, make_napari_viewer_proxy: Any, qtbot: Any, tmp_path: Path, told: list[str]
) -> None:
    folder = tmp_path / "a folder with a rather long name"
    folder.mkdir()
    for name in ("a picture with a name as long.tif", "b.tif"):
        tifffile.imwrite(folder / name, np.zeros((24, 72), np.uint8))
    dock = FolderDock(make_napari_viewer_proxy())
    qtbot.addWidget(dock)
    dock.strip.hide()  # it has tests of its own
    dock.resize(width, 700)
    dock.show()
    QApplication.processEvents()
    assert clipped(dock) == []
    dock.open(folder)
    qtbot.waitUntil(lambda: dock.work.shown is not None)
    dock.counts.expand(animate=False)
    dock.refresh()
    QApplication.processEvents()
    assert dock.width() == width
    assert clipped(dock) == []
