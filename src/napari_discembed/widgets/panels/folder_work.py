"""Going through the images of a folder: one is shown at a time, and what was done is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import napari.layers
from napari.utils.notifications import show_info
from qtpy.QtCore import QObject, Signal

from napari_discembed.progress import Job, Progress, run
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import State
from napari_discembed.session.project_finding import doubts_of, objects_of_series
from napari_discembed.session.project_place import remember
from napari_discembed.session.project_settings import note_settings, take_up_settings
from napari_discembed.types import Segmentation
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import COMPLETE, objects_of, segmentation_of
from napari_discembed.widgets.panels.folder_image import ProjectImage, Read, read_image_of
from napari_discembed.widgets.qt.jobs import Worker


class FolderWork(QObject):
    """A project and the image of it that is shown in the viewer.

    Attributes
    ----------
    changed, moved
        Emitted when the project is to be shown anew, and when another image is turned to.
    project, shown
        The project and the image, once there are any.
    words
        What happens to the image; empty for nothing.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock, self.viewer, self.session = dock, dock.viewer, dock.session
        self.project: Project | None = None
        self.shown: ProjectImage | None = None
        self.words = ""
        self._aside: dict[str, list[napari.layers.Layer]] = {}  # painted, by image
        self._saver = dock.latest(_save, self._saved, "save a folder")
        dock.follow(self.session.committed, self._committed)
        dock.follow(self.session.correcting.changed, self._corrected)
        dock.follow(self.viewer.layers.events.removed, self._layer_removed)
        dock.tasks.at_end.insert(0, self.end)

    def open(self, folder: str | Path) -> None:
        """Open a folder as it was left, at the image that was shown last.

        Raises
        ------
        DiscembedError, OSError
            If there is no such folder, or nobody may look into it.
        """
        if self.project is not None and Path(folder).resolve() == self.project.folder:
            return
        project, former = Project(folder), self.project
        self._leave()
        if former is not None:
            self._run(lambda: _closed(former), f"Save {former.folder.name}")
        self.project, self._aside = project, {}
        if project.names:
            remember(project.folder)
        take_up_settings(self.session, project)
        self.moved.emit()
        if project.names:
            self.go(project.current)

    # From image to image

    def step(self, by: int) -> None:
        """Go to the next image, or to the one before."""
        if self.project is None:
            return
        name = self.project.beside(self.project.current, by)
        if name is not None:
            self.go(name)
        elif self.project.names:
            show_info("This is the last image." if by > 0 else "This is the first image.")

    def go(self, name: str) -> None:
        """Keep what was done with the image that is shown, and show another."""
        project = self.project
        if project is None or (self.shown is not None and self.shown.name == name):
            return
        self._leave()
        project.current = name
        self.words = f"Opening {name} ..."
        self._run(lambda: read_image_of(project, name), f"Open {name}", self._opened)
        self.moved.emit()

    def _leave(self) -> None:
        """Keep what was done with the image that is shown, and remove its layers."""
        shown = self.shown
        if shown is None:
            return
        self.keep(uncommitted=True)
        self.shown = None
        self.session.image = None  # else a dock tells that its image was removed
        self._aside[shown.name] = shown.put_away()

    def _opened(self, read: Read) -> None:
        project = self.project
        if project is None or read.name != project.current or self.shown is not None:
            return  # another one was turned to meanwhile
        self.words = ""
        if read.image is None:
            project.fail(read.name, read.trouble)
            self.words = read.trouble if project.has_objects(read.name) else ""
            self._saver.ask(project)
        else:
            shown = self.shown = ProjectImage(
                self.viewer, read.name, read.image, project.settings, self.session.kinds
            )
            self.viewer.layers.extend(self._aside.pop(read.name, []))
            self.session.chosen = str(shown.layer.unique_id)
            self.session.turn_situation(read.name, self.session.situation.model)
            self._show_objects(read.objects)
            self.words = self.words or read.trouble
            self.viewer.reset_view()
        self.changed.emit()

    def _show_objects(self, objects: Segmentation | None) -> None:
        shown, project = self.shown, self.project
        if objects is None or shown is None or project is None:
            return
        checked = project.entry(shown.name).state is State.checked
        layer = shown.show_objects(objects, checked=checked)
        if layer is None:
            self.words = "The objects that are kept do not fit this image, and are not shown."
            return
        n, key = len(objects.frame_axes or ""), str(layer.unique_id)
        self.session.correcting.begin(key, shown.name, objects_of(layer), n)
        self.session.correcting.check(key, checked)
        self.session.note(found=objects.count, committed=True)

    def found(self, name: str) -> None:
        """Show objects that were found in the background, where their image is shown."""
        shown, project = self.shown, self.project
        is_shown = shown is not None and shown.name == name and shown.labels is None
        if project is not None and is_shown and project.has_objects(name):
            self._show_objects(project.objects(name))
        self.changed.emit()

    # What was done

    def _series(self) -> EmbeddingSeries | None:
        """Return the embeddings of the image that is shown; None where there are none."""
        reading, shown = self.session.reading, self.shown
        if shown is None or reading is None or reading.layer_id not in shown.ids:
            return None
        return self.session.series

    def keep(self, *, uncommitted: bool = False) -> None:
        """Put what was done with the image into the project, and save that in a thread.

        Parameters
        ----------
        uncommitted
            Whether to take objects that were found and not committed, if there are no others.
        """
        shown, project = self.shown, self.project
        if shown is None or project is None:
            return
        if self._series() is not None:
            note_settings(self.session, project)
        objects = shown.changed_objects(self._series())
        if objects is not None:
            project.put(shown.name, objects, keep_state=True)
        elif uncommitted and shown.labels is None and not project.has_objects(shown.name):
            job = self._uncommitted(project, shown.name)
            if job is not None:
                self._run(job, f"Keep {shown.name}")
                return
        self._saver.ask(project)

    def _uncommitted(self, project: Project, name: str) -> Callable[[], Job[None]] | None:
        """Return what puts objects that were found into the project; None where there are none."""
        series, image, config = self._series(), self.session.image, self.session.config
        if series is None or image is None or config.method == "seeded":
            return None

        def job() -> Job[None]:
            labels = yield from series.all_labels(config)
            found = objects_of_series(series, labels, image, config)
            project.put(name, found, doubts=doubts_of(series, labels, config))
            project.save()

        return job

    def _committed(self, layer_id: str) -> None:
        """Put the objects that were committed into the project."""
        shown, project = self.shown, self.project
        layer = None if shown is None else shown.labels
        if shown is None or project is None or layer is None or str(layer.unique_id) != layer_id:
            return
        series, config, name = self._series(), self.session.config, shown.name
        objects = segmentation_of(layer, series, kinds=self.session.kinds)
        shown.note_saved()
        if series is None:
            project.put(name, objects)
            self._saver.ask(project)
            return
        note_settings(self.session, project)
        made = series[0].provenance.with_step("clustering", config.model_dump(mode="json"))
        project.put(name, replace(objects, provenance=made))

        def job() -> Job[None]:
            yield Progress(None, "Judging the objects")
            project.doubt(name, doubts_of(series, objects.labels, config))
            project.save()

        self._run(job, f"Save {name}")

    def check(self, *, on: bool) -> None:
        """Note that a person has checked the image, or has not."""
        shown, project = self.shown, self.project
        if shown is None or project is None:
            return
        self.keep()
        project.check(shown.name, on=on)
        layer, correcting = shown.labels, self.session.correcting
        if layer is not None:
            layer.metadata[COMPLETE] = on
            if correcting.of(str(layer.unique_id)) is not None:
                correcting.check(str(layer.unique_id), on)
        self._saver.ask(project)
        self.changed.emit()

    def _corrected(self, key: str) -> None:
        """Take an image for checked that a person checked in another dock."""
        shown, project, one = self.shown, self.project, self.session.correcting.of(key)
        layer = None if shown is None else shown.labels
        if project is None or shown is None or layer is None or one is None or not one.checked:
            return
        known = str(layer.unique_id) == key and project.has_objects(shown.name)
        if known and project.entry(shown.name).state is State.found:
            self.check(on=True)

    def _layer_removed(self, event: object) -> None:
        """Keep the objects of a layer that was removed, as when napari is closed."""
        shown, project, layer = self.shown, self.project, getattr(event, "value", None)
        if shown is None or project is None:
            return
        objects = shown.objects_of_removed(layer)
        if objects is not None:
            project.put(shown.name, objects, keep_state=True)
        if layer is shown.layer:
            self.shown = None
        self._saver.ask(project)

    def end(self) -> None:
        """Keep all and save it; nothing is changed any more."""
        shown, project = self.shown, self.project
        if project is None:
            return
        if shown is not None:
            if self._series() is not None:
                note_settings(self.session, project)
            objects = shown.changed_objects(self._series())
            job = self._uncommitted(project, shown.name)
            if objects is not None:
                project.put(shown.name, objects, keep_state=True)
            elif shown.labels is None and not project.has_objects(shown.name) and job is not None:
                run(job())
        self.project = self.shown = None
        project.close()

    def _run(
        self,
        job: Callable[[], Job[object]],
        title: str,
        on_result: Callable[[Read], None] | None = None,
    ) -> None:
        self.dock.run(Worker(job, title), on_result=on_result or self._saved)

    def _saved(self, _answer: object = None) -> None:
        self.changed.emit()


def _save(project: Project) -> None:
    project.save()


def _closed(project: Project) -> Job[None]:
    yield Progress(None, "Saving")
    project.close()
