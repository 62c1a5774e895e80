"""Segmentation out of core: as the whole, resumed where it was, whatever was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_discembed import blockwise, clustering
from napari_discembed.blockwise import BlockLabels, BlockRun, segment_blocks
from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.datasets.synthetic import CellsConfig, draw_cells
from napari_discembed.errors import DiscembedError, FileFormatError
from napari_discembed.inference.blocks import BlockEmbedder
from napari_discembed.io.work_folder import WorkFolder
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Job, Progress, run
from napari_discembed.types import Embedding, Image, IntArray

GROUPING = clustering_config(seed_threshold=0.0, object_threshold=0.0, min_size=1)


@pytest.fixture(scope="module")
def model() -> Model:
    """Return a network whose answers are replaced by ideal ones; objects of 16 pixels."""
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
    return Model(EmbeddingNet(config), ModelCard(name="tiny", config=config))


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Embed ideally: a picture's grey is the number of the object; return the windows so far."""
    windows: list[Any] = []

    def ideal_window(self: BlockEmbedder, window: tuple[slice, ...]) -> Job[Embedding]:
        windows.append(window)
        yield Progress(0.5, "embedding")
        return ideal(np.asarray(self.image.data), window)

    monkeypatch.setattr(BlockEmbedder, "embed", ideal_window)
    return windows


def ideal(labels: IntArray, window: tuple[slice, ...]) -> Embedding:
    """Return points near a place of each object's own, a little apart by where the pixel is."""
    shown, rng = labels[window], np.random.default_rng(0)
    places = rng.permutation(int(labels.max()) + 1)[shown]
    side = int(np.ceil(np.sqrt(labels.max() + 1)))
    points = np.stack(np.divmod(places, side)).astype(np.float32) * 6
    y, x = np.meshgrid(*(np.arange(w.start, w.stop) for w in window), indexing="ij")
    points += 0.2 * np.stack([np.sin(y * 1.7 + x), np.cos(x * 2.3 + y)]).astype(np.float32)
    foreground = np.stack([(shown > 0) & (shown % 2 == k) for k in (0, 1)]).astype(np.float32)
    return Embedding.of(points, foreground, diameter=16)


def segment(labels: IntArray, model: Model, folder: Path, settings: str = "a") -> BlockLabels:
    job = segment_blocks(
        Image(labels), model, WorkFolder(folder), settings, diameter=16, config=GROUPING, side=128
    )
    return run(job)


def painted(found: BlockLabels, shape: tuple[int, ...]) -> IntArray:
    result = np.zeros(shape, np.int64)
    for box, labels in found.blocks():
        result[box] = labels
    return result


def same(labels: IntArray, others: IntArray) -> int:
    """Return how many objects of the one are objects of the other, pixel for pixel."""
    pairs = np.unique(np.stack([labels.ravel(), others.ravel()]), axis=1)
    once = [np.bincount(numbers)[numbers] == 1 for numbers in pairs]
    return int((once[0] & once[1] & (pairs > 0).all(axis=0)).sum())


@pytest.mark.usefixtures("embedded")
def test_blocks_give_the_objects_of_the_whole_image(model: Model, tmp_path: Path) -> None:
    drawn = draw_cells(
        np.random.default_rng(1), CellsConfig(size=500, fewest=900, most=900, diameter=(14, 18))
    ).labels.astype(np.int64)
    whole = clustering.group(ideal(drawn, (slice(0, 500), slice(0, 500))), GROUPING)
    found = segment(drawn, model, tmp_path / "work")
    blocks = painted(found, drawn.shape)
    assert whole.count > 500
    assert found.joined.count == whole.count
    assert same(whole.labels, blocks) >= 0.999 * whole.count
    np.testing.assert_array_equal(blocks > 0, whole.labels > 0)
    assert found.joined.sizes.tolist() == np.bincount(blocks.ravel())[1:].tolist()


