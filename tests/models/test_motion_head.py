from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import FinetuningConfig, NetworkConfig, TilingConfig
from napari_discembed.datasets.training_set import TrainingImage, centres_before
from napari_discembed.errors import InputError
from napari_discembed.finetuning import finetune
from napari_discembed.finetuning.frames import parents_in
from napari_discembed.inference import motion
from napari_discembed.losses.heads import motion_loss
from napari_discembed.models.head_set import build_heads
from napari_discembed.movies import track
from napari_discembed.progress import run
from napari_discembed.types import (
    Axes,
    Embedding,
    Image,
    Numbering,
    Segmentation,
    Tracks,
    TrackTable,
)

TINY = {"kind": "hourglass", "features": (3, 4)}
HEADS = {name: {"kind": name} for name in ("embedding", "foreground", "seediness", "motion")}


def network(**settings: object) -> NetworkConfig:
    return NetworkConfig.of(in_channels=1, diameter=8, backbone=TINY, heads=HEADS, **settings)


def dividing() -> tuple[Image, Tracks]:
    """Return a square that moves and divides in two; labels are 2 before, 5 and 9 after."""
    labels = np.zeros((4, 32, 32), np.uint16)
    labels[0, 8:16, 8:16] = labels[1, 10:18, 8:16] = 2
    for t in (2, 3):
        labels[t, 4:12, 8:16] = 5
        labels[t, 16:24, 8:16] = 9
    about = Segmentation(labels, Axes("TYX"), numbering=Numbering.through_time)
    table = TrackTable.of([(2, 0, 1, 0), (5, 2, 3, 2), (9, 2, 3, 2)])
    return Image((labels > 0).astype(np.float32), Axes("TYX")), Tracks(about, table)


def test_it_needs_a_network_that_remembers() -> None:
    with pytest.raises(InputError, match="backbone 'hourglass', which remembers the frame before"):
        NetworkConfig.of(heads=HEADS)


def test_the_loss_is_none_where_pixels_point_to_the_centre_before() -> None:
    before = torch.full((1, 2, 4, 4), torch.nan)
    before[0, :, 1, 2] = torch.tensor([3.0, 0.0])
    offsets = torch.rand(1, 2, 4, 4)
    offsets[0, :, 1, 2] = torch.tensor([2 / 8, -2 / 8])
    assert motion_loss(offsets, before, 8.0) == 0
    offsets[0, 0, 1, 2] += 0.5  # beyond a tenth, the error less half of that, over two axes
    torch.testing.assert_close(motion_loss(offsets, before, 8.0), torch.tensor(0.45 / 2))


def test_where_nothing_was_before_nothing_is_learnt() -> None:
    offsets = torch.rand(1, 2, 4, 4, requires_grad=True)
    motion_loss(offsets, torch.full((1, 2, 4, 4), torch.nan), 8.0).backward()
    assert offsets.grad is not None
    assert offsets.grad.abs().max() == 0


def test_a_child_comes_from_its_parents_centre() -> None:
    _, tracks = dividing()
    parents = parents_in(tracks)
    assert parents == {2: 1, 3: 1}  # as targets number them, in the order of the labels
    of = np.array([0, 0, 1, 0, 0, 2, 0, 0, 0, 3], np.int32)
    frames = [TrainingImage(frame[None].astype(np.float32), of[frame]) for frame in tracks.labels]
    assert np.isnan(centres_before(frames[0], None, parents)).all()
    np.testing.assert_allclose(centres_before(frames[1], frames[0], parents)[1], [11.5, 11.5])
    children = centres_before(frames[2], frames[1], parents)
    np.testing.assert_allclose(children[2:], [[13.5, 11.5]] * 2)
    np.testing.assert_allclose(centres_before(frames[3], frames[2], parents)[3], [19.5, 11.5])


def test_offsets_are_mirrored_and_resized_with_the_image() -> None:
    head = build_heads(network(), 3)["motion"]
    output = torch.zeros(1, 2, 2, 2)
    output[0, :, 0, 1] = torch.tensor([1.0, 2.0])
    mirrored = head.unmirrored(output, (1,), torch.zeros(1, 2))
    assert mirrored[0, :, 0, 0].tolist() == [1, -2]
    values = np.ones((2, 4, 4), np.float32)
    assert head.rescaled(values, (2.0, 4.0))[:, 0, 0].tolist() == [0.5, 0.25]
    assert head.activate(output)[0, :, 0, 1].tolist() == [8, 16]


def test_motion_is_in_pixels_of_the_image() -> None:
    maps = {
        "embedding": np.zeros((2, 4, 4), np.float32),
        "foreground": np.zeros((1, 4, 4), np.float32),
    }
    plain = Embedding(maps, image_shape=(8, 12))
    with pytest.raises(InputError, match=r"heads\.motion\.kind=motion"):
        motion(plain)
    found = motion(Embedding({**maps, "motion": maps["embedding"] + 1}, image_shape=(8, 12)))
    assert found.shape == (2, 8, 12)
    assert found[:, 3, 3].tolist() == [2, 3]


def test_it_is_learnt_from_tracks_and_links_a_movie() -> None:
    image, tracks = dividing()
    config = FinetuningConfig(steps=2, clip_frames=3, patch_size=16, device="cpu")
    model = run(finetune(image, tracks, network=network(), config=config, complete=True))
    found = run(
        track(image, model, diameter=8, tile=TilingConfig(precision="float32"), method="motion")
    )
    assert found.n_frames == 4
