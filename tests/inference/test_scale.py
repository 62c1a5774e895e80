"""Estimating the scale of an image: trial segmentations of its middle."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.measure

from napari_discembed import run
from napari_discembed.config import ClusteringConfig
from napari_discembed.errors import FileNote, InputError
from napari_discembed.inference import estimate_scale, search
from napari_discembed.inference.scale import WINDOW, middle
from napari_discembed.models import Model, load_model
from napari_discembed.pipeline import embed, segment
from napari_discembed.types import Embedding, Image


def discs(radius: int, side: int, step: int) -> np.ndarray:
    """Bright discs on a grid."""
    y, x = np.mgrid[:side, :side]
    away = np.hypot((y % step) - step / 2, (x % step) - step / 2)
    return (200 * (away < radius) + 20).astype(np.uint8)


def tuned(diameter: float) -> Model:
    """The generalist as if fine-tuned on objects of that diameter."""
    shipped = load_model("generalist")
    return Model(shipped.net, shipped.card.model_copy(update={"image_diameter": diameter}))


def seeing(monkeypatch: pytest.MonkeyPatch, labels_at: Callable[[float], np.ndarray]) -> None:
    """Let looks find given labels, by the diameter that they expect."""

    def found(embedding: Embedding, config: ClusteringConfig) -> SimpleNamespace:
        return SimpleNamespace(labels=labels_at(embedding.provenance.config["diameter"]))

    monkeypatch.setattr(search.clustering, "group", found)


def test_the_middle_of_a_large_image_is_looked_at() -> None:
    image = Image(np.zeros((3000, 10, 3), np.uint8), "YXC")
    image.data[1500] = 1
    part = middle(image)
    assert part.shape == (WINDOW, 10)
    assert part.data[WINDOW // 2].all()
    small = Image(np.zeros((5, 6)))
    assert middle(small) is small


@pytest.mark.parametrize("diameter", [48, 96])  # twice and four times the network's
def test_large_objects_are_embedded_smaller(diameter: int) -> None:
    large = Image(discs(diameter // 2, 4 * diameter, 4 * diameter // 3))
    found = run(segment(large, "generalist"))
    assert found.provenance.config["diameter"] == pytest.approx(diameter, rel=0.15)
    assert found.count == 9


@pytest.mark.parametrize(
    ("model", "diameter", "embedded_at"),  # of 24, `nuclei` of 36; half at most
    [("generalist", 16, 16), ("generalist", 10, 12), ("nuclei", 8, 18), ("nuclei", 5, 18)],
)
def test_small_objects_are_embedded_larger(model: str, diameter: int, embedded_at: int) -> None:
    small = Image(discs(diameter // 2, 8 * diameter, 2 * diameter))
    found = run(segment(small, model))
    assert found.provenance.config["diameter"] == pytest.approx(embedded_at, rel=0.15)
    assert found.count == 16


def test_an_image_without_objects_stays_as_it_is() -> None:
    embedding = run(embed(Image(np.zeros((40, 40))), "generalist"))
    assert embedding.shape == (40, 40)


def test_objects_of_the_models_size_are_embedded_as_they_are() -> None:
    model = load_model("generalist")
    seen = run(estimate_scale(model, Image(discs(12, 128, 32))))
    assert seen.diameter == model.config.diameter
    assert seen.embedding is not None
    assert seen.embedding.shape == (128, 128)


def test_the_look_begins_at_the_diameter_of_fine_tuning() -> None:
    assert run(estimate_scale(tuned(72), Image(discs(36, 288, 96)))).diameter == 72
    empty = Image(np.zeros((40, 40)))
    assert run(estimate_scale(tuned(72), empty)).diameter == 72


@pytest.mark.parametrize(("steady", "expected"), [([24], 24), ([72], 72), ([24, 72], 72)])
def test_a_fine_tuned_model_believes_the_steadier_of_two_scales(
    monkeypatch: pytest.MonkeyPatch, steady: list[float], expected: float
) -> None:
    # What is not steady are squares as large as the objects that a look expects.
    side = 288

    def squares(diameter: float) -> np.ndarray:
        same = next((one for one in steady if one <= diameter < 1.5 * one), diameter)
        y, x = np.mgrid[:side, :side] // int(0.9 * same)
        return 1 + 100 * y + x

    seeing(monkeypatch, squares)
    assert run(estimate_scale(tuned(72), Image(discs(12, side, 48)))).diameter == expected


def test_all_frames_of_a_time_lapse_have_one_scale() -> None:
    frames = np.stack([discs(12, 192, 48), discs(24, 192, 64), discs(24, 192, 64)])
    found = run(segment(Image(frames, "TYX"), "generalist"))
    assert found.provenance.config["diameter"] == pytest.approx(48, rel=0.15)


def test_objects_in_pieces_are_looked_at_from_further(monkeypatch: pytest.MonkeyPatch) -> None:
    # Stripes that turn from look to look, until one disc of 80 px comes whole.
    model, side = load_model("generalist"), 192
    looked: list[float] = []

    def stripes(diameter: float) -> np.ndarray:
        looked.append(diameter)
        if diameter > 60:
            return (discs(40, side, side) > 100).astype(int)
        return 1 + np.mgrid[:side, :side][len(looked) % 2] // 3

    seeing(monkeypatch, stripes)
    image = Image(discs(40, side, side))
    seen = run(estimate_scale(model, image))
    coarser = [24 * 2 ** (i / 2) for i in range(5)]
    closely = 24 * 2**1.5 / 4  # whether the only one is a clump
    assert looked == pytest.approx([*coarser, closely])
    assert seen.diameter == pytest.approx(24 * 2**1.5)
    assert seen.embedding is not None
    assert seen.embedding.provenance.config["diameter"] == seen.diameter


def test_other_objects_found_from_nearer_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    model, side = load_model("generalist"), 128

    def others(diameter: float) -> np.ndarray:
        radius = 6 if diameter == model.config.diameter else 3
        return skimage.measure.label(discs(radius, side, 32) > 100)

    seeing(monkeypatch, others)
    seen = run(estimate_scale(model, Image(discs(6, side, 32))))
    assert seen.diameter == model.config.diameter


def test_nothing_found_from_further_is_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    model, side = load_model("generalist"), 128

    seeing(monkeypatch, lambda diameter: (discs(12, side, 32) > 100).astype(int) * (diameter < 30))
    seen = run(estimate_scale(model, Image(discs(12, side, 32))))
    assert seen.diameter == model.config.diameter


def test_tiny_objects_are_believed_where_two_nearer_looks_find_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, image = load_model("generalist"), Image(discs(3, 128, 32))
    tiny = skimage.measure.label(image.data > 100)
    seeing(monkeypatch, lambda diameter: tiny * (diameter < 20))
    assert run(estimate_scale(model, image)).diameter == model.config.diameter / 2
    seeing(monkeypatch, lambda diameter: np.roll(tiny, int(diameter), 0) * (diameter < 20))
    assert run(estimate_scale(model, image)).diameter == model.config.diameter


def one_square(side: int, at: int) -> np.ndarray:
    labels = np.zeros((96, 96), int)
    labels[at : at + side, at : at + side] = 1
    return labels


def test_scales_that_disagree_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def shifting(diameter: float) -> np.ndarray:
        labels = one_square(24, 4)  # the same at every scale ...
        for i in range(4):  # ... and four that are elsewhere at each
            place = (int(7 * diameter) + 13 * i) % 70
            labels[40 + 10 * i : 50 + 10 * i, place : place + 24] = 2 + i
        return labels

    seeing(monkeypatch, shifting)
    image = Image(np.zeros((96, 96), np.uint8), name="leaf")
    with pytest.warns(FileNote, match=r"leaf: the size of its objects could not be told.*diameter"):
        run(estimate_scale(load_model("generalist"), image))


def notes(image: Image, model: str = "generalist") -> list[str]:
    """Return what is told of the scale of an image."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(estimate_scale(load_model(model), image))
    return [str(one.message) for one in caught]


