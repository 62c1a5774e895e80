"""What passes of a network take, told before they begin."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.config import NetworkConfig
from napari_discembed.errors import OutOfMemoryError
from napari_discembed.models import EmbeddingNet, check_embedding, check_step, effort

GIGABYTE = 1e9


@pytest.fixture
def net() -> EmbeddingNet:
    return EmbeddingNet(NetworkConfig.of(in_channels=1, features=(4, 8)))


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "memory_of", lambda _device: 16 * GIGABYTE)


def test_the_multiplications_of_a_pixel_are_those_of_its_convolutions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Plain(torch.nn.Module):
        config, stride = NetworkConfig.of(in_channels=1), 2

        def __init__(self) -> None:
            super().__init__()
            self.fine = torch.nn.Conv2d(1, 4, 3, padding=1)  # 36 a pixel, 4 values
            self.coarse = torch.nn.Conv2d(4, 8, 2, stride=2)  # 8 x 16 for every fourth

        def forward(self, images: torch.Tensor, _origins: torch.Tensor) -> torch.Tensor:
            return self.coarse(self.fine(images))

    assert effort._per_pixel(Plain()) == (36 + 32, 4 + 2)


def test_usual_settings_go_without_a_word(net: EmbeddingNet) -> None:
    assert check_step(net, 4, 128, "cpu") is None
    assert check_embedding(net, (4096, 4096), "cpu", in_memory=True) is None


def test_a_step_that_takes_long_is_told(net: EmbeddingNet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(effort.MULTIPLICATIONS, "cpu", 1e6)
    said = check_step(net, 4, 256, "cpu")
    assert said is not None
    assert said.startswith("A step on 4 patches with a side of 256 pixels takes about ")
    assert "smaller batch_size or patch_size" in said


def test_what_exceeds_the_memory_by_far_is_refused(net: EmbeddingNet) -> None:
    with pytest.raises(OutOfMemoryError, match="but there are 16 GB"):
        check_step(net, 256, 2048, "cpu")
    with pytest.raises(OutOfMemoryError, match="larger one makes the grid smaller"):
        check_embedding(net, (100_000, 100_000), "cpu", in_memory=True)


def test_an_embedding_kept_in_files_may_be_larger_than_memory(net: EmbeddingNet) -> None:
    said = check_embedding(net, (1_000_000, 1_000_000), "cpu", in_memory=False)
    assert said is not None
    assert "1000000 x 1000000" in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (80, "80 s"), (90, "2 minutes"), (7200, "2 hours"), (3e5, "3 days")],
)
def test_durations_are_told_in_words(seconds: float, words: str) -> None:
    assert effort.told(seconds) == words


def test_what_is_known_without_a_pass_is_never_less(net: EmbeddingNet) -> None:
    known, exact = effort._at_most(net), effort._per_pixel(net)
    assert known[0] >= exact[0] > 0
    assert known[1] >= exact[1] > 0


def test_the_trial_leaves_the_network_as_it_is(net: EmbeddingNet) -> None:
    state, before = (
        torch.random.get_rng_state(),
        {k: v.clone() for k, v in net.state_dict().items()},
    )
    effort._per_pixel(net.train())
    assert net.training
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
