"""Annotations that outlive the viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_discembed.config import clustering_config
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave, left_over


def test_an_annotation_of_a_crashed_viewer_is_offered_once_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Autosave(tmp_path)
    labels = np.eye(4, dtype=np.uint8)
    config = clustering_config(bandwidth=1.5)
    places = {"painted": {"scale": [0.5, 0.5]}}
    saved.save(Annotation({"old": labels}, config, "generalist"))
    saved.save(Annotation({"painted": labels}, config, "generalist", places))
    assert left_over(tmp_path) == []  # this process is alive
    monkeypatch.setattr(autosave, "is_alive", lambda _pid: False)
    [(folder, found)] = left_over(tmp_path)
    assert (found.model, found.places, found.config) == ("generalist", places, config)
    assert list(found.labels) == ["painted"]
    assert (found.labels["painted"] == labels).all()
    assert len(list(folder.glob("*.npz"))) == 1
    saved.discard()
    assert left_over(tmp_path) == []


def test_a_damaged_autosave_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Autosave(tmp_path)
    saved.save(Annotation({"painted": np.eye(4, dtype=np.uint8)}))
    next(saved.folder.glob("*.npz")).write_bytes(b"half")
    monkeypatch.setattr(autosave, "is_alive", lambda _pid: False)
    assert left_over(tmp_path) == []
