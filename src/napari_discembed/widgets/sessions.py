"""The session of each viewer, and its autosave."""

from __future__ import annotations

import weakref
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.session.autosave import Annotation
from napari_discembed.session.kinds import Kinds
from napari_discembed.session.state import Session
from napari_discembed.widgets.layers import place_as_text, result_of
from napari_discembed.widgets.layers.kinds import colours_said, kinds_said, rename_kind

_SESSIONS: weakref.WeakKeyDictionary[ViewerModel, Session] = weakref.WeakKeyDictionary()


def session_of(viewer: ViewerModel) -> Session:
    """Return the session of a viewer; two viewers share nothing."""
    own = unwrapped(viewer)
    if own not in _SESSIONS:
        _SESSIONS[own] = Session()
        _keep_kinds(_SESSIONS[own].kinds, own)
    return _SESSIONS[own]


def _keep_kinds(kinds: Kinds, viewer: ViewerModel) -> None:
    """Know the kinds that layers come with; let layers follow those that are called otherwise."""
    seen = weakref.ref(viewer)

    def rename(old: str, new: str) -> None:
        own = seen()
        for layer in [] if own is None else own.layers:
            rename_kind(layer, old, new)

    def take_up(event: Any) -> None:  # noqa: ANN401 - napari's event
        kinds.take_up(colours_said(event.value))

    kinds.renamed.connect(rename)
    viewer.layers.events.inserted.connect(take_up)
    for layer in viewer.layers:
        kinds.take_up(colours_said(layer))


def unwrapped(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer behind the proxy that plugins are given.

    The proxy hands out a new proxy of a layer each time it is asked, so that one cannot tell
    whether two layers are the same one.
    """
    return getattr(viewer, "__wrapped__", viewer)


def save_annotation(session: Session, viewer: ViewerModel) -> None:
    """Write down what is painted and set, in a thread, where a crash does not reach it.

    Of what did not change since nothing is written, however many docks ask for it.
    """
    painted = {
        layer.name: layer
        for layer in viewer.layers
        if isinstance(layer, napari.layers.Labels)
        and isinstance(layer.data, np.ndarray)
        and result_of(layer) is None
    }
    if not painted:
        return
    labels = {name: np.asarray(layer.data) for name, layer in painted.items()}
    places = {name: place_as_text(layer) for name, layer in painted.items()}
    said = {name: kinds_said(layer) for name, layer in painted.items()}
    annotation = Annotation(
        labels,
        session.config,
        session.model,
        places,
        kinds=session.kinds.told,
        of_kinds={name: kinds for name, kinds in said.items() if kinds},
    )
    session.autosave.save_later(annotation)
