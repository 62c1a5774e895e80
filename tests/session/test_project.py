"""A folder of images as a project, without a viewer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.config import DensityConfig
from napari_discembed.errors import InputError
from napari_discembed.io.labels import is_ours, read_labels, write_labels
from napari_discembed.session import project_place
from napari_discembed.session.project import Project
from napari_discembed.session.project_counts import count_table, progress_words
from napari_discembed.session.project_files import Doubts, Settings, State
from napari_discembed.types import Axes, Provenance, Segmentation


def squares(count: int) -> Segmentation:
    """Return so many squares of 4 pixels, each 2 µm wide."""
    labels = np.zeros((8, 32), np.uint16)
    for i in range(count):
        labels[2:4, 4 * i : 4 * i + 2] = i + 1
    made = Provenance("0.2", "nuclei", "abc", {"diameter": 2.0})
    return Segmentation(labels, pixel_size=(2.0, 2.0), unit="micrometer", provenance=made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three images, with spaces and accents in its names."""
    folder = tmp_path / "Röschen im Topf"
    folder.mkdir()
    for i, name in enumerate(["a.png", "blé d'été.tif", "c.tif"]):
        tifffile.imwrite(folder / name, np.full((8, 32), i, np.uint8))
    return folder


def test_images_are_listed_as_new_and_none_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError

    monkeypatch.setattr(tifffile, "imread", refuse)
    monkeypatch.setattr("napari_discembed.io.images.read_image", refuse)
    project = Project(folder)
    assert project.names == ["a.png", "blé d'été.tif", "c.tif"]
    assert progress_words(project.entries()) == "3 images, 3 new"
    assert project.current == "a.png"
    assert project.beside("a.png", 1) == "blé d'été.tif"
    assert project.beside("a.png", -1) is None
    assert project.beside("c.tif", 1) is None
    project.close()


def test_opened_again_it_is_as_it_was_left(folder: Path) -> None:
    project = Project(folder)
    config = DensityConfig(bandwidth=1.5)
    project.settings = Settings(
        model="nuclei", diameter=12.0, config=config.model_dump(mode="json"), axes="YX"
    )
    project.put("a.png", squares(3), doubts=Doubts(1, 0.5))
    project.put("blé d'été.tif", squares(2), doubts=Doubts(0, 0.2))
    project.check("blé d'été.tif", on=True)
    project.current = "blé d'été.tif"
    project.close()

    again = Project(folder)
    assert progress_words(again.entries()) == "3 images, 1 new, 1 found, 1 checked"
    assert again.current == "blé d'été.tif"
    assert again.settings == project.settings
    assert again.settings.clustering() == config
    assert [again.entry(n).count for n in again.names] == [3, 2, None]
    assert again.entry("a.png").unsure == 1
    assert again.entry("a.png").made["model"] == "nuclei"
    found = again.objects("a.png")
    assert found is not None
    assert (found.labels == squares(3).labels).all()
    assert found.pixel_size == pytest.approx((2.0, 2.0))
    assert again.objects("c.tif") is None
    again.close()


def test_results_lie_beside_the_images_and_lead_back_to_them(folder: Path) -> None:
    project = Project(folder)
    project.put("c.tif", squares(1))
    project.close()
    assert project.place == folder.with_name("Röschen im Topf_discembed")
    assert sorted(p.name for p in project.place.iterdir()) == [
        "c_labels.tif", "counts.csv", "project.json",
    ]  # fmt: skip
    assert sorted(p.name for p in folder.iterdir()) == ["a.png", "blé d'été.tif", "c.tif"]
    again = Project(project.place)
    assert again.folder == folder
    assert again.entry("c.tif").count == 1
    again.close()


def test_the_table_of_counts_has_all_images_and_their_errors(folder: Path) -> None:
    project = Project(folder)
    project.put("a.png", squares(3), doubts=Doubts(2, 1.0))
    project.fail("c.tif", "no image")
    project.save()
    table = count_table(project.entries())
    assert table["image"] == ["a.png", "blé d'été.tif", "c.tif"]
    assert table["count"] == [3, None, None]
    assert table["mean_size"] == [16.0, None, None]  # 4 pixels of 4 square micrometers
    assert table["total_size"] == [48.0, None, None]
    assert table["state"] == ["found", "new", "failed"]
    assert table["unsure"] == [2, None, None]
    assert table["error"] == ["", "", "no image"]
    written = (project.place / "counts.csv").read_text(encoding="utf-8").splitlines()
    assert written[0].startswith("image,count,mean_size")
    assert len(written) == 4
    project.close()


def test_frames_are_counted_one_by_one(folder: Path) -> None:
    project = Project(folder)
    movie = np.stack([squares(3).labels, squares(1).labels])
    project.put("a.png", Segmentation(movie, Axes("TYX")))
    project.close()
    again = Project(folder)
    assert [row["count"] for row in again.entry("a.png").rows] == [3, 1]
    assert count_table(again.entries())["frame"][:2] == [0, 1]
    found = again.objects("a.png")
    assert found is not None
    assert found.frame_axes == "T"
    again.close()


