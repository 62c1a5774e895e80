"""Exact resumption: from a kill, and from the state of release 0.1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from napari_discembed.config import TrainingConfig
from napari_discembed.errors import CheckpointError
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.checkpoint import weights_hash
from napari_discembed.progress import run
from napari_discembed.training import fit
from napari_discembed.training.state import STATE_FORMAT, SavedState, read_state, write_state

from .tiny import MODEL, config, data, job, same, scoring


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


SCORED = scoring(lambda net: {"ap50": float(next(net.parameters()).abs().sum()), "holdout": 0.0})


def flat_weights(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights as release 0.1 named them: a `unet`, and one `head` for all outputs."""
    flat = {f"unet.{k[9:]}": v for k, v in weights.items() if k.startswith("backbone.")}
    heads = ("embedding", "foreground", "seediness")
    for kind in ("weight", "bias"):
        parts = [weights[f"heads.{head}.projection.{kind}"] for head in heads]
        flat[f"head.{kind}"] = torch.cat(parts)
    return flat


def flat_moments(moments: dict[str, torch.Tensor], backbone: int) -> dict[str, torch.Tensor]:
    """Return moments as release 0.1 numbered them: weight and bias of one head came last."""
    flat = {k: v for k, v in moments.items() if int(k.split(".")[0]) < backbone}
    for i in (0, 1):
        for key in ("exp_avg", "exp_avg_sq"):
            parts = [moments[f"{backbone + 2 * head + i}.{key}"] for head in range(3)]
            flat[f"{backbone + i}.{key}"] = torch.cat(parts)
        flat[f"{backbone + i}.step"] = moments[f"{backbone + i}.step"]
    return flat


def as_release_0_1(path: Path, settings: TrainingConfig) -> None:
    """Rewrite a state as release 0.1 would have written it."""
    saved = read_state(path)
    torch.manual_seed(0)
    start = EmbeddingNet(MODEL)
    backbone = len(list(start.backbone.parameters()))
    tensors = {}
    for part in ("net", "average", "best"):
        weights = saved.part(part)
        tensors |= {f"{part}.{k}": v for k, v in (flat_weights(weights) if weights else {}).items()}
    moments = flat_moments(saved.part("optimiser"), backbone)
    tensors |= {f"optimiser.{k}": v for k, v in moments.items()}
    values = {k: v for k, v in saved.values.items() if k not in {"format", "network", "selection"}}
    config = {**values["config"], "held_back": 0.2, "mix": True}
    config["start_share"], config["augment"] = config.pop("base_weight"), config.pop("augmentation")
    config["foreground_weight"], config["seediness_weight"] = 1.0, 1.0
    del config["head_weights"]
    values |= saved.values["selection"]
    values |= {
        "config": config,
        "model": {
            "ndim": 2, "in_channels": 1, "faint": False, "diameter": 8.0, "features": [4, 8],
            "embedding_dim": 2, "coordinates": "semiconv", "units_per_diameter": 7.0,
            "classes": 1, "seediness": True, "delta_v": 0.5, "delta_d": 1.5,
        },
        "start": weights_hash(flat_weights(start.state_dict())),
        "judged_on": values["judged_on"].replace("holdout", "held_back"),
    }  # fmt: skip
    for record in [values["best_scores"], *values["history"]["validations"]]:
        if "holdout" in record:
            record["held_back"] = record.pop("holdout")
    assert settings.seed == config["seed"]
    write_state(path, SavedState(tensors, values))


def stopped(path: Path, settings: TrainingConfig, steps: int, **options: object) -> None:
    """Train for some steps, and be closed."""
    work = job(settings, state=path, **options)
    for progress in work:
        if progress.values.get("step") == steps + 1 and "loss" in progress.values:
            break
    work.close()


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("score", ["ap50", "holdout"])
def test_a_training_of_release_0_1_goes_on_to_the_same_weights(
    share: float, score: str, tmp_path: Path
) -> None:
    state, settings = tmp_path / "t.state.safetensors", config(base_weight=share, validations=3)
    options = {"validate": SCORED, "score": score, "keep_start": True}
    whole = run(job(settings, **options))
    stopped(state, settings, 3, **options)
    as_release_0_1(state, settings)
    resumed = run(job(settings, state=state, resume=True, **options))
    assert same(whole, resumed)
    assert [s["step"] for s in resumed.history.steps] == [1, 2, 3, 4, 5, 6]
    assert resumed.history.validations[0][score] == whole.history.validations[0][score]
    assert resumed.best == whole.best


