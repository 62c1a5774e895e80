from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.datasets.training_set import MovieFrames
from napari_discembed.errors import InputError
from napari_discembed.finetuning import finetune
from napari_discembed.finetuning.frames import Frames
from napari_discembed.progress import run
from napari_discembed.training import label_targets
from napari_discembed.types import Axes, Image

TINY = {"kind": "hourglass", "features": (3, 4)}


def movie() -> tuple[Image, np.ndarray]:
    """Return two squares that move by a pixel a frame; of five frames the last two are empty."""
    labels = np.zeros((5, 32, 32), np.int32)
    for t in range(3):
        labels[t, 4 + t : 14 + t, 4:14] = 7
        labels[t, 18:28, 14 + t : 24 + t] = 3
    return Image(labels.astype(np.float32) + 0.01, Axes("TYX"), name="movie"), labels


def test_an_object_keeps_its_number_through_the_frames_of_a_movie() -> None:
    image, labels = movie()
    still = Image(np.zeros((8, 8), np.float32), Axes("YX"))
    targets = label_targets([still, image], [np.eye(8, dtype=np.int32), labels])
    frames = Frames.of([still, image], targets, None, [{}, {}])
    assert len(frames.images) == len(frames.targets) == 6
    assert frames.movies == [MovieFrames(range(1, 6), {})]
    for target in frames.targets[1:4]:
        assert target[20, 18] == 1
        assert target[8, 8] == 2


def test_frames_without_an_object_are_unlabelled_even_if_the_others_are_complete() -> None:
    image, labels = movie()
    (targets,) = label_targets([image], [labels], complete=True)
    assert set(np.unique(targets[:3])) == {0, 1, 2}
    assert set(np.unique(targets[3:])) == {-1}


def test_labels_of_one_frame_alone_are_refused_for_a_movie() -> None:
    image, labels = movie()
    with pytest.raises(InputError, match=r"shape \(5, 32, 32\), got \(32, 32\)"):
        label_targets([image], [labels[0]])


@pytest.mark.parametrize("backbone", [TINY, {"kind": "unet", "features": (3, 4)}])
def test_a_network_learns_from_a_movie_and_is_judged_on_another(
    backbone: dict[str, object],
) -> None:
    image, labels = movie()
    network = NetworkConfig.of(in_channels=1, diameter=10, backbone=backbone)
    config = FinetuningConfig(
        steps=3, clip_frames=3, backprop_frames=2, patch_size=16, validations=1, device="cpu"
    )
    pair = ([image], [labels])
    model = run(finetune(*pair, network=network, config=config, complete=True, validation=pair))
    assert model.card.training["images"] == 5
    assert model.card.training["objects"] == 6
    assert "ap50" in model.card.metrics
