"""Which weights a training keeps: the best by validation, and no luck."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import run

from .tiny import MODEL, config, job, scoring, weights


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_result_is_a_mean_with_the_start(share: float) -> None:
    torch.manual_seed(0)
    start = EmbeddingNet(MODEL).state_dict().values()
    learnt = weights(run(job(config())))
    mixed = weights(run(job(config(base_weight=share))))
    for old, new, seen in zip(start, learnt, mixed, strict=True):
        if old.is_floating_point():
            torch.testing.assert_close(seen, (1 - share) * new + share * old)


def test_the_best_by_validation_is_returned_and_patience_ends_it() -> None:
    scores = iter([0.1, 0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    kept: list[dict[str, torch.Tensor]] = []

    def validate(net: EmbeddingNet) -> dict[str, float]:
        kept.append({k: v.clone() for k, v in net.state_dict().items()})
        return {"ap50": next(scores)}

    settings = config(steps=100, validations=20, patience=2)
    result = run(job(settings, validate=scoring(validate)))
    assert result.reason == "no further gain"
    assert result.best == {"ap50": 0.9}
    assert len(result.history.validations) == 4
    assert all(torch.equal(kept[1][k], v) for k, v in result.net.state_dict().items())


def test_a_gain_that_is_not_yet_believed_does_not_try_patience() -> None:
    scores = iter([0.3, 0.9, 0.9, 0.9])
    settings = config(steps=3, validations=3, patience=1)
    result = run(job(settings, validate=scoring(lambda _: {"ap50": next(scores)}), keep_start=True))
    assert (result.kept_start, result.reason) == (False, "finished")


@pytest.mark.parametrize(
    ("scores", "validations", "kept", "best"),
    [
        ([0.5, 0.9, 0.4, 0.4], 3, True, 0.5),  # one high score in a row of low ones is luck
        ([0.5, 0.6, 0.7, 0.4], 3, False, 0.7),
        ([0.5, 0.6], 1, False, 0.6),  # there is but one to go by
        ([0.5, 0.4], 1, True, 0.5),
    ],
)
def test_a_start_is_given_up_only_for_a_gain_that_lasts(
    scores: list[float], validations: int, kept: bool, best: float
) -> None:
    left = iter(scores)
    settings = config(steps=30, validations=validations)
    result = run(job(settings, validate=scoring(lambda _: {"ap50": next(left)}), keep_start=True))
    assert (result.kept_start, result.best) == (kept, {"ap50": best})
    assert not list(left)


@pytest.mark.parametrize(
    ("alone", "learnt_alone"),
    [([0.7, 0.7, 0.7], True), ([0.55, 0.55, 0.55], False), ([0.7, 0.5, 0.7], False)],
)
def test_what_was_learnt_alone_is_taken_where_it_is_far_better_twice(
    alone: list[float], learnt_alone: bool
) -> None:
    # Ten validations: of those after three quarters, the mean with the start scores 0.5.
    settings = config(steps=20, validations=10, base_weight=0.5)
    scores = iter([0.1] * 7 + [score for one in alone for score in (0.5, one)])
    seen: list[dict[str, torch.Tensor]] = []

    def validate(net: EmbeddingNet) -> dict[str, float]:
        seen.append({k: v.clone() for k, v in net.state_dict().items()})
        return {"ap50": next(scores)}

    result = run(job(settings, validate=scoring(validate)))
    assert not list(scores)
    assert result.best == {"ap50": 0.7 if learnt_alone else 0.5}
    taken = seen[10] if learnt_alone else seen[7]  # the first that scores so, as told above
    assert all(torch.equal(taken[k], v) for k, v in result.net.state_dict().items())


@pytest.mark.parametrize(("start", "learnt_alone"), [(0.1, True), (0.4, False)])
def test_what_was_learnt_alone_is_taken_only_where_the_start_knows_nothing(
    start: float, learnt_alone: bool
) -> None:
    settings = config(steps=20, validations=10, base_weight=0.5)

    def validate(net: EmbeddingNet) -> dict[str, float]:
        return {"ap50": next(scores)}

    late = [0.5, 0.7] if learnt_alone else [0.5]
    scores = iter([start] * 8 + late * 3)
    result = run(job(settings, validate=scoring(validate), keep_start=True))
    assert not list(scores)
    assert result.best == {"ap50": 0.7 if learnt_alone else 0.5}