def test_an_image_whose_file_changed_is_new_again_and_its_labels_are_kept(folder: Path) -> None:
    project = Project(folder)
    project.put("c.tif", squares(3))
    project.check("c.tif", on=True)
    project.close()
    tifffile.imwrite(folder / "c.tif", np.zeros((9, 33), np.uint8))

    again = Project(folder)
    assert again.entry("c.tif").state is State.new
    assert again.entry("c.tif").count is None
    assert again.objects("c.tif") is None
    again.put("c.tif", squares(1))
    again.close()
    assert read_labels(again.place / "c_labels.tif").max() == 1
    assert read_labels(again.place / "c_labels kept.tif").max() == 3


def test_an_image_that_was_only_copied_stays_as_it_was(folder: Path) -> None:
    project = Project(folder)
    project.put("c.tif", squares(3))
    project.close()
    os.utime(folder / "c.tif", (0, 0))
    for _ in range(2):
        again = Project(folder)
        assert again.entry("c.tif").count == 3
        again.close()


def test_a_correction_leaves_an_image_checked_and_finding_anew_does_not(folder: Path) -> None:
    project = Project(folder)
    project.check("a.png", on=True)
    assert project.entry("a.png").state is State.new  # there is nothing to check
    project.put("a.png", squares(3), doubts=Doubts(1, 0.5))
    project.check("a.png", on=True)
    project.put("a.png", squares(2), keep_state=True)
    project.save()
    entry = project.entry("a.png")
    assert (entry.state, entry.count, entry.unsure) == (State.checked, 2, 1)
    project.put("a.png", squares(3))
    assert project.entry("a.png").state is State.found
    project.close()


def test_a_failure_costs_no_objects_that_are_there(folder: Path) -> None:
    project = Project(folder)
    project.put("a.png", squares(3))
    project.fail("a.png", "out of memory")
    assert project.entry("a.png").state is State.found
    project.close()


def test_images_of_one_name_have_labels_of_their_own(folder: Path) -> None:
    tifffile.imwrite(folder / "a.tif", np.zeros((8, 32), np.uint8))
    project = Project(folder)
    project.put("a.png", squares(1))
    project.put("a.tif", squares(2))
    project.close()
    again = Project(folder)
    for name, count in (("a.png", 1), ("a.tif", 2)):
        found = again.objects(name)
        assert found is not None
        assert found.count == count
    again.close()


def test_what_was_written_before_a_crash_is_found(folder: Path) -> None:
    project = Project(folder)
    project.save()
    write_labels(project.place / "c_labels.tif", squares(2).labels)  # its entry was not
    project._results.release()
    again = Project(folder)
    found = again.objects("c.tif")
    assert found is not None
    assert found.count == 2
    again.close()


def test_after_a_process_was_killed_the_folder_opens_with_all_that_was_saved(folder: Path) -> None:
    work = """
import os, sys
import numpy as np
from napari_discembed.session.project import Project
from napari_discembed.types import Segmentation
project = Project(sys.argv[1])
objects = Segmentation(np.eye(8, dtype=np.uint16))
project.put("a.png", objects)
project.current = "c.tif"
project.save()
project.put("c.tif", objects)
os._exit(9)
"""
    ended = subprocess.run([sys.executable, "-c", work, str(folder)], check=False)
    assert ended.returncode == 9
    again = Project(folder)
    assert again.why_unsaved == ""
    assert [str(again.entry(name).state) for name in again.names] == ["found", "new", "new"]
    assert again.current == "c.tif"
    again.close()


def test_a_second_window_sees_all_and_writes_nothing(folder: Path) -> None:
    first = Project(folder)
    first.put("a.png", squares(3))
    first.save()
    second = Project(folder)
    assert "another window" in second.why_unsaved
    assert second.entry("a.png").count == 3
    second.put("a.png", squares(1))
    second.check("a.png", on=True)
    second.close()
    first.close()
    third = Project(folder)
    assert third.why_unsaved == ""
    assert third.entry("a.png").count == 3
    third.close()


def test_where_nothing_can_be_written_work_goes_on_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    project = Project(folder)
    assert "Permission denied" in project.why_unsaved
    project.put("a.png", squares(3))
    project.save()
    project.save()
    assert project.entry("a.png").count == 3
    found = project.objects("a.png")
    assert found is not None
    assert found.count == 3
    project.close()
    assert not project.place.exists()


