"""Kinds of objects in files of a session: trainings, live learning, autosaves, projects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.interaction.corrections import LabelledPixels
from napari_discembed.models import EmbeddingNet, Model, ModelCard, load_model, save_model
from napari_discembed.progress import Progress, run
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave, left_over
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.examples import Example, Examples
from napari_discembed.session.kinds import KindImage, Kinds
from napari_discembed.session.live import LiveLabels, taken_over
from napari_discembed.session.live_process import learn
from napari_discembed.session.project import Project
from napari_discembed.session.project_counts import count_table
from napari_discembed.session.project_files import Entry, State
from napari_discembed.session.project_finding import objects_of_series
from napari_discembed.session.project_settings import note_settings, take_up_settings
from napari_discembed.session.state import Session
from napari_discembed.session.training_process import class_frames, labelled_frames, train
from napari_discembed.session.trainings import Request, new_training
from napari_discembed.types import Axes, Embedding, Image, Segmentation
from napari_discembed.types.kinds import named_kinds

LEAF, SEED = named_kinds(["leaf", "seed"])
Painting = tuple[Image, np.ndarray]


def classes_of(labels: np.ndarray) -> np.ndarray:
    """Return the second object as a seed, the others as leaves."""
    return np.where(labels == 2, 2, 1).astype(np.uint8)


def test_a_training_keeps_classes_and_kinds(
    tmp_path: Path, painted: Painting, quick: FinetuningConfig
) -> None:
    image, labels = painted
    request = Request(name="mine", train=quick, background_label=255, kinds=(LEAF, SEED))
    training = new_training(request, [image], [labels], tmp_path, classes=[classes_of(labels)])
    assert training.request.kinds == (LEAF, SEED)
    classes = training.classes()
    assert classes is not None
    assert (classes[0] == classes_of(labels)).all()
    assert load_model(run(train(str(training.folder)))).card.kinds == (LEAF, SEED)


def test_a_training_of_one_kind_has_none(
    tmp_path: Path, painted: Painting, quick: FinetuningConfig
) -> None:
    training = new_training(Request(name="a", train=quick), [painted[0]], [painted[1]], tmp_path)
    assert training.classes() is None
    assert not list(training.folder.glob("classes*"))


def test_a_start_of_several_kinds_forgets_them_where_one_is_taught(
    tmp_path: Path, painted: Painting, quick: FinetuningConfig
) -> None:
    image, labels = painted
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16, classes=2)
    start = tmp_path / "two.safetensors"
    card = ModelCard(name="two", config=config, kinds=(LEAF, SEED))
    save_model(start, Model(EmbeddingNet(config), card))
    request = Request(name="one", start=str(start), train=quick, background_label=255)
    training = new_training(request, [image], [labels], tmp_path)
    model = load_model(run(train(str(training.folder))))
    assert model.config.classes == 1


def test_the_classes_of_a_series_are_those_of_the_frames_that_are_learnt() -> None:
    labels = np.zeros((4, 8, 8), np.uint8)
    labels[1, 2:4], labels[3, 5:7] = 1, 2
    series = Image(np.zeros((4, 8, 8), np.uint8), Axes("TYX"))
    taught = labelled_frames([series], [labels], 2)
    told = class_frames([series], [labels], [labels], 2)
    assert [(frame == classes).all() for (_, frame), classes in zip(taught, told, strict=True)] == [
        True, True,
    ]  # fmt: skip
    single = Image(np.zeros((8, 8), np.uint8))
    assert len(class_frames([single], [labels[0]], [labels[0]], 2)) == 1


def test_live_labels_hand_their_classes_over(tmp_path: Path) -> None:
    one = LiveLabels([np.ones((2, 2), int)], False, 7, [np.full((2, 2), 2, np.uint8)])
    one.hand_over(tmp_path)
    found = taken_over(tmp_path)
    assert found is not None
    assert found.is_same(one)
    assert not found.is_same(LiveLabels(one.labels, False, 7))


def test_kinds_are_learnt_while_a_person_paints(
    tmp_path: Path, painted: Painting, quick: FinetuningConfig
) -> None:
    image, labels = painted
    told = classes_of(labels)
    request = Request(name="live", train=quick, background_label=255, kinds=(LEAF, SEED))
    training = new_training(request, [image], [labels], tmp_path, classes=[told])
    seen: list[Progress] = []

    def follow(progress: Progress) -> None:
        seen.append(progress)
        if progress.values.get("step") == 1:
            LiveLabels([labels], False, 255, [3 - told]).hand_over(training.folder)

    path = run(learn(str(training.folder)), follow, finish=lambda: seen[-1].values.get("step") == 4)
    assert load_model(path).card.kinds == (LEAF, SEED)
    preview = next(p.data["preview"] for p in seen if p.data)
    assert preview.classes is not None


def test_an_autosave_brings_kinds_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "is_in_use", lambda _folder: False)
    eye = np.eye(3, dtype=np.uint8)
    said = {"painted": {1: "seed"}}
    with_kinds = Annotation({"painted": eye}, kinds=(LEAF, SEED), of_kinds=said)
    assert with_kinds.digest() != Annotation({"painted": eye}).digest()
    Autosave(tmp_path).save(with_kinds)
    [(_, found)] = left_over(tmp_path)
    assert found.kinds == (LEAF, SEED)
    assert found.of_kinds == said


def two() -> Kinds:
    kinds = Kinds()
    kinds.take_up([LEAF, SEED])
    return kinds


def test_the_examples_of_several_kinds_have_classes() -> None:
    labels = np.array([[1, 2, 0]])
    image = Image(np.zeros((1, 3), np.uint8))
    painted = Example("a", image, LabelledPixels(labels))
    told = KindImage(np.array([[1, 2, 0]], np.uint8), ("seed", "leaf"))
    corrected = Example("b", image, LabelledPixels(labels), kinds=told)
    examples = Examples()
    examples.paint([painted])
    examples.correct(corrected)
    assert examples.training_pairs().classes is None
    assert examples.training_pairs(Kinds()).classes is None
    classes = examples.training_pairs(two()).classes
    assert classes is not None
    assert [one.tolist() for one in classes] == [[[2, 1, 1]], [[1, 1, 1]]]


def test_a_stack_of_found_objects_has_a_class_for_each_number() -> None:
    labels = np.array([[[1, 0, 2]], [[1, 1, 0]]], np.uint8)
    frames = []
    for frame, seeds in zip(labels, ([2], [1]), strict=True):
        inside = frame > 0
        seed = np.isin(frame, seeds)
        values = np.zeros((2, *frame.shape), np.float32)
        foreground = np.stack([inside & ~seed, seed]).astype(np.float32)
        maps = {"embedding": values, "foreground": foreground}
        frames.append(Embedding(maps, kinds=(LEAF, SEED)))
    series = EmbeddingSeries(frames, Axes("T"), (2,), kinds=(LEAF, SEED))
    image = Image(np.zeros(labels.shape, np.uint8), Axes("TYX"))
    found = objects_of_series(series, labels, image, Session().config)
    assert found.labels.tolist() == [[[1, 0, 2]], [[3, 3, 0]]]
    assert found.classes is not None
    assert found.classes.tolist() == [1, 2, 2]
    assert found.kinds == (LEAF, SEED)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "plants").mkdir()
    tifffile.imwrite(tmp_path / "plants" / "a.tif", np.zeros((2, 4), np.uint8))
    return Project(tmp_path / "plants")


def test_a_project_keeps_kinds_of_objects_and_what_they_are_called(project: Project) -> None:
    labels = np.array([[1, 1, 2, 3], [0, 0, 0, 0]], np.uint16)
    objects = Segmentation(labels, classes=np.array([1, 2, 1]), kinds=(LEAF, SEED))
    project.put("a.tif", objects)
    project.save()
    session = Session()
    session.kinds.take_up([LEAF, SEED])
    session.kinds.rename("leaf", "blade")
    note_settings(session, project)
    project.close()

    again, other = Project(project.folder), Session()
    take_up_settings(other, again)
    assert other.kinds.names == ["blade", "seed"]
    found = again.objects("a.tif")
    assert found is not None
    assert found.classes is not None
    assert found.classes.tolist() == [1, 2, 1]
    other.kinds.take_up(found.kinds)  # with the former name
    assert other.kinds.names == ["blade", "seed"]
    table = count_table(again.entries(), again.settings.renamed_to)
    assert (table["count_blade"], table["count_seed"]) == ([2], [1])
    assert "count_leaf" not in table
    again.close()


def test_counts_of_kinds_that_became_one_are_added() -> None:
    rows = [{"count": 3, "count_leaf": 2, "count_seed": 1}]
    table = count_table({"a": Entry(state=State.found, rows=rows)}, {"seed": "leaf"})
    assert table["count_leaf"] == [3]