def test_scales_that_agree_are_not_worth_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, lambda _: one_square(24, 30))
    assert notes(Image(np.zeros((96, 96), np.uint8))) == []


def test_an_image_with_nothing_in_it_is_not_worth_a_word() -> None:
    assert notes(Image(np.zeros((96, 96), np.uint8))) == []


def test_it_is_told_that_nothing_was_found_and_at_which_sizes() -> None:
    [note] = notes(Image(discs(400, 1600, 1600)))  # one of 800 px, which has no edge in the middle
    assert "nothing was found at the diameters from 14 to 192 px" in note
    assert "give the diameter" in note


def test_scales_that_share_no_object_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, lambda diameter: one_square(10, int(diameter)))
    [note] = notes(Image(np.zeros((96, 96), np.uint8)))
    assert "agree on 0% of what is found" in note


def test_dots_in_the_finest_trial_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, lambda _: one_square(3, 30))
    [note] = notes(Image(np.zeros((96, 96), np.uint8)))
    assert "seem to be of 3.4 px" in note


def test_the_only_object_that_is_a_clump_of_dots_is_told() -> None:
    rng, side = np.random.default_rng(0), 64
    y, x = np.mgrid[:side, :side]
    picture = np.full((side, side), 20.0)
    for i in range(28):  # of 3 px, in rows of six
        centre = 19.4 + 4.2 * (np.array(divmod(i, 6)) + 0.5) + rng.uniform(-0.15, 0.15, 2)
        inside = np.clip(2 - np.hypot(y - centre[0], x - centre[1]), 0, 1)
        picture = np.maximum(picture, 20 + 130 * inside)
    picture += rng.normal(0, 4, picture.shape)
    image = Image(picture.clip(0, 255).astype(np.uint8))
    [note] = notes(image)
    assert "the only one falls into 2" in note  # some twenty
    assert notes(Image(discs(12, side, side))) == []  # one disc of that size is one


