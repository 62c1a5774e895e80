"""The straight way through, from Python."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed import Image, load_model
from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.pipeline import cluster, embed, measure, segment
from napari_discembed.progress import run

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10)


def picture(*channels: int) -> np.ndarray:
    image = np.zeros((40, 48, *channels))
    image[4:16, 4:16], image[20:32, 24:36] = 50, 100
    return image


def tiny() -> Model:
    return Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY))


def test_three_lines_on_an_array() -> None:
    image = picture()
    segmentation = run(segment(image, load_model("generalist")))
    assert segmentation.labels.shape == image.shape
    assert measure(segmentation, image).count == segmentation.count
    provenance = segmentation.provenance
    assert (provenance.model, len(provenance.weights_hash)) == ("generalist", 64)
    assert provenance.config["clustering"]["method"] == "density"


def test_colour_goes_into_a_grey_model_and_grey_into_a_colour_model() -> None:
    colour = picture(3)
    assert run(segment(colour.astype(np.uint8), tiny())).labels.shape == colour.shape[:2]


def test_a_time_lapse_is_segmented_frame_by_frame() -> None:
    image = picture()
    lapse = Image(np.stack([image, image * 0]), "TYX")
    assert run(segment(lapse, tiny())).labels.shape == (2, 40, 48)


def test_knobs_are_checked() -> None:
    embedding = run(embed(picture(), tiny()))
    with pytest.raises(ValueError, match="bandwidth"):
        cluster(embedding, bandwidth=-1)


def test_a_stack_for_a_flat_model_says_which_axes_to_pass() -> None:
    with pytest.raises(InputError, match="axes="):
        run(segment(np.zeros((5, 40, 48)), tiny()))
