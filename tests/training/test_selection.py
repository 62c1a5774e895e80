"""Which weights a training keeps: the best by validation, and no luck."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import run
from napari_discembed.training.history import History
from napari_discembed.training.selection import Selection

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
    ("start", "after", "kept"),
    [
        (0.9, 0.95, True),  # 0.98 is asked for
        (0.9, 0.99, False),
        (0.5, 0.51, False),  # more is enough
        (0.14, 0.13, False),  # a bad start is given up for what may be as bad
        (0.14, 0.04, True),
        (-0.2, -0.25, False),
    ],
)
def test_in_doubt_a_good_start_is_kept_and_a_bad_one_is_not(
    start: float, after: float, kept: bool
) -> None:
    left = iter([start, after, after])
    settings = config(steps=30, validations=2)
    validate = scoring(lambda _: {"ap50": next(left)})
    result = run(job(settings, validate=validate, doubt=0.1, keep_start=True))
    assert result.kept_start == kept


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


def selection(start: float | None, **changes: object) -> Selection:
    """Return a selection that has scored its start, or has not been asked to."""
    torch.manual_seed(0)
    found = Selection(EmbeddingNet(MODEL), config(**changes), History(), "ap50")
    if start is not None:
        found.take(found.start, {"ap50": start}, {"step": 0.0}, last=False)
    return found


def taken(found: Selection, *scores: float, last: bool = False) -> list[int]:
    """Return the best step after each further validation."""
    steps = []
    for score in scores:
        record = {"step": float(len(found.history.validations) + 1)}
        found.take(found.start, {"ap50": score}, record, last=last)
        steps.append(found.state.best_step)
    return steps


@pytest.mark.parametrize(
    ("start", "scores", "best"),
    [
        (0.5, [0.5, 0.5], [0, 0]),  # as good is no gain
        (0.5, [0.6, 0.6], [0, 3]),  # a gain that the one before showed too
        (0.5, [0.6, 0.5, 0.6], [0, 0, 0]),
        (0.5, [0.6, 0.6, 0.6, 0.7], [0, 3, 3, 5]),  # once the start is left, any gain
        (None, [0.5, 0.5, 0.6], [1, 1, 3]),  # no start to prefer
    ],
)
def test_a_gain_over_the_start_must_come_twice(
    start: float | None, scores: list[float], best: list[int]
) -> None:
    assert taken(selection(start), *scores) == best


def test_the_only_validation_decides_alone() -> None:
    assert taken(selection(0.5), 0.6, last=True) == [2]
    assert taken(selection(0.5), 0.6) == [0]
    assert taken(selection(0.5), 0.4, last=True) == [0]


def test_patience_counts_what_is_no_better_than_the_best() -> None:
    found = selection(None, patience=2)
    taken(found, 0.5, 0.5)
    assert (found.state.without_gain, found.is_out_of_patience) == (1, False)
    taken(found, 0.4)
    assert found.is_out_of_patience
    taken(found, 0.6)
    assert (found.state.without_gain, found.is_out_of_patience) == (0, False)
    endless = selection(None, patience=0)
    taken(endless, 0.5, 0.5, 0.5)
    assert not endless.is_out_of_patience


def test_the_start_is_kept_where_it_was_scored_and_stayed_the_best() -> None:
    assert selection(0.5).kept_start
    assert not selection(None).kept_start
    found = selection(None)
    taken(found, 0.5)
    assert not found.kept_start


def asked(found: Selection, known: float | None, mean: float, alone: float, *, late: bool) -> str:
    """Return which network is chosen, and of how many that were scored."""
    average, scores = EmbeddingNet(MODEL), [mean, alone]
    if known is not None:
        found.history.validations.append({"step": 0.0, "ap50": known})
    left = iter(scores)
    validate = scoring(lambda _: {"ap50": next(left)})
    net, chosen = run(found.scored(average, validate, lambda: late))
    name = "alone" if net is average else "mean"
    assert chosen["ap50"] == (alone if name == "alone" else mean)
    return f"{name} of {len(scores) - len(list(left))}"


@pytest.mark.parametrize(
    ("known", "alone", "late", "twice"),
    [
        (0.1, 0.71, True, "alone of 2"),
        (0.1, 0.6, True, "mean of 2"),  # just as much better as is not yet far
        (0.1, 0.71, False, "mean of 1"),
        (0.2, 0.71, True, "mean of 1"),  # of what the start knows it is not asked
        (None, 0.71, True, "alone of 2"),
    ],
)
def test_the_averaged_weights_alone_are_taken_late_where_far_better_twice(
    known: float | None, alone: float, late: bool, twice: str
) -> None:
    found = selection(None, base_weight=0.5)
    first = asked(found, known, 0.5, alone, late=late)
    assert first.startswith("mean")
    assert asked(found, None, 0.5, alone, late=late) == twice


def test_without_a_share_of_the_start_there_is_one_candidate() -> None:
    found, average = selection(None), EmbeddingNet(MODEL)
    assert found.candidate(average) is average
    left = iter([0.5])
    net, scores = run(found.scored(average, scoring(lambda _: {"ap50": next(left)}), lambda: True))
    assert (net is average, scores) == (True, {"ap50": 0.5})


def test_the_best_weights_come_back_on_the_cpu_ready_to_use() -> None:
    found, average = selection(None), EmbeddingNet(MODEL).train()
    last = found.best_net(average)
    assert all(torch.equal(v, last.state_dict()[k]) for k, v in average.state_dict().items())
    taken(found, 0.5)
    best = found.best_net(average)
    assert all(torch.equal(v, best.state_dict()[k]) for k, v in found.start.state_dict().items())
    assert average.training  # nothing of it changed
    assert not any(
        torch.equal(a, b)
        for a, b in zip(average.parameters(), best.parameters(), strict=True)
        if a.ndim > 1
    )
    assert not best.training
    assert all(p.requires_grad for p in best.parameters())


def test_the_state_of_a_selection_is_plain_values() -> None:
    found = selection(0.5)
    taken(found, 0.4)
    assert found.state.to_json() == {
        "best_scores": {"ap50": 0.5},
        "best_step": 0,
        "without_gain": 1,
        "far_better": False,
    }
