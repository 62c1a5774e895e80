"""Drawn pictures: seeded, in range, with a truth that fits the picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_discembed.datasets.synthetic import (
    KINDS,
    CellsConfig,
    SticksConfig,
    draw_cells,
    draw_sticks,
    generate,
)
from napari_discembed.datasets.synthetic.cells import LOOKS
from napari_discembed.errors import InputError


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_depends_on_seed_and_number_alone(kind: str) -> None:
    first, second = generate(kind, 2, 5)
    again = list(generate(kind, 2, 5))[1]
    np.testing.assert_array_equal(second.image, again.image)
    assert not np.array_equal(first.image, second.image)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_numbered_without_gaps(kind: str) -> None:
    (sample,) = generate(kind, 1, 1)
    assert sample.image.dtype == np.uint8
    assert sample.labels.dtype == np.uint16
    assert sample.image.shape[:2] == sample.labels.shape == (256, 256)
    found = np.unique(sample.labels)
    np.testing.assert_array_equal(found, np.arange(len(found)))


def test_sticks_are_cut_in_two_by_others() -> None:
    sample = draw_sticks(np.random.default_rng(0), SticksConfig(fewest=24, most=24))
    parts = [ndimage.label(sample.labels == k)[1] for k in range(1, sample.labels.max() + 1)]
    assert max(parts) >= 2


def test_sticks_are_as_many_as_asked() -> None:
    sample = draw_sticks(np.random.default_rng(0), SticksConfig(size=512, fewest=5, most=5))
    assert sample.labels.max() == 5
    assert sample.labels.shape == (512, 512)


@pytest.mark.parametrize("look", LOOKS)
def test_cells_look_as_asked(look: str) -> None:
    sample = draw_cells(np.random.default_rng(0), CellsConfig(look=look))
    assert sample.image.ndim == (3 if look == "stained" else 2)
    inside, outside = (
        sample.image[sample.labels > 0].mean(),
        sample.image[sample.labels == 0].mean(),
    )
    assert (inside > outside) == (look == "fluorescence")


def test_stained_nuclei_absorb_light() -> None:
    for seed in range(5):
        sample = draw_cells(np.random.default_rng(seed), CellsConfig(size=128, look="stained"))
        grey, inside = sample.image.mean(axis=-1), sample.labels > 0
        assert grey[inside].mean() < grey[~inside].mean()


def test_another_kind_is_told() -> None:
    with pytest.raises(InputError, match="sticks, rosettes, cells"):
        next(generate("leaves", 1))
    with pytest.raises(InputError, match="Expected a SticksConfig"):
        next(generate("sticks", 1, config=CellsConfig()))