@pytest.mark.usefixtures("embedded")
def test_objects_at_corners_and_longer_than_blocks_are_whole(model: Model, tmp_path: Path) -> None:
    drawn = np.zeros((300, 400), np.int64)
    drawn[120:136, 120:136] = 1  # at four corners
    drawn[250:260, 5:395] = 2  # through four blocks
    drawn[5:295, 250:262] = 3  # through all rows, over the other
    drawn[60:70, 118:126] = 4  # near a seam, and its neighbour beyond it
    drawn[60:70, 130:138] = 5
    found = segment(drawn, model, tmp_path / "work")
    assert found.joined.count == 5
    assert same(drawn, painted(found, drawn.shape)) == 5
    assert found.joined.classes is not None
    assert sorted(found.joined.classes.tolist()) == [1, 1, 2, 2, 2]
    assert len(found.kinds) == 2


@pytest.mark.usefixtures("embedded")
def test_an_image_without_objects_has_none(model: Model, tmp_path: Path) -> None:
    found = segment(np.zeros((200, 300), np.int64), model, tmp_path / "work")
    assert found.joined.count == 0
    assert not painted(found, (200, 300)).any()


def test_what_is_done_is_not_done_again(model: Model, tmp_path: Path, embedded: list[Any]) -> None:
    drawn = np.zeros((256, 384), np.int64)
    drawn[110:140, 110:140] = 1
    first = painted(segment(drawn, model, tmp_path / "other"), drawn.shape)
    embedded.clear()
    work = WorkFolder(tmp_path / "work")
    job = segment_blocks(Image(drawn), model, work, "a", diameter=16, config=GROUPING, side=128)
    for progress in job:
        if progress.portion is not None and progress.portion.done == 4:
            job.close()
    assert len(embedded) == 4
    again = painted(segment(drawn, model, work.path), drawn.shape)
    assert len(embedded) == 6
    np.testing.assert_array_equal(again, first)
    segment(drawn, model, work.path, "of other settings")
    assert len(embedded) == 12
    other = segment_blocks(Image(drawn), model, work, "a", diameter=16, config=GROUPING, side=256)
    np.testing.assert_array_equal(painted(run(other), drawn.shape), first)


def test_a_damaged_block_is_told_and_done_again(
    model: Model, tmp_path: Path, embedded: list[Any]
) -> None:
    drawn = np.zeros((128, 256), np.int64)
    drawn[10:30, 110:140] = 1
    first = painted(segment(drawn, model, tmp_path / "work"), drawn.shape)
    file = tmp_path / "work" / "000001.npz"
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.write_bytes(bytes(data))
    with pytest.raises(FileFormatError, match="block 1 was damaged and is removed"):
        painted(segment(drawn, model, tmp_path / "work"), drawn.shape)
    assert len(embedded) == 2
    np.testing.assert_array_equal(
        painted(segment(drawn, model, tmp_path / "work"), drawn.shape), first
    )
    assert len(embedded) == 3


@pytest.mark.usefixtures("embedded")
def test_a_block_does_not_go_into_the_folder_of_another_run(model: Model, tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "work")
    work.begin("a")
    blocks = BlockRun.of(Image(np.zeros((64, 64), np.int64)), model, work, "a", 16, GROUPING)
    assert blocks.missing() == [0]
    work.begin("of other settings")
    with pytest.raises(DiscembedError, match="become that of a run with other settings"):
        run(blocks.block(0))
    assert not work.has(0)
    work.begin("a")
    run(blocks.block(0))
    assert blocks.missing() == []


@pytest.mark.usefixtures("embedded")
def test_the_scale_is_looked_for_once(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def estimated(model: Model, image: Image, **more: Any) -> Job[float]:
        asked.append(image.name)
        yield Progress(0.5, "looking")
        return 16.0

    monkeypatch.setattr(blockwise, "estimate_scale_of_parts", estimated)
    for _ in range(2):
        job = segment_blocks(
            Image(np.zeros((64, 64), np.int64)), model, WorkFolder(tmp_path / "work"), "a",
            config=GROUPING,
        )  # fmt: skip
        assert run(job).diameter == 16.0
    assert len(asked) == 1
