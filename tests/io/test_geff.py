"""GEFF: what the library reads again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.io.geff import write_geff
from napari_discembed.types import Links, Numbering, Segmentation, Tracks, TrackTable

geff = pytest.importorskip("geff")


def divided(unit: str = "micrometer") -> Tracks:
    labels = np.array([[[1, 1, 0, 4]], [[2, 3, 0, 0]], [[2, 3, 3, 4]]], dtype=np.uint16)
    movie = Segmentation(
        labels, "TYX", numbering=Numbering.through_time, pixel_size=(0.5, 0.25), unit=unit
    )
    table = TrackTable.of([(1, 0, 0, 0), (2, 1, 2, 1), (3, 1, 2, 1), (4, 0, 2, 0)])
    frames = np.array([[0, 1], [0, 1], [1, 2], [1, 2], [0, 2]])
    numbers = np.array([[1, 2], [1, 3], [2, 2], [3, 3], [4, 4]])
    return Tracks(movie, table, Links(frames, numbers, np.array([0.9, 0.8, 0.7, 0.6, 0.5])))


def test_the_library_opens_what_is_written(tmp_path: Path) -> None:
    write_geff(tmp_path / "movie.geff", divided())
    graph, about = geff.read(tmp_path / "movie.geff", structure_validation=True)
    assert about.directed
    assert [axis.name for axis in about.axes] == ["t", "y", "x"]
    assert [axis.type for axis in about.axes] == ["time", "space", "space"]
    assert [axis.scale for axis in about.axes] == [None, 0.5, 0.25]
    assert [axis.scaled_unit for axis in about.axes] == [None, "micrometer", "micrometer"]
    nodes = {n: (d["track"], d["t"], d["x"]) for n, d in graph.nodes(data=True)}
    assert sorted(nodes.values()) == [
        (1, 0, 0.5),
        (2, 1, 0),
        (2, 2, 0),
        (3, 1, 1),
        (3, 2, 1.5),
        (4, 0, 3),
        (4, 2, 3),
    ]
    edges = {
        (nodes[a][0], nodes[a][1], nodes[b][0], nodes[b][1]): round(d["confidence"], 3)
        for a, b, d in graph.edges(data=True)
    }
    assert edges == {
        (1, 0, 2, 1): 0.9,
        (1, 0, 3, 1): 0.8,
        (2, 1, 2, 2): 0.7,
        (3, 1, 3, 2): 0.6,
        (4, 0, 4, 2): 0.5,
    }
    assert {d["track"]: d["lineage"] for _, d in graph.nodes(data=True)} == {1: 1, 2: 1, 3: 1, 4: 4}


def test_its_tracks_and_lineages_are_valid(tmp_path: Path) -> None:
    from geff.core_io import read_to_memory
    from geff.validate.data import ValidationConfig

    write_geff(tmp_path / "movie.geff", divided())
    checks = ValidationConfig(graph=True, lineage=True, tracklet=True)
    read_to_memory(tmp_path / "movie.geff", data_validation=checks)


def test_nothing_tracked_is_a_store_too(tmp_path: Path) -> None:
    empty = Segmentation(np.zeros((2, 1, 1), np.uint8), "TYX", numbering=Numbering.through_time)
    write_geff(tmp_path / "movie.geff", Tracks(empty, TrackTable.of([])))
    assert geff.read(tmp_path / "movie.geff")[0].number_of_nodes() == 0


def test_a_store_of_ours_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    path = tmp_path / "movie.geff"
    write_geff(path, divided())
    write_geff(path, divided("pixel"))
    assert geff.read(path)[1].axes[1].scale is None
    (path / ".zattrs").write_text("{}")
    with pytest.raises(InputError, match="holds something else"):
        write_geff(path, divided())


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.geff"):
        write_geff(tmp_path / "movie.zarr", divided())
