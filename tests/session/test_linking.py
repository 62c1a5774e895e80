"""Jobs of the Track dock: find in a movie, link, choose among nested masks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import CandidatesConfig, clustering_config, linking_config
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.linking import NestedMasks, find_in_movie, link_labels
from napari_discembed.types import Axes, Image, Segmentation

from .test_embeddings import TINY, blobs


def test_labels_are_linked_and_their_places_told() -> None:
    frames = [np.array([[1, 0, 2]]), np.array([[2, 0, 1]]), np.array([[1, 0, 0]])]
    linked = run(link_labels(frames, Segmentation(frames[0]), linking_config()))
    assert linked.tracks.labels[:, 0].tolist() == [[1, 0, 2], [1, 0, 2], [1, 0, 0]]
    assert linked.lineages.points.ids.tolist() == [1, 1, 1, 2, 2]
    assert linked.lineages.counts()["losses"].tolist() == [0, 0, 1]


def test_frames_without_objects_have_no_tracks() -> None:
    frames = [np.zeros((4, 5), np.uint8)] * 3
    linked = run(link_labels(frames, Segmentation(frames[0]), linking_config()))
    assert len(linked.lineages.table) == 0
    assert linked.lineages.counts()["objects"].tolist() == [0, 0, 0]


def test_nested_masks_are_made_once() -> None:
    series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    masks, config = NestedMasks(), clustering_config("density")
    linked = run(masks.link(series, config, CandidatesConfig()))
    assert len(linked.lineages.table) == 2
    kept = masks.frames
    run(masks.link(series, config, CandidatesConfig(divisions=False)))
    assert masks.frames is kept


def test_a_movie_is_segmented_frame_by_frame() -> None:
    torch.manual_seed(0)
    model = Model(EmbeddingNet(TINY).eval(), ModelCard(name="tiny", config=TINY))
    movie = Image(np.zeros((3, 32, 32), np.uint8), Axes("TYX"))
    told = []
    found = run(find_in_movie(movie, model, diameter=16), told.append)
    assert found.axes == "TYX"
    assert found.labels.shape == (3, 32, 32)
    assert {p.portion.noun for p in told if p.portion is not None} == {"frame"}


@pytest.mark.parametrize("axes", ["YX", "TYX"])
def test_what_is_no_movie_is_told_before_any_work(axes: str) -> None:
    still = Image(np.zeros((1, 8, 8)[-len(axes) :], np.uint8), Axes(axes))
    with pytest.raises(InputError, match="expected two frames or more"):
        run(find_in_movie(still, "no such model"))
