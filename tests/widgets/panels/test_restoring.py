"""What was painted before a crash is offered back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.config import (
    clustering_config,
)
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import BACKGROUND, FRAMES
from napari_discembed.widgets.panels import restoring
from napari_discembed.widgets.sessions import save_annotation, session_of

from ..conftest import embedding_of, open_dock, squares


def test_what_was_painted_is_saved_and_offered_after_a_crash(
    make_napari_viewer_proxy: Any, monkeypatch: pytest.MonkeyPatch, told: list[str], tiny: str
) -> None:
    viewer = make_napari_viewer_proxy()
    place = {"scale": (0.5, 0.25), "translate": (3, 4), "units": ("um", "um"), "rotate": 20}
    viewer.add_labels(squares(2), name="painted", metadata={FRAMES: "", BACKGROUND: 9}, **place)
    viewer.add_labels(np.zeros((5, 5), int), name="empty")
    session = session_of(viewer)
    session.config, session.model = clustering_config(bandwidth=3.3), tiny
    save_annotation(session, viewer)
    session.autosave.wait()
    assert len(list(session.autosave.root.glob("*/annotation.json"))) == 1
    with monkeypatch.context() as crash:
        crash.setattr(autosave, "is_in_use", lambda _folder: False)
        dock = open_dock(SegmentDock, make_napari_viewer_proxy)
        banner = restoring.RestoreBanner(dock)
    assert "painted" in banner.words.text()
    banner.restore()
    (layer,) = dock.viewer.layers
    assert (layer.name, list(layer.scale), str(layer.units[0])) == (
        "painted", [0.5, 0.25], "micrometer",
    )  # fmt: skip
    assert (layer.metadata[FRAMES], layer.metadata[BACKGROUND]) == ("", 9)
    before = viewer.layers["painted"].data_to_world((3, 7))
    np.testing.assert_allclose(layer.data_to_world((3, 7)), before)
    assert dock.embed.model.model() == tiny
    recommended = clustering_config(bandwidth=1.0)
    dock.session.series = EmbeddingSeries([embedding_of(squares(2))], config=recommended)
    assert dock.session.config.bandwidth == 3.3
    dock.session.autosave.wait()
    # What was taken back is saved as this viewer's, and the old one gone.
    assert not session.autosave.folder.exists()
    assert dock.session.autosave.folder.exists()
    banner._offer()
    assert banner.isHidden()


def test_a_closed_dock_forgets_its_autosave(make_napari_viewer_proxy: Any, tiny: str) -> None:
    viewer = make_napari_viewer_proxy()
    dock = SegmentDock(viewer)
    viewer.window.add_dock_widget(dock)
    dock.session.autosave = Autosave()
    dock.session.autosave.save(Annotation({"painted": squares(2)}))
    folder = dock.session.autosave.folder
    viewer.window.remove_dock_widget(dock)
    assert not folder.exists()
