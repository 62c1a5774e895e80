"""The bandwidth that labelled objects allow."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import HdbscanConfig, SeededConfig, TilingConfig
from napari_discembed.finetuning import bandwidth
from napari_discembed.inference import scale
from napari_discembed.models import Model, load_model
from napari_discembed.progress import Job, Progress, run
from napari_discembed.types import Embedding, Image, Margins

SIDE, USUAL = 40, 1.25


def painted() -> np.ndarray:
    """Two objects side by side, each of 400 pixels."""
    labels = np.zeros((SIDE, SIDE), int)
    labels[10:30, :20], labels[10:30, 20:] = 1, 2
    return labels


def embedded(monkeypatch: pytest.MonkeyPatch, apart: float) -> Model:
    """Have any image embedded as the two objects, each in halves, so far apart on a line."""
    values = np.zeros((2, SIDE, SIDE), np.float32)
    # The halves of each object are 1.6 apart: two objects at the usual bandwidth, one at 1.9.
    values[0, 20:] = 1.6
    values[1, :, 20:] = apart
    return embedding(monkeypatch, values, painted() > 0)


def embedding(monkeypatch: pytest.MonkeyPatch, values: np.ndarray, foreground: np.ndarray) -> Model:
    """Have any image embedded so."""
    model = load_model("generalist")

    def embed_image(
        model: Model, image: Image, *, diameter: float, tile: TilingConfig | None
    ) -> Job[Embedding]:
        assert image.shape == (SIDE, SIDE)
        yield Progress(1.0)
        assert diameter == model.image_diameter
        return Embedding.of(
            values=values,
            foreground=foreground.astype(np.float32)[None],
            seediness=None,
            margins=Margins(0.5, 1.5),
            image_shape=(SIDE, SIDE),
        )

    monkeypatch.setattr(bandwidth, "embed_image", embed_image)
    return model


def suited(model: Model, labels: np.ndarray) -> float | None:
    return run(bandwidth.tune_bandwidth(model, [Image(np.zeros((SIDE, SIDE)))], [labels]))


def test_far_objects_allow_a_larger_bandwidth(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = USUAL * bandwidth.STEP ** (bandwidth.STEPS - 1)
    found = suited(embedded(monkeypatch, apart=30), painted())
    assert found == pytest.approx((USUAL * largest) ** 0.5, abs=1e-3)


def test_near_objects_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    model = embedded(monkeypatch, apart=1.25)  # nearer than the halves
    found = suited(model, painted())
    assert found is not None
    assert USUAL <= found < 1.4


@pytest.mark.parametrize(("n", "tolerated"), [(16, True), (64, False)])
def test_of_few_objects_two_that_join_say_little(
    monkeypatch: pytest.MonkeyPatch, n: int, tolerated: bool
) -> None:
    # Squares of an object each; of each sixteen, the first two join at a bandwidth of 1.4.
    a_row = round(n**0.5)
    side = SIDE // a_row
    numbers = np.arange(n).reshape(a_row, a_row).repeat(side, 0).repeat(side, 1)
    labels = numbers + 1
    values = np.zeros((2, SIDE, SIDE), np.float32)
    values[0] = np.where(numbers % 16 == 1, 10 * numbers - 8.65, 10 * numbers)
    found = suited(embedding(monkeypatch, values, labels > 0), labels)
    assert found is not None
    assert (found > 1.5) is tolerated


def test_without_objects_or_a_bandwidth_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    model = embedded(monkeypatch, apart=30)
    assert suited(model, np.full((SIDE, SIDE), -1)) is None
    for config in (HdbscanConfig(), SeededConfig()):
        other = Model(model.net, model.card.model_copy(update={"clustering": config}))
        assert suited(other, painted()) is None


def test_objects_far_apart_are_looked_at_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "WINDOW", SIDE)
    model = embedded(monkeypatch, apart=30)
    labels = np.zeros((5 * SIDE, 5 * SIDE), int)
    labels[:10, :10], labels[-10:, -10:] = 1, 2
    job = bandwidth.tune_bandwidth(model, [Image(np.zeros(labels.shape))], [labels])
    assert run(job) is not None


def test_a_smaller_bandwidth_of_the_card_is_where_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = embedded(monkeypatch, apart=1.25)
    narrow = model.card.clustering.model_copy(update={"bandwidth": 1.1})
    model = Model(model.net, model.card.model_copy(update={"clustering": narrow}))
    found = suited(model, painted())
    assert found is not None
    assert 1.1 <= found < 1.25


def test_each_image_and_each_bandwidth_is_a_place_to_stop_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, image = embedded(monkeypatch, apart=30), Image(np.zeros((SIDE, SIDE)))
    job = bandwidth.tune_bandwidth(model, [image, image], [painted(), painted()])
    seen = [p.fraction for p in job if p.fraction is not None]
    assert len(seen) == 2 + bandwidth.STEPS - 1
    assert seen == sorted(seen)
    assert seen[:2] == [0.4, 0.8]
    assert seen[-1] < 1
