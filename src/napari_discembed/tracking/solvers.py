"""Choosing masks and links that gain most together: greedily, and by integer programming."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

WINDOW = 16
"""Frames that are solved together; the first of each further window is as the last one left it."""
SECONDS = 120.0
"""For a window; then the best so far is taken."""
NEAR_ENOUGH = 1e-3
"""Relative difference from the best possible at which the search ends."""

Chosen = list[NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The nested masks of a frame.

    Attributes
    ----------
    first, parent
        ``(N,)`` as :class:`~napari_discembed.types.Candidates` has them.
    size
        ``(N,)``: pixels.
    gain
        ``(N,)``: of choosing each.
    """

    first: NDArray[np.intp]
    parent: NDArray[np.intp]
    size: NDArray[np.float64]
    gain: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """What masks of a frame may be in the next.

    Attributes
    ----------
    source, target
        ``(H,)``: the mask of the frame, and that of the next.
    second
        ``(H,)``: the second child where it divides; -1 where it does not.
    gain
        ``(H,)``: above what the masks gain themselves.
    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    second: NDArray[np.intp]
    gain: NDArray[np.float64]

    def __len__(self) -> int:
        """Return their number, H."""
        return len(self.gain)

    def joined(self, other: Hypotheses) -> Hypotheses:
        """Return these and others."""
        return Hypotheses(
            np.concatenate([self.source, other.source]),
            np.concatenate([self.target, other.target]),
            np.concatenate([self.second, other.second]),
            np.concatenate([self.gain, other.gain]),
        )


class _Taken:
    """Which masks of a frame are chosen, and which cannot be any more."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.chosen = np.zeros(len(frame.first), dtype=bool)
        self.blocked = np.zeros(len(frame.first), dtype=bool)
        self.followed = np.zeros(len(frame.first), dtype=bool)
        self.preceded = np.zeros(len(frame.first), dtype=bool)

    def allows(self, mask: int) -> bool:
        return bool(self.chosen[mask] or not self.blocked[mask])

    def costs(self, mask: int) -> float:
        """Return what choosing a mask gains; nothing where it is chosen already."""
        return 0.0 if self.chosen[mask] else float(self.frame.gain[mask])

    def take(self, mask: int) -> None:
        """Choose a mask: what it holds and what holds it cannot be."""
        if not self.chosen[mask]:
            self.chosen[mask] = True
            self.blocked[self.frame.first[mask] : mask + 1] = True
            above = int(self.frame.parent[mask])
            while above >= 0 and not self.blocked[above]:
                self.blocked[above] = True
                above = int(self.frame.parent[above])


def solve_greedy(frames: Sequence[Frame], links: Sequence[Hypotheses]) -> Chosen:
    """Choose the hypothesis that gains most a pixel first, then masks that gain by themselves.

    Parameters
    ----------
    frames
        T of them.
    links
        From each frame to the next, T - 1.

    Returns
    -------
    The chosen masks of each frame.
    """
    taken = [_Taken(frame) for frame in frames]
    ranked = [
        (float(total), t, k)
        for t, one in enumerate(links)
        for k, total in enumerate(_totals(one, frames[t], frames[t + 1]))
        if total > 0
    ]
    for _, t, k in sorted(ranked, key=lambda each: -each[0]):
        _try(links[t], k, taken[t], taken[t + 1])
    for one in taken:
        for mask in np.argsort(-one.frame.gain, kind="stable").tolist():
            if one.frame.gain[mask] > 0 and not one.blocked[mask]:
                one.take(mask)
    return [np.flatnonzero(one.chosen) for one in taken]


def _totals(links: Hypotheses, here: Frame, there: Frame) -> NDArray[np.float64]:
    """Return what hypotheses gain with their masks, for each pixel of these."""
    gain, size = (
        here[links.source] + there[links.target] + np.append(there, 0.0)[links.second]
        for here, there in ((here.gain, there.gain), (here.size, there.size))
    )
    return np.asarray((links.gain + gain) / size, dtype=np.float64)


