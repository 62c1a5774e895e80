"""Writers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.errors import InputError
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.widgets.contributions.readers import embedding_reader
from napari_discembed.widgets.contributions.writers import (
    write_embedding_of,
    write_labels_and_table,
)
from napari_discembed.widgets.layers import FRAMES

from ..conftest import embedding_of, squares


def test_an_embedding_is_written_and_read_as_views(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "a.dembed", embedding_of(squares(2)))
    reader = embedding_reader(str(folder))
    assert reader is not None
    layers = reader(str(folder))
    assert [about["name"] for _, about, _ in layers] == ["image | colours", "image | foreground"]
    [written] = write_embedding_of(str(tmp_path / "b.dembed"), layers[0][0], layers[0][1])
    assert (read_embedding(written).values == embedding_of(squares(2)).values).all()
    with pytest.raises(InputError, match="shows no embedding"):
        write_embedding_of(str(tmp_path / "c.dembed"), layers[0][0], {"name": "x"})


def test_labels_are_written_with_their_table(tmp_path: Path) -> None:
    about = {"scale": (0.5, 0.5), "units": ("um", "um"), "name": "cells"}
    paths = write_labels_and_table(str(tmp_path / "cells.tif"), squares(3), about)
    assert [Path(p).name for p in paths] == ["cells.tif", "cells.csv"]
    assert (tifffile.imread(paths[0]) == squares(3)).all()
    assert len(Path(paths[1]).read_text().splitlines()) == 4


def test_a_time_lapse_is_written_with_its_frames(tmp_path: Path) -> None:
    labels = np.stack([squares(3)] * 2)
    about = {"scale": (1, 0.5, 0.5), "metadata": {FRAMES: "T"}, "name": "film"}
    path, table = write_labels_and_table(str(tmp_path / "film.tif"), labels, about)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "TYX"
    rows = Path(table).read_text().splitlines()
    assert rows[0].startswith("frame,label,pixels,area")
    assert len(rows) == 7


def test_an_unrelated_table_of_the_same_name_stays(tmp_path: Path) -> None:
    mine = tmp_path / "results.csv"
    mine.write_text("plant,weight\n1,3.5\n")
    for _ in range(2):
        paths = write_labels_and_table(str(tmp_path / "results.tif"), squares(3), {"name": "x"})
    assert mine.read_text() == "plant,weight\n1,3.5\n"
    assert Path(paths[1]).name == "results 3.csv"
    (tmp_path / "results.csv").unlink()
    for _ in range(2):  # a table of objects is replaced with its labels
        paths = write_labels_and_table(str(tmp_path / "results.tif"), squares(3), {"name": "x"})
        assert Path(paths[1]).name == "results.csv"


def test_kinds_are_written_with_the_labels_and_read_again(tmp_path: Path) -> None:
    from napari_discembed.types import Segmentation
    from napari_discembed.types.kinds import named_kinds
    from napari_discembed.widgets.contributions.readers import pairs_reader
    from napari_discembed.widgets.layers.kinds import KINDS, metadata_of_kinds

    found = Segmentation(squares(2), classes=np.array([2, 1]), kinds=named_kinds(["leaf", "seed"]))
    metadata = metadata_of_kinds(found)
    about = {"name": "cells", "metadata": metadata}
    paths = write_labels_and_table(str(tmp_path / "a_labels.tif"), squares(2), about)
    assert "seed" in Path(paths[1]).read_text()
    Path(paths[1]).unlink()
    tifffile.imwrite(tmp_path / "a.tif", squares(2).astype(np.uint8))
    reader = pairs_reader(str(tmp_path))
    assert reader is not None
    [read] = [about for _, about, kind in reader(str(tmp_path)) if kind == "labels"]
    assert read["metadata"][KINDS] == {1: "seed", 2: "leaf"}
