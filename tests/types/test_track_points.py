"""Where tracked objects are, as napari and tables take them."""

from __future__ import annotations

import numpy as np

from napari_discembed.types import (
    Links,
    Numbering,
    Segmentation,
    Tracks,
    TrackTable,
    napari_tracks,
    point_table,
    track_table,
)


def divided() -> Tracks:
    labels = np.array([[[1, 1, 0, 0]], [[2, 3, 0, 0]], [[2, 3, 3, 0]]], dtype=np.uint16)
    movie = Segmentation(
        labels, "TYX", numbering=Numbering.through_time, pixel_size=(2.0, 0.5), unit="micrometer"
    )
    table = TrackTable.of([(1, 0, 0, 0), (2, 1, 2, 1), (3, 1, 2, 1)])
    numbers = np.array([[1, 2], [1, 3], [2, 2], [3, 3]])
    frames = np.array([[0, 1], [0, 1], [1, 2], [1, 2]])
    return Tracks(movie, table, Links(frames, numbers, np.array([0.9, 0.4, 0.7, 0.6])))


def test_napari_gets_rows_of_track_frame_and_centroid_in_pixels_and_the_graph() -> None:
    data, graph = napari_tracks(divided())
    assert data.tolist() == [
        [1, 0, 0, 0.5],
        [2, 1, 0, 0],
        [2, 2, 0, 0],
        [3, 1, 0, 1],
        [3, 2, 0, 1.5],
    ]
    assert graph == {2: [1], 3: [1]}


def test_the_table_of_tracks_has_a_row_each() -> None:
    table = track_table(divided())
    assert table["track"].tolist() == [1, 2, 3]
    assert table["frames"].tolist() == [1, 2, 2]
    assert table["area_begin"].tolist() == [2, 1, 1]
    assert table["area_end"].tolist() == [2, 1, 2]
    assert table["area_mean"].tolist() == [2, 1, 1.5]
    assert np.isnan(table["confidence"][0])
    assert table["confidence"][1:].tolist() == [0.7, 0.4]


def test_the_table_of_points_is_in_the_units_of_the_image() -> None:
    table = point_table(divided())
    assert table["frame"].tolist() == [0, 1, 2, 1, 2]
    assert table["parent"].tolist() == [0, 1, 1, 1, 1]
    assert table["centroid_x"].tolist() == [0.25, 0, 0, 0.5, 0.75]
    assert table.unit == "micrometer"


def test_no_tracks_make_empty_tables() -> None:
    empty = Segmentation(np.zeros((2, 1, 1), np.uint8), "TYX", numbering=Numbering.through_time)
    tracks = Tracks(empty, TrackTable.of([]))
    data, graph = napari_tracks(tracks)
    assert (data.shape, graph) == ((0, 4), {})
    assert len(track_table(tracks)) == len(point_table(tracks)) == 0
