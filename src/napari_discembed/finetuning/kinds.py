"""Kinds of objects in fine-tuning: a start brought to the kinds that a person labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.errors import InputError
from napari_discembed.finetuning.balance import with_balanced_kinds
from napari_discembed.finetuning.discriminant import with_discriminant
from napari_discembed.finetuning.starts import PreparedStart, new_network
from napari_discembed.imaging import whole_labels
from napari_discembed.models import Model, with_classes
from napari_discembed.training import FitResult
from napari_discembed.types import Image, IntArray, Kind

VARIED = {
    "brightness": 0.03,
    "contrast": 1.1,
    "gamma": 1.05,
    "colour": 0.03,
    "scale": 1.1,
    "noise": 0.02,
    "invert": 0.0,
    "stain": 0.0,
}
"""How much kinds of objects are varied at most in training."""


class Begin(NamedTuple):
    """What to train from, with the classes that are labelled.

    Attributes
    ----------
    model
        To start from; None for a new network.
    network
        Of a new network; None for the usual.
    kinds
        What its classes are called; empty where nobody said.
    is_new
        Whether it has a class that the start does not know.
    """

    model: Model | None
    network: NetworkConfig | None
    kinds: tuple[Kind, ...]
    is_new: bool


def checked_classes(
    classes: Sequence[IntArray] | None, images: Sequence[Image], labels: Sequence[IntArray]
) -> list[IntArray] | None:
    """Return class images as whole numbers, one an image; None for none.

    Raises
    ------
    InputError
        If there are more or fewer than images, of another shape than the labels, or they hold no
        classes.
    """
    if classes is None:
        return None
    found = [whole_labels(one, "classes") for one in classes]
    if len(found) != len(images):
        raise InputError(
            f"Expected a class image for each of {len(images)} images, got {len(found)}."
        )
    for image, one, painted in zip(images, found, labels, strict=True):
        if one.shape != painted.shape:
            raise InputError(
                f"{image.name}: expected classes of the labels' shape {painted.shape}, got "
                f"{one.shape}."
            )
    return found


def with_kinds(
    model: Model | None,
    network: NetworkConfig | None,
    images: Sequence[Image],
    classes: Sequence[IntArray] | None,
    kinds: Sequence[Kind],
) -> Begin:
    """Bring a start to the kinds that are labelled.

    A kind that the start knows by its name goes on as that; a new one begins as the start's first.

    Parameters
    ----------
    model, network
        To start from, or of a new network.
    images
        To train on.
    classes
        ``(*S)`` an image; None for one class.
    kinds
        Of the classes; empty where nobody said.
    """
    named = tuple(kinds)
    if classes is None:
        own = () if model is None else model.card.kinds
        return Begin(model, network, own, is_new=False)
    most = max((int(one.max(initial=0)) for one in classes), default=0)
    if model is None:
        if network is None and named:
            network = new_network(images).with_short(classes=max(len(named), most))
        return Begin(None, network, named, is_new=True)
    begins_as, is_new = _beginnings(model, named, most)
    net = with_classes(model.net, begins_as)
    named = named or model.card.kinds
    card = model.card.model_copy(update={"config": net.config, "kinds": named})
    return Begin(Model(net, card), network, named, is_new)


def config_for_kinds(
    config: FinetuningConfig, kinds: int, *, new: bool = False
) -> FinetuningConfig:
    """Return how to learn so many kinds: what may tell them apart is varied little.

    One may be darker than the other, or smaller: seen in all brightnesses and sizes they would be
    one. A start that does not know a kind has no share in what is learnt: the mean with it would
    see the kind half as well.
    """
    if kinds < 2:
        return config
    kept = config.augmentation
    least = {name: min(getattr(kept, name), most) for name, most in VARIED.items()}
    share = {"base_weight": 0.0} if new else {}
    return config.model_copy(update={"augmentation": kept.model_copy(update=least), **share})


def prepared_for(begin: Begin, prepared: PreparedStart, config: FinetuningConfig) -> PreparedStart:
    """Return a start that tells new kinds apart as far as it sees them already."""
    if begin.model is None or not begin.is_new or prepared.net.config.classes < 2:
        return prepared
    return replace(prepared, net=with_discriminant(prepared.net, prepared.data, config))


def balanced(result: FitResult, data: TrainingSet, config: FinetuningConfig) -> FitResult:
    """Return what was learnt with kinds that are as likely as each other."""
    if result.net.config.classes < 2:
        return result
    learnt = None if result.learnt is None else balanced(result.learnt, data, config)
    if result.kept_start:
        return replace(result, learnt=learnt)
    return replace(result, net=with_balanced_kinds(result.net, data, config), learnt=learnt)


def _beginnings(model: Model, kinds: tuple[Kind, ...], most: int) -> tuple[list[int], bool]:
    """Return the old class that each new one begins as, and whether one is new."""
    known, n = [kind.name for kind in model.card.kinds], model.config.classes
    if kinds and known:
        found = [known.index(kind.name) if kind.name in known else None for kind in kinds]
    else:
        found = [i if i < n else None for i in range(max(len(kinds), most) if kinds else n)]
    found += [None] * (most - len(found))
    if n == 1 and len(found) > 1:  # it tells no kinds apart, whatever its one is called
        return [0] * len(found), True
    return [0 if i is None else i for i in found], None in found
