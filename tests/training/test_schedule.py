"""Budget, learning rate and validations."""

from __future__ import annotations

import pytest

from napari_discembed.config import TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.training.schedule import Budget, budget, learning_rate_factor


def test_budgets() -> None:
    assert budget(TrainingConfig(epochs=2, batch_size=4), n_pixels=800, patch_pixels=100) == Budget(
        4, None
    )
    with pytest.raises(InputError, match="steps, epochs and seconds"):
        budget(TrainingConfig(), 1, 1)
    assert Budget(None, 10.0).is_spent(5, 9.5, 0.6)
    assert not Budget(None, 10.0).is_spent(0, 99, 1)


def test_the_learning_rate_rises_and_falls_to_zero() -> None:
    rates = [learning_rate_factor(TrainingConfig(), 0, f) for f in (0, 0.05, 0.5, 1)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(1)
    assert 0 < rates[2] < 1
    assert rates[3] == pytest.approx(0)
