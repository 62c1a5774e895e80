"""Kinds of objects in fine-tuning: a start brought to the kinds that a person labelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.finetuning.starts import new_network
from napari_discembed.imaging import whole_labels
from napari_discembed.models import Model, with_classes
from napari_discembed.types import Image, IntArray, Kind


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
    classes: Sequence[IntArray] | None, images: Sequence[Image]
) -> list[IntArray] | None:
    """Return class images as whole numbers, one an image; None for none.

    Raises
    ------
    InputError
        If there are more or fewer than images, or they hold no classes.
    """
    if classes is None:
        return None
    found = [whole_labels(one, "classes") for one in classes]
    if len(found) != len(images):
        raise InputError(
            f"Expected a class image for each of {len(images)} images, got {len(found)}."
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
