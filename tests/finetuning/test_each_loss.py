"""Each loss from end to end: trained from scratch, grouped as the model's card says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed import finetuning, metrics, pipeline
from napari_discembed.config import FROM_SCRATCH, AugmentationConfig, NetworkConfig, suited_config
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.models import load_model_file, save_model
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image


def touching() -> tuple[np.ndarray, np.ndarray]:
    """Return six rectangles that touch in pairs, each pair of a dark one and a bright one."""
    labels = np.zeros((64, 64), np.uint8)
    for i, (row, column) in enumerate([(6, 8), (26, 20), (46, 8)]):
        labels[row : row + 12, column : column + 14] = 2 * i + 1
        labels[row : row + 12, column + 14 : column + 28] = 2 * i + 2
    picture = np.choose(labels % 2, [220, 120]) * (labels > 0)
    noise = np.random.default_rng(0).normal(20, 6, labels.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), labels


@pytest.mark.parametrize(
    "network",
    [
        {"coordinates": "semiconv", "embedding_dim": 2},
        {"coordinates": "none", "embedding_dim": 4, "space_kind": "cosine"},
    ],
    ids=["discriminative", "cosine"],
)
def test_a_model_trained_by_each_loss_finds_objects_that_touch(network, tmp_path):
    picture, labels = touching()
    image = Image(picture, Axes("YX"))
    config = FROM_SCRATCH.changed(
        seconds=None,
        steps=120,
        batch_size=2,
        patch_size=64,
        learning_rate=5e-3,
        holdout=0,
        augmentation=AugmentationConfig(enabled=False),
    )
    of = NetworkConfig.of(in_channels=1, features=(8, 16, 16), diameter=14, **network)
    job = finetuning.finetune(image, labels, network=of, config=config, complete=True, diameter=14)
    model = run(job)
    assert model.card.clustering == suited_config(of.embedding_space).changed(
        bandwidth=model.card.clustering.bandwidth
    )
    save_model(tmp_path / "model.safetensors", model)
    model = load_model_file(tmp_path / "model.safetensors")
    embedding = run(pipeline.embed(image, model, diameter=14))
    again = read_embedding(write_embedding(tmp_path / "one.dembed", embedding))
    assert again.space == of.embedding_space
    grouping = model.card.clustering.changed(min_size=20)  # bits of a rim are no objects
    for one in (embedding, again):
        found = pipeline.cluster(one, grouping).labels
        assert metrics.score(labels, found).ap50 == 1
    # Lengths mean nothing in cosine space.
    if of.space.kind == "cosine":
        length = np.random.default_rng(1).lognormal(0, 0.5, embedding.shape)
        values = (np.asarray(embedding.values) * length).astype(np.float32)
        longer = replace(embedding, maps={**embedding.maps, "embedding": values})
        other = pipeline.cluster(longer, grouping).labels
        assert metrics.score(found, other).ap50 == 1
