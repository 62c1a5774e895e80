"""Models on disk: exact, checked, never a pickle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from napari_discembed.catalogue import SHIPPED
from napari_discembed.config import (
    ClusteringConfig,
    LearnedConfig,
    NetworkConfig,
    clustering_config,
)
from napari_discembed.errors import CheckpointError, ModelNotFoundError
from napari_discembed.mining import Judge
from napari_discembed.models import (
    EmbeddingNet,
    Model,
    ModelCard,
    list_models,
    load_model,
    load_model_file,
    save_model,
)
from napari_discembed.models.checkpoint import HASH, content_hash, weights_hash

CONFIG = NetworkConfig.of(in_channels=1, features=(4, 8))


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    card = ModelCard(
        name="small", config=CONFIG, clustering=clustering_config(bandwidth=2.0), image_diameter=30
    )
    return Model(EmbeddingNet(CONFIG), card)


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    save_model(tmp_path / "small.safetensors", model)
    return tmp_path / "small.safetensors"


def test_a_model_comes_back_as_it_was(model: Model, path: Path) -> None:
    back = load_model_file(path)
    for name, tensor in model.net.state_dict().items():
        assert torch.equal(back.net.state_dict()[name], tensor), name
    assert back.card.clustering.bandwidth == 2.0
    assert back.card.image_diameter == 30
    assert len(back.card.weights_sha256) == 64
    assert not back.net.training


def test_the_default_network_is_far_under_eight_megabytes(tmp_path: Path) -> None:
    config = NetworkConfig()
    save_model(
        tmp_path / "m.safetensors", Model(EmbeddingNet(config), ModelCard(name="m", config=config))
    )
    assert (tmp_path / "m.safetensors").stat().st_size < 4e6


def change_card(path: Path, **changes: object) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
    text = json.dumps({**json.loads(metadata["discembed_card"]), **changes})
    metadata = {"discembed_card": text, HASH: content_hash(text, tensors)}
    save_file(tensors, path, metadata=metadata)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + b"0" * 40, "pickled"),
        (b"\x80\x02}q\x00.", "pickled"),
        (b"hello, this is no model at all", "not a model"),
    ],
)
def test_what_is_no_model_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        load_model_file(tmp_path / "x.safetensors")


def test_a_torch_file_is_never_unpickled(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="never unpickled"):
        load_model(tmp_path / "x.pt")


@pytest.mark.parametrize("left", [100, 5000])
def test_a_file_that_is_cut_short_is_told(path: Path, left: int) -> None:
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(CheckpointError, match="cut short"):
        load_model_file(path)


def test_a_changed_weight_does_not_match_the_hash(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="hash"):
        load_model_file(path)


def test_a_newer_format_asks_for_an_update(path: Path) -> None:
    change_card(path, format=99)
    with pytest.raises(CheckpointError, match=r"format 1 to 2, got 99. Update"):
        load_model_file(path)


def test_a_card_of_another_network_does_not_fit(path: Path) -> None:
    config = CONFIG.with_short(features=(4, 16)).model_dump(mode="json")
    change_card(path, config=config)
    with pytest.raises(CheckpointError, match="do not fit"):
        load_model_file(path)


def test_a_model_of_another_task_is_named(path: Path) -> None:
    change_card(path, task="denoising")
    with pytest.raises(CheckpointError, match="expected a model for instance segmentation"):
        load_model_file(path)


def test_what_a_newer_release_adds_to_a_card_is_left_out(path: Path) -> None:
    change_card(path, mood="sunny")
    assert load_model_file(path).name == "small"


def test_a_card_of_release_0_1_is_read(model: Model, tmp_path: Path) -> None:
    """One layer for all heads, flat settings, every method's settings in one config."""
    weights = {}
    heads = [model.net.heads[name].projection for name in ("embedding", "foreground", "seediness")]
    weights["head.weight"] = torch.cat([head.weight for head in heads])
    weights["head.bias"] = torch.cat([head.bias for head in heads])
    for name, value in model.net.backbone.state_dict().items():
        weights[f"unet.{name}"] = value
    flat = {"ndim": 2, "in_channels": 1, "faint": False, "features": [4, 8], "embedding_dim": 2,
            "coordinates": "semiconv", "units_per_diameter": 7.0, "classes": 1, "seediness": True,
            "delta_v": 0.4, "delta_d": 1.2, "diameter": 24.0}  # fmt: skip
    cluster = {"method": "mean_shift", "bandwidth": 2.0, "merge_margin": None, "max_points": 20_000,
               "seed_threshold": 0.3, "coordinates": 0.0}  # fmt: skip
    card = {"format": 1, "name": "old", "config": flat, "cluster": cluster, "mix": [0.5, 0.5],
            "weights_sha256": weights_hash(weights)}  # fmt: skip
    file = tmp_path / "old.safetensors"
    save_file(weights, file, metadata={"discembed_card": json.dumps(card)})
    back = load_model_file(file)
    assert back.card.clustering == clustering_config(
        "mean_shift", bandwidth=2.0, seed_threshold=0.3
    )
    assert back.card.channel_weights == (0.5, 0.5)
    assert (back.net.space.margins.pull, back.net.space.margins.push) == (0.4, 1.2)
    image = torch.randn(1, 1, 8, 8)
    for name, value in model.net.eval()(image).items():
        torch.testing.assert_close(back.net(image)[name], value)


