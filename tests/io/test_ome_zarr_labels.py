"""Labels in the store of their image: whole or not there, as the format asks, as an independent
library reads them."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydantic_zarr.v2
import pytest
import zarr
from ome_zarr_models import v04, v05

from napari_discembed.errors import DiscembedError, FileFormatError, InputError
from napari_discembed.io.labels import read_segmentation
from napari_discembed.io.ome_zarr import label_target
from napari_discembed.io.ome_zarr import labels as writing
from napari_discembed.io.ome_zarr.label_metadata import notes_of
from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.labels import fill_coarser, write_labels_into
from napari_discembed.progress import run
from napari_discembed.types import Kind, Provenance

Write = Callable[..., Path]
GREY = np.ones((40, 48), np.uint8)
FOUND = np.arange(40 * 48, dtype=np.uint16).reshape(40, 48)
NOTES = notes_of(None, (), Provenance("1", "nuclei"))
# Python 3.11 and its pydantic: what is imported for types alone is not there when it is needed.
for kind in (v04.Image, v04.ImageLabel):
    kind.model_rebuild(force=True, _types_namespace=vars(pydantic_zarr.v2))
FORMATS = pytest.mark.parametrize(("zarr_format", "version"), [(2, v04), (3, v05)])


def write(path: Path, labels: np.ndarray = FOUND, *, overwrite: bool = False, **where: Any) -> None:
    target = LabelTarget.of(path, where.pop("name", "cells"), **where)
    run(write_labels_into(target, labels, "YX", NOTES, overwrite=overwrite))


def listed(path: Path) -> list[str]:
    """Return the labels that a store lists."""
    about = dict(zarr.open_group(str(path / "labels"), mode="r").attrs)
    return about.get("ome", about)["labels"]


@FORMATS
def test_another_library_finds_the_labels_valid_and_as_its_image(
    write_ome_zarr: Write, tmp_path: Path, zarr_format: int, version: Any
) -> None:
    shift = [
        {"type": "scale", "scale": [9, 1, 0.5, 0.25]},
        {"type": "translation", "translation": [0, 0, 3, 4]},
    ]
    path = write_ome_zarr(
        tmp_path / "a.zarr", GREY[None, None], "TCYX", zarr_format=zarr_format,
        datasets=[{"path": "0", "coordinateTransformations": shift}],
    )  # fmt: skip
    write(path)
    assert listed(path) == ["cells"]
    found = version.ImageLabel.from_zarr(zarr.open_group(str(path / "labels" / "cells"), mode="r"))
    about = found.attributes if zarr_format == 2 else found.attributes.ome
    assert about.image_label.source.image == "../../"
    multiscale = about.multiscales[0]
    assert [axis.name for axis in multiscale.axes] == ["t", "y", "x"]
    scale, translation = multiscale.datasets[0].coordinateTransformations
    assert (scale.scale, translation.translation) == ([9, 0.5, 0.25], [0, 3, 4])
    stored = zarr.open_group(str(path / "labels" / "cells"), mode="r")
    np.testing.assert_array_equal(stored["0"][0], FOUND)
    assert stored.attrs["discembed"]["model"] == "nuclei"


@FORMATS
def test_labels_have_the_levels_of_their_image_and_numbers_of_the_nearest_pixels(
    write_ome_zarr: Write, tmp_path: Path, zarr_format: int, version: Any
) -> None:
    path = write_ome_zarr(
        tmp_path / "a.zarr", GREY[:39], zarr_format=zarr_format, levels=3, scale=(0.5, 0.5)
    )
    write(path, FOUND[:39])
    for level in range(3):
        found = read_segmentation(path / "labels" / "cells", level=level)
        assert found.pixel_size == (0.5 * 2**level,) * 2
        assert found.labels.shape == (-(-39 // 2**level), 48 // 2**level)
        assert np.isin(found.labels, FOUND).all()
        near = FOUND[min(38, 2**level * 5 + 2**level // 2), 2**level * 7 + 2**level // 2]
        assert abs(int(found.labels[5, 7]) - int(near)) <= 48 * 2**level  # no mean, no other place


def test_a_coarser_level_that_was_segmented_has_labels_from_there(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, levels=3, scale=(0.5, 0.5))
    write(path, FOUND[:20, :24], level=1)
    found = read_segmentation(path / "labels" / "cells")
    assert (found.labels.shape, found.pixel_size) == ((20, 24), (1, 1))
    with pytest.raises(InputError, match="expected labels of axes YX and shape"):
        write(path, FOUND, level=1, name="other")


def test_the_kinds_of_objects_are_properties(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, zarr_format=2)
    notes = notes_of(np.array([2, 0, 1]), (Kind("leaf"), Kind("bud")), Provenance())
    run(write_labels_into(LabelTarget.of(path, "cells"), FOUND, "YX", notes))
    found = v04.ImageLabel.from_zarr(zarr.open_group(str(path / "labels" / "cells"), mode="r"))
    named = [
        (p.label_value, p.model_extra["class"]) for p in found.attributes.image_label.properties
    ]
    assert named == [(1, "bud"), (3, "leaf")]


@FORMATS
def test_labels_that_are_there_are_kept_unless_told(
    write_ome_zarr: Write, tmp_path: Path, zarr_format: int, version: Any
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, zarr_format=zarr_format)
    write(path, name="by hand")
    write(path)
    with pytest.raises(InputError, match=r"cells is there. Choose another --label-name, or say"):
        write(path, FOUND + 1)
    assert read_segmentation(path / "labels" / "cells").labels[0, 0] == 0
    write(path, FOUND + 1, overwrite=True)
    assert read_segmentation(path / "labels" / "cells").labels[0, 0] == 1
    assert listed(path) == ["by hand", "cells"]
    assert [
        p.name
        for p in (path / "labels").iterdir()
        if p.name not in (".zgroup", ".zattrs", "zarr.json")
    ] != []


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp", ".hidden", "_x"])
def test_a_name_stays_within_the_store(write_ome_zarr: Write, tmp_path: Path, name: str) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)
    with pytest.raises(InputError, match="Expected a label name of letters"):
        write(path, name=name)


def files(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def test_a_writing_that_is_cancelled_leaves_nothing(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, levels=2)
    before = files(path)
    job = write_labels_into(LabelTarget.of(path, "cells"), FOUND, "YX", NOTES)
    next(job)
    assert files(path) != before
    job.close()
    assert files(path) == before


def test_a_full_disk_is_one_sentence_and_leaves_the_labels_of_before(
    write_ome_zarr: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY, levels=2)
    write(path)
    before = files(path)

    def full(levels: list[Any]) -> Any:
        yield from fill_coarser(levels)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "fill_coarser", full)
    with pytest.raises(DiscembedError, match="the disk is full; no labels were written into it"):
        write(path, FOUND + 1, overwrite=True)
    assert files(path) == before
    assert read_segmentation(path / "labels" / "cells").labels[0, 0] == 0


def test_a_store_that_is_read_only_is_told_before_anything_is_done(
    write_ome_zarr: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)

    def refused(dir: Path) -> Any:  # noqa: A002
        raise PermissionError(errno.EACCES, "Permission denied", str(dir))

    monkeypatch.setattr(label_target.tempfile, "TemporaryFile", refused)
    with pytest.raises(DiscembedError, match="the store is read-only, and its labels are written"):
        LabelTarget.of(path, "cells").check_free(overwrite=False)


def test_a_list_of_labels_that_is_damaged_is_not_replaced(
    write_ome_zarr: Write, tmp_path: Path
) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)
    write(path, name="by hand")
    (path / "labels" / "zarr.json").write_text("{ cut")
    with pytest.raises(FileFormatError, match="not the metadata of a zarr group, damaged"):
        write(path)
    assert (path / "labels" / "zarr.json").read_text() == "{ cut"


def test_what_others_say_of_their_labels_stays(write_ome_zarr: Write, tmp_path: Path) -> None:
    path = write_ome_zarr(tmp_path / "a.zarr", GREY)
    write(path, name="by hand")
    about = json.loads((path / "labels" / "zarr.json").read_text())
    about["attributes"]["note"] = "mine"
    (path / "labels" / "zarr.json").write_text(json.dumps(about))
    write(path)
    assert zarr.open_group(str(path / "labels"), mode="r").attrs["note"] == "mine"
    assert listed(path) == ["by hand", "cells"]
