"""Exact resumption: from a kill, and from the state of release 0.1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from napari_discembed.errors import CheckpointError
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import run
from napari_discembed.training import fit
from napari_discembed.training.state import read_state

from .tiny import MODEL, config, data, job, same


@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_an_interrupted_training_ends_as_if_nothing_had_happened(
    stop_after: int, tmp_path: Path
) -> None:
    state = tmp_path / "t.state.safetensors"
    whole = run(job(config()))
    first = job(config(), state=state)
    for _ in range(stop_after + 1):
        next(first)
    first.close()
    resumed = run(job(config(), state=state, resume=True))
    assert same(whole, resumed)
    assert [s["step"] for s in resumed.history.steps] == [1, 2, 3, 4, 5, 6]


KILLED = """
import sys; sys.path.insert(0, {folder!r})
import tiny as t
from pathlib import Path
t.torch.set_num_threads({threads})
for p in t.job(t.config(steps=4000), state=Path({state!r})):
    print(p.message, flush=True)
"""


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    code = KILLED.format(
        folder=str(Path(__file__).parent), state=str(state), threads=torch.get_num_threads()
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(7):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert state.exists()
    steps = 4000

    reached = int(read_state(state).values["step"])

    def until(step: int, path: Path, *, resume: bool) -> dict[str, torch.Tensor]:
        """Return the weights at a step of the long training."""
        work = job(config(steps=steps), state=path, resume=resume)
        for _ in work:
            if path.exists() and (saved := read_state(path)).values["step"] == step:
                work.close()
                return saved.part("net")
        raise AssertionError

    whole = until(reached + 8, tmp_path / "other.state.safetensors", resume=False)
    resumed = until(reached + 8, state, resume=True)
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)


def test_a_state_of_other_settings_or_data_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    run(job(config(), state=state))
    with pytest.raises(CheckpointError, match="other settings"):
        run(job(config(batch_size=3), state=state, resume=True))
    c, other = config(), EmbeddingNet(MODEL)
    resumed = fit(other, data(), c, state=state, resume=True)
    with pytest.raises(CheckpointError, match="other start"):
        run(resumed)
    with pytest.raises(CheckpointError, match="other validation"):
        run(job(config(), state=state, resume=True, judged_on="others"))
    state.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="not the state"):
        run(job(config(), state=state, resume=True))