@pytest.mark.parametrize(
    "changes",
    [{"image_diameter": 1e-3}, {"image_diameter": -5}, {"image_diameter": "NaN"},
     {"image_diameter": "Infinity"}, {"channel_weights": [float("inf")]}, {"channel_weights": []},
     {"clustering": {"method": "magic"}}, {"clustering": 3}, {"config": None}, {"format": "2"},
     {"name": None}],
)  # fmt: skip
def test_a_card_of_values_that_cannot_be_is_refused(changes: dict[str, object], path: Path) -> None:
    change_card(path, **changes)
    with pytest.raises(CheckpointError, match="card cannot be read"):
        load_model_file(path)


def test_a_card_nested_without_end_is_refused(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
    save_file(tensors, path, metadata={"discembed_card": "[" * 100_000})
    with pytest.raises(CheckpointError, match="card cannot be read"):
        load_model_file(path)


def test_a_network_larger_than_its_weights_is_refused_before_it_is_made(path: Path) -> None:
    change_card(path, config=CONFIG.with_short(features=(1000, 1000)).model_dump(mode="json"))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_model_file(path)


def test_weights_that_are_not_finite_are_refused(model: Model, path: Path) -> None:
    model.net.heads["foreground"].projection.bias.data.fill_(float("nan"))
    save_model(path, model)
    with pytest.raises(CheckpointError, match=r"NaN or infinite ones in heads.foreground"):
        load_model_file(path)


def test_a_model_saves_itself(model: Model, tmp_path: Path) -> None:
    assert load_model_file(model.save(tmp_path / "mine.safetensors")).name == "small"


def test_weights_without_a_card_are_no_model(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match="without a model card"):
        load_model_file(tmp_path / "x.safetensors")


def test_models_are_found_by_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCEMBED_MODELS", str(path.parent))
    assert "small" in [m.name for m in list_models() if m.origin == "yours"]
    assert load_model("small").name == "small"
    with pytest.raises(ModelNotFoundError, match="small"):
        load_model("smal")


def test_the_shipped_model_loads() -> None:
    assert load_model("generalist").config.ndim == 2


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.safetensors")), ids=lambda p: p.stem)
def test_shipped_weights_are_small_and_say_what_they_are(path: Path) -> None:
    card = load_model(path.stem).card
    assert path.stat().st_size < 8e6
    assert card.name == path.stem
    with_encoder = "Apache-2.0" in str(card.training)
    assert card.licence == "BSD-3-Clause" + " AND Apache-2.0" * with_encoder
    assert card.description
    assert card.metrics
    assert {"drawn", "steps", "recipe"} <= set(card.training)


def test_weights_for_nuclei_leaves_and_all_else_are_shipped() -> None:
    assert {p.stem for p in SHIPPED.glob("*.safetensors")} == {"generalist", "nuclei", "rosette"}


def test_a_judge_comes_back_with_its_model(model: Model, tmp_path: Path) -> None:
    judge = Judge().eval()
    save_model(tmp_path / "judging.safetensors", replace(model, judge=judge))
    back = load_model_file(tmp_path / "judging.safetensors")
    assert back.judge is not None
    assert not back.judge.training
    for name, tensor in judge.state_dict().items():
        assert torch.equal(back.judge.state_dict()[name], tensor), name
    assert set(back.net.state_dict()) == set(model.net.state_dict())


def test_a_model_without_a_judge_has_none(path: Path) -> None:
    assert load_model_file(path).judge is None


def test_a_judge_that_is_shown_other_things_is_left_out(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(tmp_path / "judging.safetensors", replace(model, judge=Judge()))
    other = Judge.card.changed(channels=("mask", "what comes later"))
    monkeypatch.setattr(Judge, "card", other)
    back = load_model_file(tmp_path / "judging.safetensors")
    assert back.judge is None
    assert torch.equal(*(next(iter(m.net.state_dict().values())) for m in (back, model)))


@pytest.mark.parametrize(
    ("recommended", "asked", "judges"),
    [
        (None, None, False),
        (None, LearnedConfig(), True),
        (LearnedConfig(), None, True),
        (LearnedConfig(), clustering_config(), False),
    ],
)
def test_a_model_judges_for_labels_where_they_are_chosen_by_it(
    model: Model,
    recommended: LearnedConfig | None,
    asked: ClusteringConfig | None,
    judges: bool,
) -> None:
    card = model.card.model_copy(update={"learned": recommended})
    judging = replace(model, card=card, judge=Judge())
    assert (judging.for_grouping(asked).judge is not None) == judges
