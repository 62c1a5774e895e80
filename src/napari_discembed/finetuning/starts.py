"""What a network is fine-tuned from: which weights, and how it is shown the images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from napari_discembed.config import (
    ClusteringConfig,
    FinetuningConfig,
    NetworkConfig,
    UnseededConfig,
    suited_config,
)
from napari_discembed.datasets.training_set import MovieFrames, TrainingSet
from napari_discembed.finetuning.channel_mix import fisher_weights
from napari_discembed.imaging.reading import as_image
from napari_discembed.mining import Judge
from napari_discembed.models import LICENCE, EmbeddingNet, Model, ModelCard, adapt_channels, inflate
from napari_discembed.pipeline import ImageLike
from napari_discembed.progress import Job
from napari_discembed.training import Preview, loss_of, training_set
from napari_discembed.types import EmbeddingSpace, Image, IntArray

LARGEST_SEED_THRESHOLD = 0.4
"""Seediness that objects of a network just trained must reach at most; where it is asked for more,
it misses whole objects in images unlike the labelled one."""
LARGEST_OF_COMPLETE = 0.45
"""The same where every object was labelled: middles are surer then (benchmarks/LOG.md, 122)."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a network is fine-tuned from.

    Attributes
    ----------
    model
        To start from; None for a new network.
    diameter
        Typical object diameter in image pixels.
    channel_weights
        Weight of each channel in the grey image that the network is shown; None where it is shown
        the channels.
    """

    model: Model | None
    diameter: float
    channel_weights: tuple[float, ...] | None = None

    def network(
        self, new: NetworkConfig | None, images: Sequence[Image], seed: int
    ) -> EmbeddingNet:
        """Return the network to train: a new one, or a copy that takes the images' channels.

        Parameters
        ----------
        new
            Of a new network; None for :func:`new_network`.
        images
            To train on.
        seed
            Seed of a new network's weights.
        """
        if self.model is None:
            with _seeded(seed):
                return EmbeddingNet(new or new_network(images))
        channels, own = images[0].n_channels, self.model.config.in_channels
        fits = self.channel_weights is not None or images[0].has_alpha or channels in {1, 3, own}
        return adapt_channels(self.model.net, own if fits else channels)

    def candidate(self, net: EmbeddingNet) -> Model:
        """Return a network in training as a model that segments, and judges if that takes it."""
        card = ModelCard(
            name="candidate",
            config=net.config,
            clustering=self.clustering(net.space),
            learned=None if self.model is None else self.model.card.learned,
            image_diameter=self.diameter,
            channel_weights=self.channel_weights,
            views=1 if self.model is None else self.model.card.views,
            licence=LICENCE if self.model is None else self.model.card.licence,
        )
        return Model(net, card, judge=self.judge).for_grouping(None)

    @property
    def judge(self) -> Judge | None:
        """The judge of masks of the model: it goes on judging what the network learns."""
        return None if self.model is None else self.model.judge

    def shown_by(self, preview: Callable[[Model], Job[Mapping[str, Any]]]) -> Preview:
        """Return a preview of a model as one of a network in training."""

        def of_network(net: EmbeddingNet) -> Job[Mapping[str, Any]]:
            return preview(self.candidate(net))

        return of_network

    def clustering(self, space: EmbeddingSpace, *, complete: bool = False) -> ClusteringConfig:
        """Return the clustering to recommend for what is trained from here.

        Parameters
        ----------
        space
            That the network embeds into.
        complete
            Whether every object of the images was labelled.
        """
        if self.model is None:
            return suited_config(space)
        known = self.model.card.clustering
        if not isinstance(known, UnseededConfig):
            return known
        largest = LARGEST_OF_COMPLETE if complete else LARGEST_SEED_THRESHOLD
        seeds = known.seed_threshold
        return known.changed(seed_threshold=largest if seeds >= LARGEST_SEED_THRESHOLD else seeds)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedStart:
    """A start with the network to train and the data at its scale and channels."""

    start: Start
    net: EmbeddingNet
    data: TrainingSet


def new_network(images: Sequence[ImageLike]) -> NetworkConfig:
    """Return the network that fine-tuning builds for such images where there is no model.

    Where grey images are among coloured ones, it sees colours.
    """
    pictures = [as_image(image) for image in images]
    ndim = len(pictures[0].shape)
    channels = {picture.n_channels for picture in pictures}
    most = max(channels)
    if most == 4 and len(channels) > 1:
        most = 3  # the others have no alpha
    return NetworkConfig.of(ndim=2 if ndim == 2 else 3, in_channels=most, embedding_dim=ndim)


def inflated(model: Model, seed: int) -> Model:
    """Return a model for planes as one for volumes, what it lacks along Z drawn from a seed."""
    with _seeded(seed):
        net = inflate(model.net)
    card = model.card.model_copy(update={"config": net.config, "learned": None})
    return Model(net, card)  # its judge has seen no volumes


def best_start(
    model: Model | None,
    diameter: float,
    network: NetworkConfig | None,
    images: Sequence[Image],
    targets: Sequence[IntArray],
    classes: Sequence[IntArray] | None,
    config: FinetuningConfig,
    movies: Sequence[MovieFrames] = (),
) -> PreparedStart:
    """Return the start of which the network knows most already; the first where there is one.

    Parameters
    ----------
    model
        To start from; None for a new network.
    diameter
        Typical object diameter in image pixels.
    network
        Of a new network.
    images, targets, classes, movies
        To train on, as for :func:`~napari_discembed.training.training_set`.
    config
        Whether channel weights are tried, the weights of the loss, and the seed.
    """
    prepared = []
    for start in _starts(model, diameter, images, targets, config):
        net = start.network(network, images, config.seed)
        weights = start.channel_weights
        data = training_set(images, targets, net.config, diameter, classes, weights, movies)
        prepared.append(PreparedStart(start, net, data))
    if len(prepared) == 1:
        return prepared[0]
    return min(prepared, key=lambda one: loss_of(one.net, one.data, config))


def _starts(
    model: Model | None,
    diameter: float,
    images: Sequence[Image],
    targets: Sequence[IntArray],
    config: FinetuningConfig,
) -> list[Start]:
    """Return the ways to show the images: as they are, and as a grey mix of their channels."""
    as_is = None if model is None else model.card.channel_weights
    tried = [as_is]
    alike = len({(image.n_channels, len(image.shape)) for image in images}) == 1
    if model is not None and config.tune_channel_weights and alike:
        best = fisher_weights(images, targets)
        tried.append(None if best == (1.0,) else best)  # grey, and bright already
    n_channels = images[0].n_channels
    fitting = [weights for weights in tried if weights is None or len(weights) == n_channels]
    return [Start(model, diameter, weights) for weights in dict.fromkeys(fitting or [as_is])]


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw weights from a seed, and leave the generator of whoever called as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
