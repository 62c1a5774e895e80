"""The session of each viewer, and its autosave."""

from __future__ import annotations

import weakref

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.session.autosave import Annotation
from napari_discembed.session.state import Session
from napari_discembed.widgets.layers import place_as_text, result_of

_SESSIONS: weakref.WeakKeyDictionary[ViewerModel, Session] = weakref.WeakKeyDictionary()


def session_of(viewer: ViewerModel) -> Session:
    """Return the session of a viewer; two viewers share nothing."""
    own = unwrapped(viewer)
    if own not in _SESSIONS:
        _SESSIONS[own] = Session()
    return _SESSIONS[own]


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
    session.autosave.save_later(Annotation(labels, session.config, session.model, places))
