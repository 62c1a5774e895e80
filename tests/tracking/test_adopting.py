"""Tracks of other programs for masks that are here: who is whom, and what does not fit."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from napari_discembed import read_geff
from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.geff import write_geff
from napari_discembed.io.geff_reading import TrackGraph, read_graph
from napari_discembed.tracking.adopting import adopt
from napari_discembed.types import Axes, Links, Numbering, Segmentation, Tracks, TrackTable

pytest.importorskip("geff")

CELLS = np.zeros((3, 6, 8), np.uint16)
CELLS[0, 1:4, 1:5], CELLS[0, 5, 6:] = 7, 2
CELLS[1, 1:4, 1:3], CELLS[1, 1:4, 4:6] = 3, 9
CELLS[2, 1:4, 0:2], CELLS[2, 1:4, 5:7], CELLS[2, 5, 6:] = 1, 2, 3
"""One divides in two after the first frame; another, below, is missing in the second."""


def graph(rows: list[tuple[float, ...]], edges: list[tuple[int, int]], unit: str = "pixel"):
    table = np.array(rows, dtype=np.float64)
    axes = Axes("YX" if table.shape[1] == 3 else "ZYX")
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    unknown = np.full(len(ends), np.nan)
    return TrackGraph(table[:, 0].astype(int), table[:, 1:], axes, unit, ends, unknown, "theirs")


NODES = [(0, 2, 2), (0, 5, 6), (1, 2, 1), (1, 2, 5), (2, 2, 0), (2, 2, 6), (2, 5, 7)]
EDGES = [(0, 2), (0, 3), (2, 4), (3, 5), (1, 6)]


def about(unit: str = "pixel", size: tuple[float, ...] = (1.0, 1.0)) -> Segmentation:
    return Segmentation(CELLS, "TYX", pixel_size=size, unit=unit, name="cells")


def test_objects_take_the_tracks_of_the_nodes_that_lie_in_them() -> None:
    tracks, notes = adopt(graph(NODES, EDGES), CELLS, about())
    assert notes == []
    assert list(tracks.table.rows()) == [(1, 0, 2, 0), (2, 0, 0, 0), (3, 1, 2, 2), (4, 1, 2, 2)]
    assert ((tracks.labels > 0) == (CELLS > 0)).all()
    on_the_way = ((0, 2), (1, 1), (2, 0), (1, 5), (2, 6))
    assert [tracks.labels[t, 2, x] for t, x in on_the_way] == [2, 3, 3, 4, 4]
    assert tracks.labels[0, 5, 6] == tracks.labels[2, 5, 6] == 1
    assert tracks.segmentation.numbering is Numbering.through_time


def test_the_order_of_an_edge_does_not_matter() -> None:
    turned = [(b, a) for a, b in EDGES]
    assert (
        adopt(graph(NODES, turned), CELLS, about())[0].labels
        == adopt(graph(NODES, EDGES), CELLS, about())[0].labels
    ).all()


def test_what_passes_through_a_node_without_an_object_is_a_gap() -> None:
    between = [*NODES, (1, 5, 7)]  # nothing is there
    edges = [edge for edge in EDGES if edge != (1, 6)] + [(1, 7), (7, 6)]
    tracks, notes = adopt(graph(between, edges), CELLS, about())
    assert tracks.labels[0, 5, 6] == tracks.labels[2, 5, 6] == 1
    assert notes == ["1 node of 8 have no object of their own in the labels, and are gaps"]


def test_objects_without_a_node_are_tracks_of_their_own() -> None:
    tracks, notes = adopt(graph(NODES[:2], []), CELLS, about())
    assert len(tracks.table) == 7
    assert (tracks.table.begins == tracks.table.ends).all()
    assert notes == ["5 objects of 7 have no node, and are alone"]


def test_a_node_beside_its_object_finds_it_and_one_far_away_does_not() -> None:
    ring = np.zeros((2, 20, 20), np.uint8)
    ring[:, 2:11, 2:11] = 5
    ring[:, 4:9, 4:9] = 0
    where = Segmentation(ring, "TYX")
    inside, far = [(0, 6, 6), (1, 6, 6)], [(0, 6, 6), (1, 19, 19)]
    assert len(adopt(graph(inside, [(0, 1)]), ring, where)[0].table) == 1
    assert len(adopt(graph(far, [(0, 1)]), ring, where)[0].table) == 2


def test_a_node_beyond_the_image_is_of_nothing_at_its_border() -> None:
    beyond = [*NODES[:-1], (2, 5, 60)]
    tracks, notes = adopt(graph(beyond, EDGES), CELLS, about())
    assert tracks.labels[0, 5, 6] != tracks.labels[2, 5, 6]
    assert len(notes) == 2


def test_of_two_nodes_in_an_object_the_one_nearer_to_its_middle_has_it() -> None:
    one = np.zeros((2, 5, 9), np.uint8)
    one[0, 1:4, 1:8], one[1, 1:4, 1:4], one[1, 1:4, 5:8] = 1, 1, 2
    nodes = [(0, 2, 1), (0, 2, 5), (1, 2, 2), (1, 2, 6)]
    tracks, notes = adopt(graph(nodes, [(0, 2), (1, 3)]), one, Segmentation(one, "TYX"))
    assert tracks.labels[0, 2, 4] == tracks.labels[1, 2, 6] != tracks.labels[1, 2, 2]
    assert len(notes) == 1


def test_an_object_comes_from_one_other() -> None:
    edges = [*EDGES, (1, 4)]  # what divides and what is below become one
    tracks, notes = adopt(graph(NODES, edges), CELLS, about())
    assert tracks.labels[2, 2, 0] == tracks.labels[1, 2, 1]
    assert notes == [
        "1 link left out: an object comes from one other, not from several",
    ]


def test_units_are_those_of_the_pixel_size() -> None:
    rows = [(t, y * 0.5, x * 0.25) for t, y, x in NODES]
    sized = about("nanometer", (500.0, 250.0))
    tracks, notes = adopt(graph(rows, EDGES, "micrometer"), CELLS, sized)
    assert notes == []
    assert len(tracks.table) == 4
    with pytest.raises(InputError, match="in micrometer, and the labels have no pixel size"):
        adopt(graph(rows, EDGES, "micrometer"), CELLS, about())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(3, 2, 2)], "within 3 frames of labels, got frame 3"),
        ([(0, 0, 7)], "none of 1 node lies on an object"),
        ([(0, 1, 2, 2), (0, 2, 2, 2)], "expected places in YX, got ZYX"),
    ],
)
def test_tracks_of_another_movie_are_refused(rows: list[tuple[float, ...]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        adopt(graph(rows, []), CELLS, about())


def test_one_plane_is_no_volume() -> None:
    rows = [(t, 0.0, y, x) for t, y, x in NODES]
    assert len(adopt(graph(rows, EDGES), CELLS, about())[0].table) == 4


def test_no_nodes_no_tracks_but_of_one_frame() -> None:
    none = np.zeros(0, int), np.zeros((0, 2)), Axes("YX"), "pixel", np.zeros((0, 2), int)
    empty = TrackGraph(*none, np.zeros(0), "none")
    assert len(adopt(empty, CELLS, about())[0].table) == 7


def written(folder: Path, unit: str) -> tuple[Path, Tracks]:
    labels = adopt(graph(NODES, EDGES), CELLS, about())[0].labels
    movie = Segmentation(
        labels, "TYX", numbering=Numbering.through_time, pixel_size=(0.5, 0.25), unit=unit
    )
    table = TrackTable.of([(1, 0, 2, 0), (2, 0, 0, 0), (3, 1, 2, 2), (4, 1, 2, 2)])
    links = Links(np.array([[0, 1], [1, 2]]), np.array([[2, 4], [4, 4]]), np.array([0.25, 0.5]))
    tracks = Tracks(movie, table, links)
    write_geff(folder / "ours.geff", tracks)
    return folder / "ours.geff", tracks


@pytest.mark.parametrize("unit", ["pixel", "micrometer"])
def test_what_is_written_is_read_again(tmp_path: Path, unit: str) -> None:
    path, tracks = written(tmp_path, unit)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = read_geff(path, CELLS)
    assert (again.labels == tracks.labels).all()
    assert list(again.table.rows()) == list(tracks.table.rows())
    both = (again.links, tracks.links)
    sure = [sorted(zip(x.numbers.tolist(), x.confidence, strict=True)) for x in both]
    assert sure[0] == sure[1]


def test_a_person_is_told_what_does_not_fit(tmp_path: Path) -> None:
    path, _ = written(tmp_path, "pixel")
    more = CELLS.copy()
    more[0, 0, 7] = 100
    with pytest.warns(FileNote, match="1 object of 8 have no node"):
        assert len(read_geff(path, more).table) == 5


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    path, _ = written(tmp_path, "pixel")
    (path / ".zattrs").write_text('{"geff": {}}')
    with pytest.raises(FileFormatError, match="expected a GEFF store"):
        read_graph(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_graph(tmp_path / "none.geff")
    with pytest.raises(InputError, match=r"ends in \.geff or \.xml"):
        read_graph(tmp_path)


TRACKMATE = """<?xml version="1.0" encoding="UTF-8"?>
<TrackMate version="7.11.1">
 <Model spatialunits="micron" timeunits="sec">
  <FeatureDeclarations>
   <SpotFeatures>
    <Feature feature="QUALITY" name="Quality" shortname="Q" dimension="QUALITY" isint="false"/>
    <Feature feature="POSITION_X" name="X" shortname="X" dimension="POSITION" isint="false"/>
    <Feature feature="POSITION_Y" name="Y" shortname="Y" dimension="POSITION" isint="false"/>
    <Feature feature="POSITION_Z" name="Z" shortname="Z" dimension="POSITION" isint="false"/>
    <Feature feature="POSITION_T" name="T" shortname="T" dimension="TIME" isint="false"/>
    <Feature feature="FRAME" name="Frame" shortname="Frame" dimension="NONE" isint="true"/>
    <Feature feature="RADIUS" name="Radius" shortname="R" dimension="LENGTH" isint="false"/>
   </SpotFeatures>
   <EdgeFeatures>
    <Feature feature="SPOT_SOURCE_ID" name="S" shortname="S" dimension="NONE" isint="true"/>
    <Feature feature="SPOT_TARGET_ID" name="T" shortname="T" dimension="NONE" isint="true"/>
   </EdgeFeatures>
   <TrackFeatures>
    <Feature feature="TRACK_ID" name="Track" shortname="ID" dimension="NONE" isint="true"/>
   </TrackFeatures>
  </FeatureDeclarations>
  <AllSpots nspots="{n}">
{spots}
  </AllSpots>
  <AllTracks>
   <Track name="Track_0" TRACK_ID="0">
{edges}
   </Track>
  </AllTracks>
  <FilteredTracks><TrackID TRACK_ID="0"/></FilteredTracks>
 </Model>