def test_a_training_of_release_0_1_from_other_weights_is_refused_where_they_matter(
    tmp_path: Path,
) -> None:
    state = tmp_path / "t.state.safetensors"
    torch.manual_seed(1)
    other = EmbeddingNet(MODEL)
    for share in (0.0, 0.5):
        settings = config(base_weight=share)
        stopped(state, settings, 3)
        as_release_0_1(state, settings)
        resumed = fit(other, data(), settings, state=state, resume=True)
        if share:
            with pytest.raises(CheckpointError, match="other start weights"):
                run(resumed)
        else:  # a new network of that release was drawn otherwise; all of it is in the state
            assert same(run(job(settings)), run(resumed))


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"features": [4, 16]}, "other network"), ({"classes": 2}, "other network")],
)
def test_a_training_of_release_0_1_of_another_network_is_refused(
    changes: dict[str, object], words: str, tmp_path: Path
) -> None:
    state, settings = tmp_path / "t.state.safetensors", config()
    stopped(state, settings, 3)
    as_release_0_1(state, settings)
    saved = read_state(state)
    saved.values["model"] |= changes
    write_state(state, saved)
    with pytest.raises(CheckpointError, match=words):
        run(job(settings, state=state, resume=True))


def test_a_state_of_a_newer_release_says_to_update(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    stopped(state, config(), 1)
    saved = read_state(state)
    write_state(state, SavedState(saved.tensors, {**saved.values, "format": STATE_FORMAT + 1}))
    with pytest.raises(CheckpointError, match="Update napari-discembed"):
        run(job(config(), state=state, resume=True))


@pytest.mark.parametrize("missing", ["config", "history", "selection", "step", "network"])
def test_an_incomplete_state_says_to_delete_it(missing: str, tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    stopped(state, config(), 1)
    saved = read_state(state)
    values = {name: value for name, value in saved.values.items() if name != missing}
    write_state(state, SavedState(saved.tensors, values))
    with pytest.raises(CheckpointError, match="Delete it"):
        run(job(config(), state=state, resume=True))


def test_what_does_not_decide_the_weights_may_change(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    stopped(state, config(), 3)
    other = config(device="cpu", checkpoint_every=5, head_weights={"foreground": 1})
    assert same(run(job(config())), run(job(other, state=state, resume=True)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", -1), ("step", "3"), ("step", 2**70), ("seconds", float("nan")), ("seconds", None),
        ("updates", []), ("validations_done", 1.5), ("selection", {}), ("selection", 3),
        ("history", {"steps": 3, "validations": []}), ("history", {"steps": [["loss"]]}),
    ],
)  # fmt: skip
def test_values_that_no_training_can_have_are_told(
    name: str, value: object, tmp_path: Path
) -> None:
    state = tmp_path / "t.state.safetensors"
    first = job(config(), state=state)
    for _ in range(3):
        next(first)
    first.close()
    saved = read_state(state)
    write_state(state, SavedState(saved.tensors, {**saved.values, name: value}))
    with pytest.raises(CheckpointError, match=r"incomplete\. Delete it and train anew"):
        run(job(config(), state=state, resume=True))


@pytest.mark.parametrize("last", [b": 3", b"\x00\x00\x80\x3f"])  # of the values; a 1 of float32
def test_a_state_with_a_changed_bit_is_told(last: bytes, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    write_state(path, SavedState({"weights.a": torch.ones(3)}, {"steps": 3}))
    assert read_state(path).values == {"steps": 3}
    content = bytearray(path.read_bytes())
    content[content.rindex(last) + len(last) - 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="does not match its hash"):
        read_state(path)


def test_a_state_without_a_hash_is_read_as_those_of_earlier_releases(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_file({"a": torch.ones(3)}, path, {"discembed_training": '{"steps": 3}'})
    assert read_state(path).values == {"steps": 3}


def test_values_nested_too_deeply_are_told(tmp_path: Path) -> None:
    state = tmp_path / "t.state.safetensors"
    save_file({}, state, metadata={"discembed_training": '{"a":' * 100_000})
    with pytest.raises(CheckpointError, match="not the state"):
        read_state(state)
