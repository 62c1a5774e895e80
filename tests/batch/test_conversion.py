"""Objects from one format to another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.conversion import Conversion, Format
from napari_discembed.batch.object_files import ImageFiles
from napari_discembed.batch.sources import Source
from napari_discembed.errors import InputError
from napari_discembed.io.instances import read_all_instances, read_instances, write_instances
from napari_discembed.io.labels import read_segmentation, write_labels
from napari_discembed.types import Instances


def overlapping(name: str = "a") -> Instances:
    """Return a square, and a dot in it; another dot that the second one hides."""
    masks = np.zeros((3, 4, 4), bool)
    masks[0, :3, :3] = masks[1, 1, 1] = masks[2, 1, 1] = True
    return Instances.of_masks(masks, name=name)


def source(path: Path) -> Source:
    return Source(path, Path(path.stem))


def test_labels_become_every_format_and_come_back(tmp_path: Path) -> None:
    labels = np.array([[0, 3, 3], [7, 0, 3]], np.uint16)
    write_labels(tmp_path / "a_labels.tif", labels, pixel_size=(0.5,), unit="micrometer")
    for kind in (Format.roi, Format.geojson, Format.coco):
        out = tmp_path / kind
        conversion = Conversion(kind, out)
        conversion.convert(source(tmp_path / "a_labels.tif"))
        conversion.finish()
        [written] = out.iterdir()
        assert written.name == ("objects.json" if kind.of_all else f"a{kind.ending}")
        Conversion(Format.labels, out).convert(source(written))
        name = "objects" if kind.of_all else "a"
        back = read_segmentation(out / f"{name}_labels.tif")
        assert (back.labels == labels).all()
        assert (back.pixel_size, back.unit) == ((0.5, 0.5), "micrometer")


def test_overlaps_and_what_is_lost_by_them_are_counted(tmp_path: Path) -> None:
    write_instances(tmp_path / "a.zip", overlapping())
    [done] = Conversion(Format.labels, tmp_path).convert(source(tmp_path / "a.zip"))
    assert (len(done.instances), done.overlapping, done.lost) == (3, 3, 1)
    assert read_segmentation(tmp_path / "a_labels.tif").labels[1, 1] == 2
    [done] = Conversion(Format.labels, tmp_path / "b", winner="largest").convert(
        source(tmp_path / "a.zip")
    )
    assert done.lost == 2


def test_images_say_size_pixel_size_intensities_and_names(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    image = np.full((4, 4), 9, np.uint16)
    tifffile.imwrite(
        tmp_path / "images" / "a_rgb.tif",
        image,
        imagej=True,
        resolution=(2, 2),
        metadata={"unit": "um"},
    )
    write_labels(tmp_path / "a_mask.tif", np.eye(4, dtype=np.uint8))
    files = ImageFiles.of(tmp_path / "images")
    conversion = Conversion(Format.csv, tmp_path / "a.csv", files)
    conversion.convert(source(tmp_path / "a_mask.tif"))
    assert conversion.finish() == tmp_path / "a.csv"
    head, row = (line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["image"], found["area"], found["unit"]) == ("a", "1.0", "micrometer")
    assert found["intensity_mean_0"] == "9.0"
    conversion = Conversion(Format.coco, tmp_path, files)
    conversion.convert(source(tmp_path / "a_mask.tif"))
    conversion.finish()
    assert '"file_name": "a_rgb.tif"' in (tmp_path / "objects.json").read_text()


def test_one_image_may_be_named_for_outlines_without_a_size(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "photo.tif", np.zeros((5, 6), np.uint8))
    (tmp_path / "a.geojson").write_text(
        '{"type": "Feature", "geometry": {"type": "Polygon", '
        '"coordinates": [[[0, 0], [2, 0], [2, 1], [0, 1]]]}}'
    )
    with pytest.raises(InputError, match="does not say how large its image is"):
        Conversion(Format.labels, tmp_path).convert(source(tmp_path / "a.geojson"))
    files = ImageFiles.of(tmp_path / "photo.tif")
    Conversion(Format.labels, tmp_path, files).convert(source(tmp_path / "a.geojson"))
    assert read_segmentation(tmp_path / "a_labels.tif").labels.shape == (5, 6)


def test_images_of_a_coco_file_are_written_below_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "in" / "a.json"
    names = ["day/one", "../../out", "/etc/x", "a:b"]
    write_instances(path, [replace(overlapping(), name=name) for name in names])
    found = Conversion(Format.labels, tmp_path / "out").convert(source(path))
    assert [each.instances.name for each in found] == names
    written = {p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.rglob("*_labels.tif")}
    assert written == {
        "day/one_labels.tif",
        "out_labels.tif",
        "etc/x_labels.tif",
        "a_b_labels.tif",
    }


def test_what_is_there_is_replaced_only_if_asked(tmp_path: Path) -> None:
    write_instances(tmp_path / "a.zip", overlapping())
    for kind in (Format.labels, Format.geojson):
        mine = tmp_path / f"a{kind.ending}"
        mine.write_text("mine")
        with pytest.raises(InputError, match="is there"):
            Conversion(kind, tmp_path).convert(source(tmp_path / "a.zip"))
        assert mine.read_text() == "mine"
        Conversion(kind, tmp_path, overwrite=True).convert(source(tmp_path / "a.zip"))
        assert len(read_instances(mine)) in (2, 3)
    (tmp_path / "objects.json").write_text("mine")
    with pytest.raises(InputError, match="is there"):
        Conversion(Format.coco, tmp_path)


def test_two_images_of_one_file_or_name_are_told(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_instances(tmp_path / folder / "a.zip", overlapping())
    sources = [source(tmp_path / folder / "a.zip") for folder in ("one", "two")]
    conversion = Conversion(Format.coco, tmp_path)
    conversion.convert(sources[0])
    with pytest.raises(InputError, match="Two images are called a"):
        conversion.convert(sources[1])
    conversion = Conversion(Format.geojson, tmp_path / "all.geojson")
    conversion.convert(sources[0])
    with pytest.raises(InputError, match="both be written"):
        conversion.convert(replace(sources[1], relative=Path("b")))
    conversion = Conversion(Format.labels, tmp_path / "out", overwrite=True)
    conversion.convert(sources[0])
    with pytest.raises(InputError, match="both be written"):
        conversion.convert(sources[1])


def test_nothing_is_written_where_nothing_was_read(tmp_path: Path) -> None:
    assert Conversion(Format.coco, tmp_path / "out").finish() is None
    assert not (tmp_path / "out").exists()


def test_a_coco_file_goes_to_coco_with_its_names(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    write_instances(path, [overlapping("a"), overlapping("b")])
    conversion = Conversion(Format.coco, tmp_path / "out.json")
    conversion.convert(source(path))
    conversion.finish()
    assert [each.name for each in read_all_instances(tmp_path / "out.json")] == ["a", "b"]