</TrackMate>
"""


def trackmate(path: Path) -> Path:
    """Write the nodes as TrackMate does: in micrometers, a frame each five seconds."""
    spots = []
    for t in range(3):
        inside = "".join(
            f'<Spot ID="{i + 10}" name="{i}" QUALITY="1" POSITION_X="{x * 0.5}" '
            f'POSITION_Y="{y * 0.5}" POSITION_Z="0.0" POSITION_T="{5 * t}" FRAME="{t}" '
            'RADIUS="1" VISIBILITY="1"/>'
            for i, (frame, y, x) in enumerate(NODES)
            if frame == t
        )
        spots.append(f'<SpotsInFrame frame="{t}">{inside}</SpotsInFrame>')
    edges = "".join(
        f'<Edge SPOT_SOURCE_ID="{a + 10}" SPOT_TARGET_ID="{b + 10}"/>' for a, b in EDGES[:4]
    )
    path.write_text(TRACKMATE.format(n=len(NODES), spots="\n".join(spots), edges=edges))
    return path


def test_trackmate_is_read(tmp_path: Path) -> None:
    sized = about("micrometer", (0.5, 0.5))
    tracks = read_geff(trackmate(tmp_path / "movie.xml"), sized)
    # the two below have no link there
    assert sorted(parent for _, _, _, parent in tracks.table.rows()) == [0, 0, 0, 2, 2]
    assert tracks.labels[1, 2, 5] == tracks.labels[2, 2, 6]


def test_another_xml_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_text("<html></html>")
    with pytest.raises(FileFormatError, match="expected TrackMate's XML"):
        read_graph(other)
