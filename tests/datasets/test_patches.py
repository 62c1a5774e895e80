"""Patches: they find the objects, and the same seed draws the same ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import AugmentationConfig
from napari_discembed.datasets.augment import random_geometry, stained, vary_intensity, warp
from napari_discembed.datasets.patches import Batch, sample_batch
from napari_discembed.datasets.targets import OUTSIDE
from napari_discembed.datasets.training_set import MovieFrames, TrainingImage, TrainingSet


def one_dot(shape: tuple[int, ...], classes: bool = False) -> TrainingSet:
    """Return a set of one image with a bright object of 5 pixels a side at 20 along each axis."""
    labels = np.full(shape, -1, np.int32)
    labels[tuple(slice(20, 25) for _ in shape)] = 3
    image = (labels > 0).astype(np.float32)[None]
    kinds = np.where(labels > 0, 2, 0).astype(np.int32) if classes else None
    return TrainingSet([TrainingImage(image, labels, kinds)])


@pytest.mark.parametrize("shape", [(200, 200), (30, 60, 60)])
def test_patches_find_the_object_and_labels_stay_on_it(shape: tuple[int, ...]) -> None:
    calm = AugmentationConfig(brightness=0, contrast=1, gamma=1, blur=0, noise=0)
    batch = sample_batch(
        one_dot(shape), np.random.default_rng(0), patch_size=16, batch_size=8, augmentation=calm
    )
    assert batch.images.shape == (8, 1, *[16] * len(shape))
    assert ((batch.labels == 3).flatten(1).any(1)).float().mean() > 0.6
    inside = batch.images[:, 0][batch.labels == 3]
    assert (inside > 0.4).float().mean() > 0.95


@pytest.mark.parametrize(("balanced", "share"), [(False, 1 / 5), (True, 1 / 3)])
def test_images_unlike_the_others_are_drawn_more_often(balanced: bool, share: float) -> None:
    labels = np.zeros((10, 10), np.int32)
    labels[2:5, 2:5] = 1
    glowing, dark = (labels > 0).astype(np.float32), (labels == 0).astype(np.float32)
    items = [TrainingImage(image[None], labels) for image in (glowing, *[dark] * 4)]
    data, rng = TrainingSet(items, balanced=balanced), np.random.default_rng(0)
    drawn = [data.draw(rng) == 0 for _ in range(4000)]
    # Of five equal ones a fifth; of one glowing and of four dark ones, each half as often: 1 to 2.
    assert np.mean(drawn) == pytest.approx(share, abs=0.03)


def test_how_an_image_looks_needs_neither_objects_nor_a_rest() -> None:
    image = np.full((2, 4, 4), 0.25, np.float32)
    for number in (0, 1):
        item = TrainingImage(image, np.full((4, 4), number, np.int32))
        assert item.mean_intensities.tolist() == [0.25] * 4


def test_a_patch_says_where_it_begins() -> None:
    data, still = one_dot((200, 200)), AugmentationConfig(enabled=False)
    batch = sample_batch(
        data, np.random.default_rng(0), patch_size=16, batch_size=8, augmentation=still
    )
    whole = [
        origin + (labels == 3).nonzero().min(0).values
        for labels, origin in zip(batch.labels, batch.origins, strict=True)
        if (labels == 3).sum() == 25
    ]
    assert len(whole) > 2
    for begin in whole:  # of the object, in its image
        assert begin.tolist() == pytest.approx([20, 20], abs=0.5)


def test_the_same_generator_draws_the_same_batch() -> None:
    args = {
        "patch_size": 16,
        "batch_size": 3,
        "augmentation": AugmentationConfig(invert=0.5, stain=0.5),
    }
    a = sample_batch(one_dot((50, 50)), np.random.default_rng(7), **args)
    b = sample_batch(one_dot((50, 50)), np.random.default_rng(7), **args)
    assert a.images.equal(b.images)
    assert a.labels.equal(b.labels)


def test_an_image_smaller_than_a_patch_is_mirrored_but_its_labels_are_not() -> None:
    data = TrainingSet([TrainingImage(np.ones((1, 6, 6), np.float32), np.ones((6, 6), np.int32))])
    still = AugmentationConfig(enabled=False)
    batch = sample_batch(
        data, np.random.default_rng(0), patch_size=32, batch_size=2, augmentation=still
    )
    assert (batch.images == 1).all()
    assert set(batch.labels.unique().tolist()) == {OUTSIDE, 1}
    assert (batch.labels == 1).flatten(1).sum(1).tolist() == [36, 36]


def test_classes_travel_with_the_labels() -> None:
    batch = sample_batch(
        one_dot((50, 50), classes=True), np.random.default_rng(0),
        patch_size=16, batch_size=4, augmentation=AugmentationConfig(),
    )  # fmt: skip
    assert batch.classes is not None
    assert (batch.classes[batch.labels == 3] == 2).all()


def test_an_image_without_labels_is_not_drawn_from() -> None:
    empty = TrainingImage(np.zeros((1, 9, 9), np.float32), np.full((9, 9), -1, np.int32))
    data = TrainingSet([empty, *one_dot((50, 50)).items])
    rng = np.random.default_rng(0)
    assert all(data.draw(rng) == 1 for _ in range(20))


def test_a_still_warp_is_a_crop() -> None:
    image = np.arange(100, dtype=np.float32).reshape(1, 10, 10)
    patch, (labels,) = warp(image, [image[0].astype(np.int32)], (4.5, 4.5), np.eye(2), 4)
    np.testing.assert_allclose(patch, image[:, 3:7, 3:7])
    np.testing.assert_array_equal(labels, image[0, 3:7, 3:7])


def test_geometry_keeps_depth_apart_from_the_plane() -> None:
    m = random_geometry(np.random.default_rng(0), AugmentationConfig(), 3)
    assert (m[0, 1:] == 0).all()
    assert (m[1:, 0] == 0).all()
    assert 0.8 - 1e-9 <= abs(m[0, 0]) <= 1.25 + 1e-9


def test_intensity_varies_and_stays_finite() -> None:
    patch = np.linspace(-1, 3, 64, dtype=np.float32).reshape(1, 8, 8)
    seen = [
        vary_intensity(patch, np.random.default_rng(i), AugmentationConfig()) for i in range(20)
    ]
    assert all(np.isfinite(s).all() and s.dtype == np.float32 for s in seen)
    assert len({float(s.mean()) for s in seen}) == 20


def test_a_stain_darkens_what_glows_and_keeps_the_light_in_range() -> None:
    patch = np.stack([np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)] * 3)
    seen = [stained(patch, np.random.default_rng(i)) for i in range(20)]
    for dimmed in seen:
        assert (np.diff(dimmed.reshape(3, -1), axis=1) < 0).all()
        assert 0.75 <= dimmed[:, 0, 0].min() <= dimmed.max() <= 1
    assert len({tuple(dimmed[:, -1, -1]) for dimmed in seen}) == 20  # each of its own colour


def test_a_fingerprint_knows_the_data() -> None:
    a, b = one_dot((30, 30)), one_dot((30, 30))
    assert a.fingerprint() == b.fingerprint()
    b.items[0].labels[0, 0] = 0
    assert a.fingerprint() != b.fingerprint()
    assert a.fingerprint() != one_dot((30, 30), classes=True).fingerprint()


def clip_set(n_frames: int) -> TrainingSet:
    """Return a movie whose frames are bright by their number, and a still."""
    labels = np.ones((24, 24), np.int32)
    ramp = np.linspace(0, 1, 24, dtype=np.float32) * np.ones((1, 24, 1), np.float32)
    frames = [TrainingImage(ramp + 10 * t, labels * (t + 1)) for t in range(n_frames)]
    return TrainingSet(
        [*frames, TrainingImage(ramp - 10, labels * 99)], movies=[MovieFrames(range(n_frames))]
    )


def test_a_clip_shows_one_place_through_time() -> None:
    data, rng = clip_set(6), np.random.default_rng(0)
    for _ in range(10):
        batch = sample_batch(
            data,
            rng,
            patch_size=16,
            batch_size=8,
            augmentation=AugmentationConfig(noise=0, gamma=1, colour=0, invert=0, blur=0),
            frames=4,
        )
        assert batch.frames == 4
        images = batch.images.reshape(4, 2, 1, 16, 16)  # two clips of four frames
        for clip in range(2):
            step = images[1:, clip] - images[:-1, clip]
            moving = batch.labels.reshape(4, 2, -1)[0, clip].max() != 99
            # One place, contrast and brightness: two frames differ by the same everywhere.
            assert torch.allclose(step, step[:, :, :1, :1].expand_as(step), atol=1e-3)
            assert bool((step.abs() > 1).all()) == moving
            assert torch.equal(*batch.origins.reshape(4, 2, 2)[[0, 3], clip])


@pytest.mark.parametrize(("number", "frames"), [(0, 4), (5, 4), (3, 6)])
def test_a_clip_holds_the_frame_that_was_drawn(number: int, frames: int) -> None:
    data, rng = clip_set(6), np.random.default_rng(0)
    for _ in range(5):
        shown = [int(item.labels[0, 0]) - 1 for item in data.clip(number, frames, rng)]
        assert shown == list(range(shown[0], shown[0] + frames))
        assert number in shown


def test_a_short_movie_goes_to_and_fro_and_a_still_stays() -> None:
    data, rng = clip_set(3), np.random.default_rng(0)
    shown = [int(item.labels[0, 0]) - 1 for item in data.clip(1, 6, rng)]
    assert shown == [0, 1, 2, 1, 0, 1]
    assert [int(item.labels[0, 0]) for item in data.clip(3, 2, rng)] == [99, 99]


def test_parts_of_clips_are_all_clips_for_some_frames() -> None:
    labels = torch.arange(6)[:, None, None]  # two clips of three frames
    batch = Batch(labels[:, None].float(), labels, torch.zeros(6, 2), None, 3)
    parts = list(batch.parts(2))
    assert [part.frames for part in parts] == [2, 1]
    assert [part.labels.flatten().tolist() for part in parts] == [[0, 1, 2, 3], [4, 5]]
