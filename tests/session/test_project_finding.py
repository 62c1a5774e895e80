"""Finding the objects of all images of a project."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from napari_discembed.batch import cluster as clusters
from napari_discembed.config import DensityConfig, NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
from napari_discembed.progress import Job, Progress, run
from napari_discembed.session import project_finding
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import Settings, State
from napari_discembed.session.project_finding import CLUSTER, find_all
from napari_discembed.types import Embedding, Image

TINY = NetworkConfig.of(in_channels=1, features=(4, 8))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of two images and a broken one, with a model."""
    torch.manual_seed(0)
    model = tmp_path / "tiny.safetensors"
    save_model(model, Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY)))
    folder = tmp_path / "plants"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", np.zeros((6, 18), np.uint8))
    (folder / "b.tif").write_bytes(b"II*\0 and no more")
    tifffile.imwrite(folder / "c.tif", np.zeros((6, 18), np.uint8), resolution=(0.5, 0.5))
    project = Project(folder)
    config = DensityConfig(object_threshold=0).model_dump(mode="json")
    project.settings = Settings(model=str(model), diameter=6.0, config=config)
    return project


def embedded(image: Image, *_args: object, **_more: object) -> Job[EmbeddingSeries]:
    """Embed two objects, the foreground of the second one being weak."""
    yield from ()
    labels = np.repeat(np.repeat([[1, 0, 2]], 6, axis=1), 6, axis=0)
    values = np.stack([labels * 4.0, labels * 0.0]).astype(np.float32)
    weak = np.where(labels == 2, 0.6, (labels > 0) * 0.9)[None].astype(np.float32)
    return EmbeddingSeries([Embedding.of(values, weak, diameter=6.0)])


def test_all_are_found_and_a_broken_one_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_finding, "embed_series", embedded)
    assert run(find_all(project, project.names)) == ["b.tif"]
    assert [project.entry(n).state for n in project.names] == ["found", "failed", "found"]
    assert [project.entry(n).count for n in project.names] == [2, None, 2]
    assert project.entry("a.tif").unsure == 1
    assert "not a TIFF image" in project.entry("b.tif").error
    project.close()
    again = Project(project.folder)
    found = again.objects("c.tif")
    assert found is not None
    assert found.count == 2
    again.close()


def test_a_cluster_finds_what_is_found_here(project: Project, tmp_path: Path) -> None:
    here = Project(shutil.copytree(project.folder, tmp_path / "again"))
    here.settings = project.settings
    told: list[Progress] = []
    assert run(find_all(here, here.names)) == ["b.tif"]
    assert run(find_all(project, project.names, cluster="local"), told.append) == ["b.tif"]
    for name in ("a.tif", "c.tif"):
        found, same = project.objects(name), here.objects(name)
        assert found is not None
        assert same is not None
        assert np.array_equal(found.labels, same.labels)
    assert "not a TIFF image" in project.entry("b.tif").error
    assert any(one.data.get(CLUSTER, "").startswith("Dask scheduler") for one in told)
    assert told[-1].message.startswith("[3/3] ")
    assert not list(project.place.glob("*model*"))
    project.close()
    here.close()


def test_no_cluster_at_an_address_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 0.2)
    with pytest.raises(InputError, match="No Dask scheduler answers at 'tcp:"):
        run(find_all(project, project.names, cluster="tcp://127.0.0.1:1"))
    assert project.in_state(State.new) == project.names
    project.close()


def test_stopped_it_keeps_what_is_done(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_finding, "embed_series", embedded)
    job = find_all(project, project.names)
    while project.entry("a.tif").state is not State.found:
        next(job)
    job.close()
    assert (project.place / "a_labels.tif").exists()
    assert project.in_state(State.new) == ["b.tif", "c.tif"]
    project.close()


def test_a_real_network_goes_through_a_folder(project: Project) -> None:
    assert run(find_all(project, project.names)) == ["b.tif"]
    assert project.entry("a.tif").made["model"] == "tiny"
    assert project.entry("a.tif").made["config"]["clustering"]["method"] == "density"
    project.close()


def test_without_a_model_it_says_what_to_do(project: Project) -> None:
    project.settings = Settings()
    with pytest.raises(InputError, match="one image first"):
        run(find_all(project, project.names))
    project.close()
