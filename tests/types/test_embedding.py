"""Maps by the name of their head."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Embedding


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def test_an_embedding_checks_its_shapes() -> None:
    embedding = Embedding.of(zeros(2, 4, 5), zeros(1, 4, 5))
    assert (embedding.dim, embedding.shape, embedding.image_shape) == (2, (4, 5), (4, 5))
    assert (embedding.axes, embedding.pixel_size) == ("YX", (1.0, 1.0))
    with pytest.raises(InputError, match="foreground"):
        Embedding.of(zeros(2, 4, 5), zeros(1, 5, 4))
    with pytest.raises(InputError, match="seediness"):
        Embedding.of(zeros(2, 4, 5), zeros(1, 4, 5), zeros(5, 4))
    with pytest.raises(InputError, match="embedding values of shape"):
        Embedding.of(zeros(2, 4), zeros(1, 4))
    with pytest.raises(InputError, match="got embedding"):
        Embedding({"embedding": zeros(2, 4, 5)})


def test_any_head_may_have_a_map() -> None:
    maps = {"embedding": zeros(2, 4, 5), "foreground": zeros(1, 4, 5), "motion": zeros(2, 4, 5)}
    assert Embedding(maps).maps["motion"].shape == (2, 4, 5)
    with pytest.raises(InputError, match="motion"):
        Embedding({**maps, "motion": zeros(2, 5, 4)})


def test_the_foreground_of_several_classes_is_their_sum_and_at_most_one() -> None:
    foreground = np.full((2, 1, 1), 0.3, np.float32)
    assert Embedding.of(zeros(2, 1, 1), foreground).foreground_probability[0, 0] == pytest.approx(
        0.6
    )
    assert Embedding.of(zeros(2, 1, 1), 2 * foreground).foreground_probability[0, 0] == 1
