"""Settings go from a session into a project, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.config import DensityConfig
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.project import Project
from napari_discembed.session.project_settings import note_settings, take_up_settings
from napari_discembed.session.state import LayerReading, Session
from napari_discembed.types import Axes, Embedding


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of one image."""
    (tmp_path / "plants").mkdir()
    tifffile.imwrite(tmp_path / "plants" / "a.tif", np.zeros((4, 4), np.uint8))
    return Project(tmp_path / "plants")


def test_a_session_begins_as_the_one_before_ended(project: Project) -> None:
    one, other = Session(), Session()
    note_settings(one, project)
    take_up_settings(other, project)
    assert other.model == ""  # nothing was found yet
    one.model, one.diameter = "nuclei", 9.0
    one.reading = LayerReading("a", Axes("CYX"), 1)
    values = np.zeros((2, 4, 4), np.float32)
    one.series = EmbeddingSeries([Embedding.of(values, values[:1], diameter=9.0)])
    one.config = DensityConfig(bandwidth=1.25)
    note_settings(one, project)
    project.close()

    again = Project(project.folder)
    restored: list[str] = []
    other.settings_restored.connect(lambda: restored.append(other.model))
    take_up_settings(other, again)
    assert restored == ["nuclei"]
    assert (other.diameter, other.config) == (9.0, DensityConfig(bandwidth=1.25))
    assert (again.settings.axes, again.settings.channel) == ("CYX", 1)
    again.close()


def test_a_model_that_has_gone_is_told(project: Project, tmp_path: Path) -> None:
    gone = str(tmp_path / "mine.safetensors")
    project.settings = project.settings.model_copy(update={"model": gone})
    session = Session()
    take_up_settings(session, project)
    assert session.model == ""
    assert project.notes == ["The model mine has gone: choose another in Segment."]
    project.close()
