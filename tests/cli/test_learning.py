"""What ``train`` and ``finetune`` share: settings of the command line, and Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from napari_discembed.cli import learning
from napari_discembed.config import FINE_TUNING, FROM_SCRATCH, NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.progress import Finish, Job, Progress


def test_a_setting_is_json_where_it_can_be_and_a_word_else() -> None:
    config = learning.settings(FINE_TUNING, ["batch_size=8", "schedule=constant", "base_weight=0"])
    assert (config.batch_size, config.schedule, config.base_weight) == (8, "constant", 0)
    assert config.seconds == 60  # what is not given stays


def test_a_dotted_name_is_a_setting_within_one() -> None:
    config = learning.settings(
        FINE_TUNING, ["augmentation.rotate=0", "head_weights.seediness=3", "augmentation.blur=1"]
    )
    assert (config.augmentation.rotate, config.augmentation.blur) == (0, 1)
    assert config.augmentation.scale == FINE_TUNING.augmentation.scale
    assert config.head_weights == {"foreground": 2, "seediness": 3}
    assert FINE_TUNING.head_weights == {"foreground": 2}


@pytest.mark.parametrize(
    ("given", "known"), [(["steps=5"], {}), ([], {"steps": 5}), (["steps=5"], {"steps": 7})]
)
def test_a_budget_that_is_given_replaces_the_usual_one(
    given: list[str], known: dict[str, int]
) -> None:
    config = learning.settings(FROM_SCRATCH, given, **known)
    assert (config.steps, config.epochs, config.seconds) == (5, None, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("start_share=0", r"^start_share is called base_weight now: --set base_weight=0$"),
        ("held_back=0.1", "--set holdout=0.1$"),
        ("mix=false", "--set tune_channel_weights=false$"),
        ("foreground_weight=2", "--set head_weights.foreground=2$"),
        ("augment.rotate=0", "--set augmentation.rotate=0$"),
        ("batch_size", "NAME=VALUE"),
        ("=3", "NAME=VALUE"),
        ("batch_size=0", "batch_size"),
        ("batch_size=many", "batch_size"),
        ("batch_size.more=1", "batch_size has no settings within"),
        ("augmentation.tilt=1", "augmentation.tilt"),
        ("batchsize=3", "batchsize"),
    ],
)
def test_a_setting_that_is_none_is_told_in_words(given: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        learning.settings(FINE_TUNING, [given])


def test_a_network_takes_short_names_and_dotted_ones() -> None:
    given = ["embedding_dim=4", "classes=2", "features=[16,32]", "heads.embedding.coordinates=none"]
    config = learning.settings(NetworkConfig(), given)
    assert (config.embedding.dim, config.classes) == (4, 2)
    assert (config.backbone.features, config.embedding.coordinates) == ((16, 32), "none")
    with pytest.raises(InputError, match="no_such"):
        learning.settings(NetworkConfig(), ["no_such=1"])
    with pytest.raises(InputError, match="embedding_dim of at least 2"):
        learning.settings(NetworkConfig(), ["embedding_dim=1"])


def interrupted(times: int) -> Job[str]:
    """Press Ctrl-C that often, and end early when asked to."""
    try:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
            yield Progress(0.5)
        yield Progress(1.0)
    except Finish:
        for _ in range(times - 1):
            signal.raise_signal(signal.SIGINT)
        return "early"
    return "whole"


@pytest.mark.parametrize(("times", "result"), [(0, "whole"), (1, "early")])
def test_the_first_interrupt_asks_for_the_end(
    times: int, result: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert learning.run_until_interrupted(interrupted(times), "train", quiet=True) == result
    assert signal.getsignal(signal.SIGINT) is before
    assert ("keeping the best so far" in capsys.readouterr().err) is bool(times)


def test_the_second_interrupt_forces_the_end() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        learning.run_until_interrupted(interrupted(2), "train", quiet=True)
    assert signal.getsignal(signal.SIGINT) is before


def test_where_a_training_starts_is_said_if_it_may_surprise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "m.safetensors"
    learning.tell_start(output, resume=False)
    assert capsys.readouterr().err == ""
    learning.tell_start(output, resume=True)
    assert "Nothing to resume" in capsys.readouterr().err
    learning.state_path(output).touch()
    learning.tell_start(output, resume=True)
    assert capsys.readouterr().err == ""
    learning.tell_start(output, resume=False)
    assert "--resume would" in capsys.readouterr().err


def test_a_file_of_another_program_is_not_replaced_by_a_model(tmp_path: Path) -> None:
    output = tmp_path / "m.safetensors"
    output.write_bytes(b"\x08\0\0\0\0\0\0\0{}      weights of mine")
    with pytest.raises(InputError, match="no model of this program"):
        learning.check_output(output)
    assert output.read_bytes().endswith(b"weights of mine")
