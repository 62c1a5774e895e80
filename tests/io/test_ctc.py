"""The layout of the Cell Tracking Challenge, there and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.ctc import (
    RESULT,
    TRUTH,
    missing_numbers,
    numbered_files,
    read_ctc,
)
from napari_discembed.io.ctc_writer import write_ctc
from napari_discembed.types import Numbering, Segmentation, Tracks, TrackTable


def tracks_of(frames: Sequence[Sequence[int]], rows: Sequence[tuple[int, int, int, int]]) -> Tracks:
    """Return tracks in frames of one row of pixels."""
    labels = np.array(frames, dtype=np.uint32)[:, None, :]
    return Tracks(
        Segmentation(labels, "TYX", numbering=Numbering.through_time), TrackTable.of(rows)
    )


def divided() -> Tracks:
    return tracks_of(
        [[1, 1, 0], [2, 3, 0], [2, 3, 4]], [(1, 0, 0, 0), (2, 1, 2, 1), (3, 1, 2, 1), (4, 2, 2, 0)]
    )


def write_truth(folder: Path, masks: Sequence[Sequence[int]], text: str, digits: int = 3) -> Path:
    folder.mkdir(parents=True)
    for t, mask in enumerate(masks):
        pixels = np.array([mask], dtype=np.uint16)
        tifffile.imwrite(folder / f"man_track{t:0{digits}d}.tif", pixels)
    (folder / "man_track.txt").write_text(text)
    return folder


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_ctc(tmp_path / "01_RES", divided())
    names = sorted(path.name for path in (tmp_path / "01_RES").iterdir())
    assert names == ["mask000.tif", "mask001.tif", "mask002.tif", "res_track.txt"]
    assert tifffile.imread(tmp_path / "01_RES" / "mask000.tif").dtype == np.uint16
    again = read_ctc(tmp_path / "01_RES")
    assert (again.labels == divided().labels).all()
    assert list(again.table.rows()) == list(divided().table.rows())
    assert again.axes == "TYX"


def test_volumes_are_written_and_read_again(tmp_path: Path) -> None:
    labels = np.zeros((2, 3, 4, 5), dtype=np.uint16)
    labels[:, 1, 1, 1] = 1
    movie = Segmentation(labels, "TZYX", numbering=Numbering.through_time)
    write_ctc(tmp_path / "01_RES", Tracks(movie, TrackTable.of([(1, 0, 1, 0)])))
    assert read_ctc(tmp_path / "01_RES").axes == "TZYX"
    assert (read_ctc(tmp_path / "01_RES").labels == labels).all()


def test_the_truth_is_found_in_its_folder_or_in_the_one_above(tmp_path: Path) -> None:
    write_ctc(tmp_path / "01_GT" / "TRA", divided(), TRUTH)
    for folder in (tmp_path / "01_GT", tmp_path / "01_GT" / "TRA"):
        assert len(read_ctc(folder).table) == 4


@pytest.mark.parametrize("digits", [1, 3, 4])
def test_any_number_of_digits_is_read(tmp_path: Path, digits: int) -> None:
    folder = write_truth(tmp_path / "TRA", [[1], [1]], "1 0 1 0\n", digits)
    assert read_ctc(folder).n_frames == 2


def test_a_track_with_a_gap_is_written_as_two_of_which_one_is_the_parent(tmp_path: Path) -> None:
    gap = tracks_of(
        [[1, 2], [0, 2], [1, 2], [3, 4]], [(1, 0, 2, 0), (2, 0, 2, 0), (3, 3, 3, 1), (4, 3, 3, 1)]
    )
    write_ctc(tmp_path / "01_RES", gap)
    again = read_ctc(tmp_path / "01_RES")
    rows = [(1, 0, 0, 0), (2, 0, 2, 0), (3, 3, 3, 5), (4, 3, 3, 5), (5, 2, 2, 1)]
    assert list(again.table.rows()) == rows
    assert again.labels[2, 0].tolist() == [5, 2]


def test_a_result_of_ours_is_replaced_and_one_of_others_is_not(tmp_path: Path) -> None:
    write_ctc(tmp_path / "01_RES", divided())
    write_ctc(tmp_path / "01_RES", tracks_of([[1]], [(1, 0, 0, 0)]))
    assert len(numbered_files(tmp_path / "01_RES")) == 1
    tifffile.imwrite(tmp_path / "01_RES" / "mask000.tif", np.ones((1, 1), np.uint16))
    with pytest.raises(InputError, match="holds something else"):
        write_ctc(tmp_path / "01_RES", divided())


def test_numbers_beyond_sixteen_bits_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"up to 65535.*got 65536"):
        write_ctc(tmp_path / "01_RES", tracks_of([[65536]], [(65536, 0, 0, 0)]))
    assert not any(tmp_path.iterdir())


def test_a_missing_frame_is_told(tmp_path: Path) -> None:
    folder = write_truth(tmp_path / "TRA", [[1], [1], [1]], "1 0 2 0\n")
    (folder / "man_track001.tif").unlink()
    with pytest.raises(InputError, match="found none of frame 1"):
        read_ctc(folder)


def test_a_mask_of_another_size_is_told(tmp_path: Path) -> None:
    folder = write_truth(tmp_path / "TRA", [[1], [1, 1]], "1 0 1 0\n")
    with pytest.raises(InputError, match=r"man_track001.tif: expected a mask of \(1, 1\)"):
        read_ctc(folder)


def test_each_row_that_contradicts_the_masks_is_named(tmp_path: Path) -> None:
    folder = write_truth(tmp_path / "TRA", [[1, 3], [1, 0]], "1 0 0 0\n2 0 1 0\n")
    told = "track 1: .* in 0 to 1; track 2 is in no mask; number 3 of the masks is not in"
    with pytest.raises(InputError, match=told):
        read_ctc(folder)


@pytest.mark.parametrize("line", ["1 0 0", "1 0 0 x", "1 0 0 0 0", "\x00\x01"])
def test_a_line_that_is_no_track_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    folder = write_truth(tmp_path / "TRA", [[1]], f"1 0 0 0\n{line}\n")
    with pytest.raises(FileFormatError, match="line 2: expected four whole numbers"):
        read_ctc(folder)


def test_a_folder_without_tracks_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="layout of the Cell Tracking Challenge"):
        read_ctc(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_ctc(tmp_path / "nothing")


def test_two_files_of_one_number_are_told(tmp_path: Path) -> None:
    for name in ("mask01.tif", "mask001.tif"):
        tifffile.imwrite(tmp_path / name, np.ones((1, 1), np.uint16))
    with pytest.raises(InputError, match="are both frame 1"):
        numbered_files(tmp_path, RESULT.masks)


def test_numbers_between_the_first_and_the_last_are_missed() -> None:
    assert missing_numbers([3, 4, 7]) == [5, 6]
    assert missing_numbers([]) == []
