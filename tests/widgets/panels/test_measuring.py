"""What the Count dock shows, without a dock."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_discembed.batch.results import FileResult
from napari_discembed.batch.sources import Source
from napari_discembed.progress import Progress, run
from napari_discembed.types import Segmentation
from napari_discembed.widgets.layers import layer_image, layer_segmentation
from napari_discembed.widgets.panels.measuring import (
    as_columns,
    describe,
    file_rows,
    measure_layer,
    size_unit,
    summary_rows,
)


def segmentation(*shape: int, frames: str = "", said: int | None = None) -> Segmentation:
    labels = np.ones(shape, np.uint8)
    scale = (9.0, -4.0, 2.0, 0.5)[4 - len(shape) :]
    return layer_segmentation(labels, scale, "mm", "a", frame_axes=frames, n_frames=said)


def test_frames_are_measured_with_progress_and_their_intensities() -> None:
    film = segmentation(2, 4, 5, frames="T")
    image = layer_image(np.arange(40.0).reshape(2, 4, 5), film, "cells")
    seen: list[Progress] = []
    measured = run(measure_layer(film, image), seen.append)
    assert [progress.fraction for progress in seen] == [0, 0.5]
    assert (measured.frames, measured.frame_names) == (2, ("frame",))
    assert measured.columns["frame"].tolist() == [0, 1]
    assert measured.columns["intensity_mean_0"].tolist() == [9.5, 29.5]
    assert size_unit(measured.table) == "mm\u00b2"


def test_a_count_is_said_in_words() -> None:
    labels = np.array([[1, 1, 0, 2]])
    measured = run(measure_layer(Segmentation(labels)))
    assert describe(measured) == "2 objects\nTotal area 3 px\u00b2, each 1.5 \u00b1 0.7071 px\u00b2"
    one = run(measure_layer(segmentation(2, 4, 5)))
    assert describe(one) == "1 object\nTotal volume 160 mm\u00b3, each 160 mm\u00b3"
    assert describe(run(measure_layer(Segmentation(labels * 0)))) == "0 objects"
    film = run(measure_layer(segmentation(2, 4, 5, frames="T")))
    assert describe(film).startswith("2 objects in 2 frames, 1.0 each\nTotal area 40 ")


def test_each_frame_of_a_layer_is_a_row() -> None:
    columns = as_columns(summary_rows(segmentation(2, 4, 5, frames="T")))
    assert columns["image"].tolist() == ["a[0]", "a[1]"]
    assert columns["total_size"].tolist() == [20.0, 20.0]


def test_a_file_is_a_row_a_frame_or_one_that_says_why() -> None:
    source = Source(Path("in/a.tif"), Path("a"))
    row = {"image": "a.tif", "count": 1, "mean_size": 2.0, "sd_size": 0.0, "total_size": 2.0}
    rows = [{**row, "unit": "pixel^2", "frame": t, "seconds": 1} for t in range(2)]
    found = file_rows(FileResult(source, rows))
    assert [(r["image"], r["error"], "seconds" in r) for r in found] == [
        ("a.tif[0]", "", False), ("a.tif[1]", "", False),
    ]  # fmt: skip
    (failed,) = file_rows(FileResult(source, error="no picture"))
    assert (failed["image"], failed["count"], failed["error"]) == ("a.tif", None, "no picture")
    assert list(failed) == list(found[0])
