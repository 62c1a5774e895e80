"""Label images written tile by tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_discembed.inference.blocks import plan_blocks
from napari_discembed.io.label_tiles import LabelFile
from napari_discembed.io.labels import is_ours, read_segmentation
from napari_discembed.progress import run


@pytest.mark.parametrize(("shape", "dtype"), [((100, 75), np.uint16), ((3, 40, 70), np.uint32)])
def test_blocks_give_the_file_of_the_whole(
    shape: tuple[int, ...], dtype: type, tmp_path: Path
) -> None:
    labels = np.random.default_rng(0).integers(0, 60_000, shape).astype(dtype)
    boxes = plan_blocks(shape, 32 if len(shape) == 2 else 64, 16)
    path, size = tmp_path / "a" / "labels.tif", (2.0, 0.5, 0.25)[-len(shape) :]
    file = LabelFile(path, shape, dtype, 16, size, "micrometer")
    run(file.write(((box, labels[box]) for box in boxes), len(boxes)))
    found = read_segmentation(path)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.labels.dtype == dtype
    assert (found.axes, found.pixel_size, found.unit) == ("ZYX"[-len(shape) :], size, "micrometer")
    assert is_ours(path)


def test_a_writing_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "labels.tif", (32, 32), np.uint8, 16, (1.0, 1.0))
    boxes = plan_blocks((32, 32), 16, 16)
    job = file.write(((box, np.ones((16, 16), np.uint8)) for box in boxes), len(boxes))
    next(job)
    job.close()
    assert list(tmp_path.iterdir()) == []
