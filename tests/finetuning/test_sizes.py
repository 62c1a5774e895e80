"""At what size of its objects a start is shown images of which a few objects are painted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.finetuning import finetune, sizes
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Job, Progress, run
from napari_discembed.types import Axes, Image, IntArray

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10)
START = Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY))
IMAGE = Image(np.zeros((40, 40), np.float32), Axes("YX"))
SEEN = 15.0


def painted(rest: int = -1) -> IntArray:
    """Return a square of 8 x 8, about 9 wide, on what is not painted."""
    targets = np.full((40, 40), rest)
    targets[2:10, 2:10] = 1
    return targets


@pytest.fixture
def rows_found(monkeypatch: pytest.MonkeyPatch) -> dict[bool, int]:
    """Of the square's eight rows, those that the start finds: as painted, and as it sees."""
    rows = {True: 8, False: 8}

    def look(model: Model, image: Image, **_: Any) -> Job[SimpleNamespace]:
        yield Progress(0.0)
        return SimpleNamespace(diameter=SEEN)

    def find(image: Image, model: Model, *, diameter: float, **_: Any) -> Job[SimpleNamespace]:
        yield Progress(0.0)
        found = np.where(painted() > 0, 1, 0)
        found[2 + rows[diameter != SEEN] :] = 0
        return SimpleNamespace(labels=found)

    monkeypatch.setattr(sizes, "estimate_scale", look)
    monkeypatch.setattr(sizes, "segment", find)
    return rows


@pytest.mark.parametrize(
    ("as_painted", "as_seen", "is_seen"),
    [(8, 8, True), (2, 6, True), (8, 7, False), (2, 4, False), (0, 0, False)],
)
def test_the_first_look_is_taken_where_it_finds_what_is_painted_as_well(
    rows_found: dict[bool, int], as_painted: int, as_seen: int, is_seen: bool
) -> None:
    rows_found[True], rows_found[False] = as_painted, as_seen
    diameter = run(sizes.fitting_diameter(START, [IMAGE], [painted()], FinetuningConfig()))
    assert diameter == (SEEN if is_seen else pytest.approx(9.03, abs=0.1))


def test_what_is_all_painted_says_its_size_itself(rows_found: dict[bool, int]) -> None:
    complete = sizes.fitting_diameter(START, [IMAGE], [painted(0)], FinetuningConfig())
    assert run(complete) == pytest.approx(9.03, abs=0.1)
    new = sizes.fitting_diameter(None, [IMAGE], [painted()], FinetuningConfig())
    assert run(new) == pytest.approx(9.03, abs=0.1)


def test_a_model_is_taught_at_that_size(rows_found: dict[bool, int]) -> None:
    config = FinetuningConfig(steps=1, patch_size=16, batch_size=2, holdout=0)
    labels = np.maximum(painted(), 0)
    model = run(finetune(IMAGE, labels, model=START, config=config))
    assert model.card.image_diameter == SEEN
    told = run(finetune(IMAGE, labels, model=START, config=config, diameter=12.0))
    assert told.card.image_diameter == 12.0


def test_asked_to_finish_while_it_looks_a_training_ends_at_once(
    rows_found: dict[bool, int],
) -> None:
    config = FinetuningConfig(steps=10_000, patch_size=16, batch_size=2, holdout=0)
    seen: list[Progress] = []
    job = finetune(IMAGE, np.maximum(painted(), 0), model=START, config=config)
    model = run(job, seen.append, finish=lambda: len(seen) == 1)
    assert model.card.training["steps"] < 3
