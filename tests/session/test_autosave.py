"""Autosaved annotations: nothing is lost, whatever became of the files and of the viewer."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.checksums import KEY, sealed
from napari_discembed.config import DensityConfig, clustering_config
from napari_discembed.session import autosave
from napari_discembed.session.annotation_files import Stopped, write_labels
from napari_discembed.session.autosave import CARD, Annotation, Autosave, is_in_use, left_over

EYE = np.eye(4, dtype=np.uint8)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every viewer for crashed."""
    monkeypatch.setattr(autosave, "is_in_use", lambda _folder: False)


def crashed(root: Path, name: str = "painted") -> Path:
    """Return the folder of an annotation of one layer."""
    saved = Autosave(root)
    saved.save(Annotation({name: EYE}))
    return saved.folder


def rewrite(folder: Path, **changes: object) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(sealed({**card, **changes})))


def test_an_annotation_of_a_crashed_viewer_is_offered_once_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Autosave(tmp_path)
    config = clustering_config(bandwidth=1.5)
    places = {"painted": {"scale": [0.5, 0.5]}}
    saved.save(Annotation({"old": EYE}, config, "generalist"))
    saved.save(Annotation({"painted": EYE}, config, "generalist", places))
    assert left_over(tmp_path) == []  # this process is alive
    monkeypatch.setattr(autosave, "is_in_use", lambda _folder: False)
    [(folder, found)] = left_over(tmp_path)
    assert (found.model, found.places, found.config) == ("generalist", places, config)
    assert list(found.labels) == ["painted"]
    assert (found.labels["painted"] == EYE).all()
    assert len(list(folder.glob("*.npz"))) == 1
    saved.discard()
    assert left_over(tmp_path) == []


@pytest.mark.usefixtures("dead")
def test_settings_and_labels_come_back(tmp_path: Path) -> None:
    config = clustering_config("hdbscan", coordinates=0.5)
    Autosave(tmp_path).save(Annotation({"painted": EYE}, config, "nuclei"))
    [(_, found)] = left_over(tmp_path)
    assert (found.config, found.model) == (config, "nuclei")
    np.testing.assert_array_equal(found.labels["painted"], EYE)


