"""Autosaved annotations: what release 0.1 wrote still opens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.config import clustering_config
from napari_discembed.session import autosave
from napari_discembed.session.autosave import CARD, Annotation, Autosave, left_over


@pytest.fixture(autouse=True)
def _no_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "is_alive", lambda _pid: False)


def test_an_annotation_of_a_crashed_viewer_is_offered_once_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "is_alive", lambda _pid: True)
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


def test_settings_and_labels_come_back(tmp_path: Path) -> None:
    config = clustering_config("hdbscan", coordinates=0.5)
    Autosave(tmp_path).save(Annotation({"painted": np.eye(4, dtype=np.uint8)}, config, "nuclei"))
    [(_, found)] = left_over(tmp_path)
    assert (found.config, found.model) == (config, "nuclei")
    np.testing.assert_array_equal(found.labels["painted"], np.eye(4))


def test_a_card_of_release_0_1_is_read_with_what_its_method_reads(tmp_path: Path) -> None:
    saved = Autosave(tmp_path)
    saved.save(Annotation({"painted": np.eye(4, dtype=np.uint8)}))
    card = json.loads((saved.folder / CARD).read_text())
    del card["config"], card["places"]
    # That release wrote every setting for every method, under another name.
    card["knobs"] = {
        "method": "greedy", "bandwidth": 1.5, "merge_margin": 1.0, "foreground_threshold": 0.4,
        "seed_threshold": 0.3, "min_size": 20, "fill_holes": True, "split_parts": False,
        "max_points": 20000, "coordinates": 0.0,
    }  # fmt: skip
    (saved.folder / CARD).write_text(json.dumps(card))
    [(_, found)] = left_over(tmp_path)
    assert found.config == clustering_config(
        "greedy", bandwidth=1.5, foreground_threshold=0.4, seed_threshold=0.3, min_size=20
    )
    assert found.places == {}


@pytest.mark.parametrize("card", ["{", "{}", '{"config": {"method": "magic"}}'])
def test_a_card_that_cannot_be_read_is_dropped(card: str, tmp_path: Path) -> None:
    saved = Autosave(tmp_path)
    saved.save(Annotation({"painted": np.eye(4, dtype=np.uint8)}))
    (saved.folder / CARD).write_text(card)
    assert left_over(tmp_path) == []
    assert not saved.folder.exists()


def test_damaged_labels_are_dropped(tmp_path: Path) -> None:
    saved = Autosave(tmp_path)
    saved.save(Annotation({"painted": np.eye(4, dtype=np.uint8)}))
    next(saved.folder.glob("*.npz")).write_bytes(b"half")
    assert left_over(tmp_path) == []
