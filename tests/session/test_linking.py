"""Jobs of the Track dock: find in a movie, link, choose among nested masks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import clustering_config, linking_config
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.pipeline import cluster
from napari_discembed.progress import Job, run
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.linking import (
    EmbeddingLinks,
    Evidence,
    Linked,
    find_evidence,
    find_in_movie,
    gather,
    link_labels,
)
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


@pytest.mark.parametrize("method", ["candidates", "pairs"])
def test_what_embeddings_tell_is_gathered_once(method: str) -> None:
    series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    links, clustering, asked = EmbeddingLinks(), clustering_config("density"), []
    labels = [cluster(one, clustering).labels for one in series]

    def link(**settings: object) -> Linked:
        config = linking_config(method, **settings)

        def gathering() -> Job[Evidence]:
            asked.append(method)
            return gather(series, clustering, config)

        about = Segmentation(labels[0])
        return run(links.link((series, clustering), gathering, labels, about, config))

    assert len(link().lineages.table) == 2
    assert len(link(divisions=False).lineages.table) == 2
    assert asked == [method]
    links.keep(None, None)
    link()
    assert asked == [method] * 2


def test_what_a_method_does_not_ask_is_not_gathered() -> None:
    series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    with pytest.raises(InputError, match="Linking by lap asks nothing"):
        run(gather(series, clustering_config("density"), linking_config("lap")))


def test_a_movie_is_segmented_frame_by_frame() -> None:
    torch.manual_seed(0)
    model = Model(EmbeddingNet(TINY).eval(), ModelCard(name="tiny", config=TINY))
    movie = Image(np.zeros((3, 32, 32), np.uint8), Axes("TYX"))
    told = []
    job = find_in_movie(movie, model, linking_config("lap"), diameter=16)
    found = run(job, told.append)
    assert found.evidence is None
    assert found.objects.axes == "TYX"
    assert found.objects.labels.shape == (3, 32, 32)
    assert {p.portion.noun for p in told if p.portion is not None} == {"frame"}


@pytest.mark.parametrize("axes", ["YX", "TYX"])
def test_what_is_no_movie_is_told_before_any_work(axes: str) -> None:
    still = Image(np.zeros((1, 8, 8)[-len(axes) :], np.uint8), Axes(axes))
    with pytest.raises(InputError, match="expected two frames or more"):
        run(find_in_movie(still, "no such model", linking_config("lap")))


@pytest.mark.parametrize("method", ["candidates", "pairs"])
def test_a_movie_is_gone_through_again_for_what_another_method_asks(method: str) -> None:
    torch.manual_seed(0)
    model = Model(EmbeddingNet(TINY).eval(), ModelCard(name="tiny", config=TINY))
    movie = Image(np.zeros((2, 32, 32), np.uint8), Axes("TYX"))
    config = linking_config(method)
    evidence = run(find_evidence(lambda: find_in_movie(movie, model, config, diameter=16)))
    assert evidence.method == method
    assert len(evidence.frames) == 2
    lap = linking_config("lap")
    with pytest.raises(InputError, match="asks something of embeddings"):
        run(find_evidence(lambda: find_in_movie(movie, model, lap, diameter=16)))
