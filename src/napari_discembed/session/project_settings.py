"""The settings of a session in a project, and those of a project in a session."""

from __future__ import annotations

from pathlib import Path

from napari_discembed.session.project import Project
from napari_discembed.session.state import Session


def take_up_settings(session: Session, project: Project) -> None:
    """Let a session go on with a project's model and settings, if there are any."""
    settings, model = project.settings, Path(project.settings.model)
    session.kinds.restore(settings.kinds, settings.renamed_to)
    if not settings.model:
        return
    if model.suffix and not model.is_file():
        project.notes.append(f"The model {model.stem} has gone: choose another in Segment.")
        return
    session.take_up(settings.model, settings.diameter, settings.clustering())


def note_settings(session: Session, project: Project) -> None:
    """Let a project's images be done as the image of a session is, with its kinds of objects."""
    kinds = {"kinds": session.kinds.told, "renamed_to": session.kinds.renamed_to}
    project.settings = project.settings.model_copy(update=kinds)
    reading = session.reading
    if session.series is None or reading is None:
        return
    changes = {
        "model": session.model,
        "diameter": session.diameter,
        "config": session.config.model_dump(mode="json"),
        "axes": str(reading.axes),
        "channel": reading.channel,
    }
    project.settings = project.settings.model_copy(update=changes)