def test_where_nothing_can_be_written_beside_the_results_lie_among_the_images(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def refuse_beside(path: Path, *args: object, **more: object) -> None:
        if path.parent == folder.parent:
            raise PermissionError(13, "Permission denied")
        mkdir(path, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refuse_beside)
    project = Project(folder)
    project.put("a.png", squares(3))
    project.close()
    again = Project(folder)
    assert again.place == folder / "Röschen im Topf_discembed"
    assert again.entry("a.png").count == 3
    assert len(again.names) == 3
    again.close()


def test_a_full_disk_is_told_and_the_next_save_writes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    project = Project(folder)
    with monkeypatch.context() as patch:
        patch.setattr("napari_discembed.session.project.write_segmentation", full)
        project.put("a.png", squares(3))
        project.save()
        assert "No space left" in project.trouble
    project.save()
    assert project.trouble == ""
    assert read_labels(project.place / "a_labels.tif").max() == 3
    project.close()


def test_a_folder_of_that_name_with_anything_else_is_left_alone(folder: Path) -> None:
    other = folder.with_name(f"{folder.name}_discembed")
    other.mkdir()
    (other / "project.json").write_text('{"by": "another program"}')
    project = Project(folder)
    project.put("a.png", squares(3))
    project.close()
    assert [p.name for p in other.iterdir()] == ["project.json"]
    again = Project(folder)
    assert again.place.name == "Röschen im Topf_discembed 2"
    assert again.entry("a.png").count == 3
    again.close()


def test_labels_and_tables_of_another_program_are_not_replaced(folder: Path) -> None:
    project = Project(folder)
    project.save()
    theirs = project.place / "a_labels.tif"
    tifffile.imwrite(theirs, np.ones((8, 32), np.uint8))
    (project.place / "counts.csv").write_text("mine,too\n")
    before = theirs.read_bytes()
    project.put("a.png", squares(3))
    project.close()
    assert theirs.read_bytes() == before
    assert (project.place / "counts.csv").read_text() == "mine,too\n"
    again = Project(folder)
    assert again.entry("a.png").labels == "a_labels 2.tif"
    assert is_ours(again.place / "a_labels 2.tif")
    again.close()


def test_a_damaged_file_is_kept_and_the_labels_are_taken_up(folder: Path) -> None:
    project = Project(folder)
    project.put("a.png", squares(3))
    project.close()
    (project.place / "project.json").write_text('{"kind": ')
    again = Project(folder)
    assert again.place == project.place
    assert "project.unreadable.json" in again.notes[0]
    assert (again.place / "project.unreadable.json").read_text() == '{"kind": '
    found = again.objects("a.png")
    assert found is not None
    assert found.count == 3
    again.close()


def test_a_damaged_entry_costs_that_image_alone(folder: Path) -> None:
    project = Project(folder)
    project.put("a.png", squares(3))
    project.put("c.tif", squares(2))
    project.close()
    path = project.place / "project.json"
    values = json.loads(path.read_text())
    values["entries"]["c.tif"]["labels"] = "../elsewhere.tif"
    path.write_text(json.dumps(values))
    again = Project(folder)
    assert "c.tif" in again.notes[0]
    assert again.entry("a.png").count == 3
    assert again.entry("c.tif").labels == "c_labels.tif"  # found again by its name
    again.close()


def test_what_a_newer_release_wrote_is_kept(folder: Path) -> None:
    project = Project(folder)
    project.put("a.png", squares(3))
    project.close()
    path = project.place / "project.json"
    values = json.loads(path.read_text())
    values["plates"] = ["A1"]
    values["entries"]["a.png"] |= {"state": "reviewed", "well": "A1"}
    del values["entries"]["a.png"]["crc32"]
    path.write_text(json.dumps(values))
    again = Project(folder)
    assert again.entry("a.png").state is State.found
    again.close()
    values = json.loads(path.read_text())
    assert values["plates"] == ["A1"]
    assert values["entries"]["a.png"]["well"] == "A1"


def test_a_path_that_leads_out_of_the_results_is_refused(folder: Path) -> None:
    from napari_discembed.session.project_files import Entry

    for name in ("../a.tif", "/a.tif", "x/../../a.tif", "..\\a.tif", "C:/a.tif"):
        with pytest.raises(ValueError, match="below the folder"):
            Entry(labels=name)


def test_a_folder_without_images_says_so_and_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    project = Project(folder)
    assert project.names == []
    assert project.current == ""
    assert "No images" in project.notes[0]
    project.close()
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]
    with pytest.raises(InputError, match="expected a folder"):
        Project(tmp_path / "none")


def test_an_image_that_has_gone_is_remembered_until_it_comes_back(folder: Path) -> None:
    project = Project(folder)
    project.put("c.tif", squares(3))
    project.close()
    aside = folder.with_name("c.tif")
    (folder / "c.tif").rename(aside)
    without = Project(folder)
    assert without.names == ["a.png", "blé d'été.tif"]
    without.close()
    aside.rename(folder / "c.tif")
    again = Project(folder)
    assert again.entry("c.tif").count == 3
    again.close()


def test_the_folder_of_the_root_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_place, "is_project", lambda _path: False)
    assert project_place.place_of(Path("/")).name.startswith("images_discembed")
