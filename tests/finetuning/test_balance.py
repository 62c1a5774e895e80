"""Kinds of objects, balanced after a training."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.config import FINE_TUNING
from napari_discembed.finetuning.balance import intercepts
from napari_discembed.finetuning.kinds import VARIED, config_for_kinds


def test_kinds_that_lean_to_one_side_are_set_apart_in_their_middle() -> None:
    # Both kinds lean to the first: by 3 logits, and by 1.
    scores = torch.tensor([[3.0, 0.0]] * 6 + [[1.0, 0.0]] * 2).double()
    truth = torch.tensor([0] * 6 + [1] * 2)
    moved = scores + intercepts(scores, truth)
    assert (moved.argmax(1) == truth).all()
    found = intercepts(scores, truth)
    assert found.tolist() == pytest.approx([-1, 1], abs=0.01)


def test_a_kind_of_which_nothing_is_labelled_stays() -> None:
    scores = torch.tensor([[2.0, 9.0, 0.0]] * 3 + [[1.0, 9.0, 0.0]] * 2).double()
    found = intercepts(scores, torch.tensor([0] * 3 + [2] * 2))
    assert found[1] == 0
    assert found[0] == pytest.approx(-found[2])


def test_kinds_that_are_told_apart_for_sure_stay_where_they_are() -> None:
    scores = torch.tensor([[20.0, -20.0]] * 3 + [[-20.0, 20.0]]).double()
    found = intercepts(scores, torch.tensor([0, 0, 0, 1]))
    assert found.tolist() == pytest.approx([0, 0], abs=1e-3)


def test_what_may_tell_kinds_apart_is_varied_little_and_only_where_there_are_kinds() -> None:
    assert config_for_kinds(FINE_TUNING, 1) == FINE_TUNING
    kept = config_for_kinds(FINE_TUNING, 2).augmentation
    assert (kept.contrast, kept.scale) == (VARIED["contrast"], VARIED["scale"])
    assert (kept.rotate, kept.flip) == (180, True)
    less = FINE_TUNING.augmentation.model_copy(update={"contrast": 1.0})
    quiet = FINE_TUNING.model_copy(update={"augmentation": less})
    assert config_for_kinds(quiet, 2).augmentation.contrast == 1.0


def test_a_start_that_does_not_know_a_kind_has_no_share() -> None:
    assert config_for_kinds(FINE_TUNING, 2).base_weight == FINE_TUNING.base_weight > 0
    assert config_for_kinds(FINE_TUNING, 2, new=True).base_weight == 0