def _try(links: Hypotheses, k: int, here: _Taken, there: _Taken) -> None:
    """Choose a hypothesis if its masks are free, and it gains with what they cost."""
    source = int(links.source[k])
    targets = [int(links.target[k])] + [int(links.second[k])] * bool(links.second[k] >= 0)
    if here.followed[source] or any(there.preceded[target] for target in targets):
        return
    if not here.allows(source) or not all(there.allows(target) for target in targets):
        return
    own = here.costs(source) + sum(there.costs(target) for target in targets)
    if links.gain[k] + own <= 0:
        return
    here.take(source)
    here.followed[source] = True
    for target in targets:
        there.take(target)
        there.preceded[target] = True


def solve_exact(frames: Sequence[Frame], links: Sequence[Hypotheses]) -> Chosen:
    """Choose what gains most together, by integer programming (HiGHS), some frames at a time.

    Parameters and result are those of :func:`solve_greedy`.
    """
    chosen: Chosen = []
    start = 0
    while not chosen or len(chosen) < len(frames):
        end = min(len(frames), start + WINDOW)
        fixed = chosen[start] if chosen else None
        found = _solve_window(frames[start:end], links[start : end - 1], fixed)
        chosen = chosen[:start] + found
        start = end - 1
    return chosen


def _solve_window(
    frames: Sequence[Frame], links: Sequence[Hypotheses], fixed: NDArray[np.intp] | None
) -> Chosen:
    """Solve some frames; `fixed` are the masks of the first, where they are known."""
    sizes = [len(frame.first) for frame in frames]
    begin = np.concatenate([[0], np.cumsum(sizes)])
    n = int(begin[-1])
    gain = np.concatenate([*(f.gain for f in frames), *(one.gain for one in links)])
    if not n:
        return [np.zeros(0, dtype=np.intp) for _ in frames]
    rules = [*_exclusions(frames, begin), *_flows(links, begin, n)]
    rows = np.repeat(np.arange(len(rules)), [len(columns) for columns, _, _ in rules])
    columns = np.concatenate([columns for columns, _, _ in rules])
    values = np.concatenate([factors for _, factors, _ in rules])
    matrix = csr_array((values, (rows, columns)), shape=(len(rules), len(gain)))
    low, high = np.zeros(len(gain)), np.ones(len(gain))
    if fixed is not None:
        high[: sizes[0]] = 0
        low[fixed] = high[fixed] = 1
    result = milp(
        -gain,
        integrality=np.ones(len(gain)),
        bounds=Bounds(low, high),
        constraints=LinearConstraint(matrix, ub=np.array([most for _, _, most in rules])),
        options={"time_limit": SECONDS, "mip_rel_gap": NEAR_ENOUGH},
    )
    if result.x is None:  # no time for any
        found = solve_greedy(frames, links)
        return found if fixed is None else [fixed, *found[1:]]
    x = result.x[:n] > 0.5
    return [np.flatnonzero(x[a:b]) for a, b in itertools.pairwise(begin)]


Rule = tuple[NDArray[np.intp], NDArray[np.float64], float]
"""Variables, their factors, and the most that the sum may be."""


def _exclusions(frames: Sequence[Frame], begin: NDArray[np.integer]) -> list[Rule]:
    """Return that of masks which hold one another one is chosen at most: a rule for each leaf."""
    rules: list[Rule] = []
    for t, frame in enumerate(frames):
        for leaf in np.flatnonzero(frame.first == np.arange(len(frame.first))).tolist():
            path, above = [], leaf
            while above >= 0:
                path.append(above)
                above = int(frame.parent[above])
            rules.append((np.array(path) + begin[t], np.ones(len(path)), 1.0))
    return rules


def _flows(links: Sequence[Hypotheses], begin: NDArray[np.integer], n: int) -> list[Rule]:
    """Return that a mask follows one at most and is followed once, where it is chosen itself."""
    rules: list[Rule] = []
    at = n
    for t, one in enumerate(links):
        number = np.arange(at, at + len(one))
        two = one.second >= 0
        ends = np.concatenate([one.target, one.second[two]]) + begin[t + 1]
        for masks, those in (
            (one.source + begin[t], number),
            (ends, np.concatenate([number, number[two]])),
        ):
            order = np.argsort(masks, kind="stable")
            cuts = np.flatnonzero(np.diff(masks[order])) + 1
            for group in np.split(order, cuts) if len(order) else []:
                columns = np.append(those[group], masks[group[0]])
                rules.append((columns, np.append(np.ones(len(group)), -1.0), 0.0))
        at += len(one)
    return rules
