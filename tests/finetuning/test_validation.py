"""How a network in training is scored."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import NetworkConfig, TilingConfig
from napari_discembed.finetuning import validation
from napari_discembed.finetuning.starts import Start
from napari_discembed.finetuning.validation import fingerprint, on_holdout, on_images
from napari_discembed.models import EmbeddingNet, Model
from napari_discembed.progress import Job, Progress, run
from napari_discembed.training import HoldoutObject
from napari_discembed.types import Image, Segmentation

NET = EmbeddingNet(NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10))
START = Start(None, 5.0)


def image(truth: np.ndarray) -> Image:
    """Return an image of which the segmentation is known: it is written in its pixels."""
    return Image(truth.astype(float))


@pytest.fixture(autouse=True)
def _segmented_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def segment(one: Image, model: Model, *, diameter: float, tile: TilingConfig) -> Job[object]:
        assert (model.net, diameter, tile.device) == (NET, 5.0, "cpu")
        yield Progress(0.5, "embedding")
        return Segmentation(one.data.astype(np.uint16))

    monkeypatch.setattr(validation, "segment", segment)


def two() -> np.ndarray:
    labels = np.zeros((12, 12), int)
    labels[1:5, 1:5], labels[7:11, 7:11] = 1, 2
    return labels


def test_the_scores_are_pooled_over_all_validation_images() -> None:
    right, empty = two(), two() * 0
    validate = on_images(
        [image(right), image(empty)], [right, right], START, TilingConfig(device="cpu")
    )
    seen: list[Progress] = []
    scores = run(validate(NET), seen.append)
    assert scores["ap50"] == pytest.approx(0.5)
    assert [p.fraction for p in seen] == [0.25, 0.75]


def held(targets: np.ndarray) -> HoldoutObject:
    return HoldoutObject(0, (slice(0, 12), slice(0, 12)), targets)


def test_a_holdout_object_scores_its_overlap_less_the_background_that_is_taken() -> None:
    found = np.zeros((12, 12), int)
    found[1:5, 1:3], found[7:11, 7:11] = 1, 2  # half of the object, and all of another
    targets = np.full((12, 12), -1)
    targets[1:5, 1:5] = 1
    for background, expected in ((np.s_[0:0], 0.5), (np.s_[7:11], 0.5 - 4 / 12)):
        targets[background] = 0
        validate = on_holdout([image(found)], [held(targets)], START, TilingConfig(device="cpu"))
        assert run(validate(NET)) == {"holdout": pytest.approx(expected)}


def test_other_objects_are_neither_found_nor_background() -> None:
    targets = np.where(two() == 2, 2, np.where(two() == 1, 1, 0))
    validate = on_holdout([image(two())], [held(targets)] * 2, START, TilingConfig(device="cpu"))
    assert run(validate(NET)) == {"holdout": 1.0}


def test_a_fingerprint_is_that_of_images_and_labels() -> None:
    known = fingerprint([image(two())], [two()])
    assert known == fingerprint([image(two())], [two()])
    assert known != fingerprint([image(two())], [two() * 2])
    assert known != fingerprint([image(two() * 2)], [two()])
    assert known != fingerprint([image(two())], [two().astype(np.uint8)])
