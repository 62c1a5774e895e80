"""Trainings on disk, autosaved annotations, embeddings in files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from napari_discembed import teaching
from napari_discembed.config import TrainingConfig, clustering_config
from napari_discembed.errors import FileFormatError, TrainingDataError
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.models import load_model
from napari_discembed.progress import Progress, run
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave, left_over
from napari_discembed.session.learn import is_painted_through_planes, painted_planes, train
from napari_discembed.session.processes import is_same, this_process
from napari_discembed.session.trainings import Request, Training, interrupted, new_training
from napari_discembed.types import Embedding, Image, Margins, Provenance

QUICK = TrainingConfig(steps=4, batch_size=1, patch_size=32, checkpoint_every=0.001)


def painted() -> tuple[Image, np.ndarray]:
    labels = np.zeros((64, 64), np.uint8)
    for i, (y, x) in enumerate([(6, 6), (6, 40), (40, 20)]):
        labels[y : y + 14, x : x + 14] = i + 1
    labels[60:, :] = 255
    return Image(np.where((labels > 0) & (labels < 255), 200, 20).astype(np.uint8)), labels


def ask(tmp_path: Path, **changes: object) -> Training:
    image, labels = painted()
    request = Request(name="mine", train=QUICK, background_label=255, **changes)  # type: ignore[arg-type]
    return new_training(request, [image], [labels], tmp_path)


def test_a_training_on_disk_gives_a_model_and_looks_at_it(tmp_path: Path) -> None:
    training, seen = ask(tmp_path), []
    path = run(train(str(training.folder)), seen.append)
    assert load_model(path).name == "mine"
    looks = [p.data["look"] for p in seen if p.data]
    assert looks[0].labels.shape == (64, 64)
    assert looks[0].points.shape[1] == looks[0].means.shape[1] == 2
    assert len(looks[0].means) == 3
    assert not training.can_resume()


def test_an_interrupted_training_is_found_and_goes_on(tmp_path: Path) -> None:
    training = ask(tmp_path)
    job = train(str(training.folder))
    first: Progress = next(job)
    next(job)
    job.close()
    assert first.values["loss"] > 0
    assert [t.folder for t in interrupted(tmp_path)] == [training.folder]
    steps: list[str] = []
    run(train(str(training.folder)), lambda p: steps.append(p.message))
    assert steps[0].startswith("step 2,") or steps[0].startswith("step 3,")
    assert interrupted(tmp_path) == []
    training.discard()
    assert not training.folder.exists()


def test_an_interrupted_training_of_another_version_is_passed_over(tmp_path: Path) -> None:
    training = ask(tmp_path)
    training.state_file.write_bytes(b"")
    assert len(interrupted(tmp_path)) == 1
    request = training.folder / "request.json"
    request.write_text(request.read_text().replace('"complete"', '"completed"'))
    assert interrupted(tmp_path) == []


@pytest.mark.parametrize("name", ["leaves/2024", "../../evil", "..", "a\\b"])
def test_any_name_makes_a_folder_in_its_place(tmp_path: Path, name: str) -> None:
    image, labels = painted()
    root = tmp_path / "deep" / "trainings"
    training = new_training(Request(name=name, train=QUICK), [image], [labels], root)
    assert training.folder.parent == root
    assert training.folder.exists()
    assert training.request.name == name


def test_what_never_began_is_gone_a_day_later(tmp_path: Path) -> None:
    old, begun, young = ask(tmp_path), ask(tmp_path), ask(tmp_path)
    begun.state_file.write_bytes(b"")
    for training in (old, begun):
        os.utime(training.folder / "request.json", (0, 0))
    new_training(Request(name="other", train=QUICK), *([x] for x in painted()), tmp_path)
    assert [t.folder.exists() for t in (old, begun, young)] == [False, True, True]


def test_scribbled_background_is_no_object_to_check_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, labels = painted()
    seen: list[np.ndarray] = []

    def fit(*_pairs: object, validation: tuple[list[Image], list[np.ndarray]], **_: object) -> None:
        seen.extend(validation[1])
        raise TrainingDataError("enough")

    monkeypatch.setattr(teaching, "fit", fit)
    request = Request(name="mine", train=QUICK, background_label=255, validation=1)
    training = new_training(request, [image] * 2, [labels] * 2, tmp_path)
    with pytest.raises(TrainingDataError, match="enough"):
        run(train(str(training.folder)))
    assert set(np.unique(seen[0])) == {0, 1, 2, 3}


def test_a_training_that_cannot_teach_says_so(tmp_path: Path) -> None:
    image, labels = painted()
    request = Request(name="mine", train=QUICK)
    training = new_training(request, [image], [labels * 0], tmp_path)
    with pytest.raises(TrainingDataError):
        run(train(str(training.folder)))


def test_of_a_stack_the_painted_planes_are_taught(tmp_path: Path) -> None:
    image, labels = painted()
    series = Image(np.stack([image.data] * 3), "TYX")
    paint = np.stack([labels, labels * 0, labels])
    lessons = painted_planes([series], [paint], 2)
    assert [i.axes for i, _ in lessons] == ["YX", "YX"]
    assert all((p == labels).all() for _, p in lessons)
    assert len(painted_planes([series], [paint * 0], 2)) == 1
    request = Request(name="mine", train=QUICK, background_label=255)
    run(train(str(new_training(request, [series], [paint], tmp_path).folder)))


@pytest.mark.parametrize(
    ("axes", "through"), [("ZYX", True), ("TYX", False), ("TZYX", False), ("ZCYX", True)]
)
def test_an_object_painted_through_planes_makes_a_volume(axes: str, through: bool) -> None:
    _, labels = painted()
    shape = {"C": 2, "T": 2, "Z": 2, "Y": labels.shape[0], "X": labels.shape[1]}
    image = Image(np.zeros([shape[a] for a in axes]), axes)
    two = np.stack([labels, labels])
    both = two if axes != "TZYX" else np.stack([np.stack([labels, labels * 0])] * 2)
    assert is_painted_through_planes(image, both) == through
    assert not is_painted_through_planes(image, np.stack([both[0], both[1] * 0]))
    background = np.where(both > 0, 9, 0)
    assert not is_painted_through_planes(image, background, 9)


def test_a_start_for_planes_learns_volumes_painted_through_them(tmp_path: Path) -> None:
    image, labels = painted()
    series = Image(np.stack([image.data] * 8), "ZYX")
    for paint, ndim in ((np.stack([labels] * 8), 3), (np.stack([labels] + [labels * 0] * 7), 2)):
        request = Request(name="mine", start="generalist", train=QUICK, background_label=255)
        training = new_training(request, [series], [paint], tmp_path)
        model = load_model(run(train(str(training.folder))))
        assert model.config.ndim == ndim


def test_two_trainings_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    assert ask(tmp_path).folder != ask(tmp_path).folder
    with pytest.raises(FileFormatError):
        _ = Training(tmp_path / "nothing").request


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


def test_this_processis_alive_and_a_word_is_no_process() -> None:
    assert autosave.is_alive(str(os.getpid()))
    assert not autosave.is_alive("word")


def test_an_embedding_comes_back_from_its_folder_mapped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first = Embedding.of(
        rng.random((2, 5, 6), dtype=np.float32),
        rng.random((1, 5, 6), dtype=np.float32),
        rng.random((5, 6), dtype=np.float32),
        Margins(0.4, 1.6), 20.0, (10, 12), True, (0.5, 0.5), "um", "cells",
        Provenance("1", "generalist", "abc", {"tile": {"size": 512}}),
    )  # fmt: skip
    folder = write_embedding(tmp_path / "cells", first)
    assert folder.name == "cells.dembed"
    again = read_embedding(write_embedding(folder, first))
    assert isinstance(again.values, np.memmap)
    for name in ("values", "foreground", "seediness"):
        assert (getattr(again, name) == getattr(first, name)).all()
    for name in ("margins", "diameter", "image_shape", "spatial", "pixel_size", "unit", "name"):
        assert getattr(again, name) == getattr(first, name)
    assert again.provenance == first.provenance
    assert [p.name for p in tmp_path.iterdir()] == ["cells.dembed"]


def test_a_folder_that_is_no_embedding_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"expected a \.dembed folder"):
        read_embedding(tmp_path)
    first = Embedding.of(np.zeros((2, 3, 3), np.float32), np.zeros((1, 3, 3), np.float32))
    folder = write_embedding(tmp_path / "x", first)
    (folder / "foreground.npy").unlink()
    with pytest.raises(FileFormatError, match="incomplete"):
        read_embedding(folder)


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    mine = this_process()
    assert is_same(mine)
    host, pid, started = mine.split()
    assert not is_same(f"{host} {pid} {float(started) - 1000}")
    assert is_same(f"elsewhere {pid} {started}")
    assert not is_same("nonsense")