@pytest.mark.usefixtures("dead")
def test_a_card_of_release_0_1_is_read_with_what_its_method_reads(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    card = json.loads((folder / CARD).read_text())
    del card["config"], card["places"], card[KEY]
    # That release wrote every setting for every method, under another name.
    card["knobs"] = {
        "method": "greedy", "bandwidth": 1.5, "merge_margin": 1.0, "foreground_threshold": 0.4,
        "seed_threshold": 0.3, "min_size": 20, "fill_holes": True, "split_parts": False,
        "max_points": 20000, "coordinates": 0.0,
    }  # fmt: skip
    (folder / CARD).write_text(json.dumps(card))
    [(_, found)] = left_over(tmp_path)
    assert found.config == clustering_config(
        "greedy", bandwidth=1.5, foreground_threshold=0.4, seed_threshold=0.3, min_size=20
    )
    assert found.places == {}


@pytest.mark.usefixtures("dead")
def test_what_another_release_writes_besides_costs_no_labels(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    rewrite(folder, lasso=3, config={"method": "magic", "power": 9000})
    [(_, found)] = left_over(tmp_path)
    assert found.config == DensityConfig()
    assert (found.labels["painted"] == EYE).all()


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize(
    "card",
    [
        "", "{", "null", "[]", "{}", '{"names": 3}', "[" * 100_000, "\xff",
        '{"names": ["a"], "arrays": "../../x.npz", "saved": 1}',
        '{"names": ["a"], "arrays": "labels-1.npz", "saved": NaN}',
        '{"names": ["a"], "arrays": "labels-gone.npz", "saved": 1}',
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_read_is_kept_renamed_and_told(card: str, tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    (folder / CARD).write_text(card, encoding="latin-1")
    told: list[str] = []
    assert left_over(tmp_path, told.append) == []
    [aside] = tmp_path.iterdir()
    assert aside.name == folder.name + ".unreadable"
    [npz] = aside.glob("*.npz")
    with np.load(npz) as arrays:
        assert (arrays["0"] == EYE).all()
    assert len(told) == 1
    assert str(aside) in told[0]
    assert left_over(tmp_path, told.append) == []
    assert len(told) == 1


@pytest.mark.usefixtures("dead")
def test_damaged_labels_are_kept_and_told(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    next(folder.glob("*.npz")).write_bytes(b"half")
    told: list[str] = []
    assert left_over(tmp_path, told.append) == []
    assert (tmp_path / f"{folder.name}.unreadable" / CARD).exists()
    assert "damaged" in told[0]


@pytest.mark.usefixtures("dead")
def test_labels_elsewhere_are_not_read(tmp_path: Path) -> None:
    folder = crashed(tmp_path / "autosave")
    np.savez(tmp_path / "labels-x.npz", **{"0": EYE})
    rewrite(folder, arrays="../../labels-x.npz")
    assert left_over(tmp_path / "autosave", lambda _: None) == []


@pytest.mark.usefixtures("dead")
def test_an_annotation_that_nobody_took_back_for_a_month_is_kept(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    rewrite(folder, saved=1.0)
    told: list[str] = []
    assert left_over(tmp_path, told.append) == []
    assert (tmp_path / f"{folder.name}.old" / CARD).exists()
    assert "for a month" in told[0]


@pytest.mark.usefixtures("dead")
def test_where_nothing_is_painted_nothing_is_left(tmp_path: Path) -> None:
    Autosave(tmp_path).save(Annotation({"empty": np.zeros_like(EYE)}))
    assert left_over(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_process_of_the_same_number_is_not_the_viewer_that_crashed(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    assert is_in_use(folder)
    owner = folder / "owner.txt"
    host, pid, started = owner.read_text().split()
    owner.write_text(f"{host} {pid} {float(started) - 1000}")
    assert not is_in_use(folder)
    owner.write_bytes(b"\xff\xfe")
    assert not is_in_use(folder)


def test_a_folder_of_release_0_1_tells_its_viewer_by_number_and_time(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    (folder / "owner.txt").unlink()
    assert is_in_use(folder)
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    assert not is_in_use(folder)


def test_a_viewer_on_another_computer_is_open_for_a_day(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    (folder / "owner.txt").write_text("elsewhere 1 1.0")
    assert is_in_use(folder)
    yesterday = time.time() - 90_000
    for path in folder.iterdir():
        os.utime(path, (yesterday, yesterday))
    assert not is_in_use(folder)


def test_it_is_saved_once_until_something_changes(tmp_path: Path) -> None:
    saved, labels = Autosave(tmp_path), EYE.copy()

    def ask(now: bool = True) -> str:
        saved._looked_at = -1e9 if now else saved._looked_at
        saved.save_later(Annotation({"painted": labels, "empty": np.zeros_like(EYE)}))
        saved.wait()
        return next(saved.folder.glob("*.npz")).name

    first = ask()
    assert json.loads((saved.folder / CARD).read_text())["names"] == ["painted"]
    assert ask() == first
    labels[0, 3] = 7
    assert ask(now=False) == first  # a second dock asks in the same minute
    assert ask() != first


def test_saving_is_given_up_when_the_viewer_closes(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        write_labels(tmp_path / "a.npz", [EYE], stop)
    saved = Autosave(tmp_path / "b")
    saved.save_later(Annotation({"painted": np.ones((64, 512, 512), np.int32)}))
    saved.discard()
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.usefixtures("dead")
def test_what_was_taken_back_stays_until_it_is_saved_again(tmp_path: Path) -> None:
    folder, mine = crashed(tmp_path), Autosave(tmp_path)
    mine.take_over(folder)
    assert folder.exists()
    mine.save(Annotation({"painted": EYE}))
    assert not folder.exists()