def test_pieces_that_agree_but_are_much_too_large_are_tried_coarser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pieces(diameter: float) -> np.ndarray:
        labels = np.ones((96, 96), int)
        labels[:, 48:] = 1 + (diameter < 60)  # two halves, or from 60 px on the whole
        if diameter < 30:  # noise, elsewhere in the next trial
            labels = one_square(24, 10)
        return labels

    seeing(monkeypatch, pieces)
    seen = run(estimate_scale(load_model("generalist"), Image(np.zeros((96, 96), np.uint8))))
    assert seen.diameter > 60


def test_large_objects_that_a_coarser_trial_finds_more_of_are_embedded_coarser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = np.kron(np.arange(1, 10).reshape(3, 3), np.ones((26, 26), int))  # 29 px across
    seeing(monkeypatch, lambda diameter: np.where(every > (diameter < 30), every, 0))
    image = Image(np.zeros(every.shape, np.uint8))
    seen = run(estimate_scale(load_model("generalist"), image))
    assert seen.diameter == pytest.approx(24 * 2**0.5)


def test_an_image_of_other_dimensions_is_told_with_its_own_shape() -> None:
    image = Image(np.zeros((5, 256, 256), np.uint8), "ZYX")
    with pytest.raises(InputError, match=r"got shape \(5, 256, 256\) read as axes ZYX"):
        run(estimate_scale(load_model("generalist"), image))


def test_large_objects_are_tried_in_a_larger_part() -> None:
    side = 1600
    image = Image(discs(190, side, 520))  # of 380 px: the middle of 1024 px cuts all but one
    found = run(segment(image, "generalist"))
    assert found.provenance.config["diameter"] == pytest.approx(380, rel=0.15)


def test_many_tiny_objects_that_a_coarse_trial_misses_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = np.zeros((96, 96), int)
    every[2::8, 2::8] = np.arange(144).reshape(12, 12) + 1

    def tiny(diameter: float) -> np.ndarray:
        return every if diameter < 18 else np.where(every > 140, every, 0)

    seeing(monkeypatch, tiny)
    found = run(estimate_scale(load_model("generalist"), Image(np.zeros((96, 96), np.uint8))))
    assert found.diameter == 12  # half of the 24 that the network knows
