"""The embeddings that the objects of a movie came from: those of Segment, or made once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import napari.layers

from napari_discembed.config import LinkingConfig
from napari_discembed.progress import Job
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.linking import (
    EmbeddingLinks,
    Evidence,
    FoundMovie,
    Linked,
    find_evidence,
    gather,
)
from napari_discembed.session.state import Session
from napari_discembed.types import IntArray, Segmentation
from napari_discembed.types.axes import TIME
from napari_discembed.widgets.layers import OBJECTS_OF

Find: TypeAlias = Callable[[LinkingConfig], Job[FoundMovie]]
"""Goes through a movie for its objects, and for what a method of linking asks."""


class MovieEmbeddings:
    """Links the objects of Labels layers by their embeddings.

    Parameters
    ----------
    session
        Has the embeddings that Segment made.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._links = EmbeddingLinks()
        self._found: tuple[napari.layers.Labels, Find] | None = None

    @property
    def kept(self) -> Evidence | None:
        """What was gathered last, for the next linking."""
        return self._links.evidence

    def are_there_for(self, layer: napari.layers.Labels | None) -> bool:
        """Tell whether a layer's objects can be linked so; None are those yet to be found."""
        return layer is None or self._finder(layer) is not None or self._series(layer) is not None

    def found(self, layer: napari.layers.Labels, find: Find, evidence: Evidence | None) -> None:
        """Remember how a layer's objects were found, and what was gathered beside them."""
        self._found = layer, find
        self._links.keep(layer, evidence)

    def forget(self, layer: napari.layers.Layer) -> None:
        """Forget a layer that was removed."""
        if self._found is not None and self._found[0] is layer:
            self._found = None
            self._links.keep(None, None)

    def link(
        self,
        layer: napari.layers.Labels,
        frames: Sequence[IntArray],
        about: Segmentation,
        config: LinkingConfig,
    ) -> Job[Linked]:
        """Link a layer's objects; where there are no embeddings, the movie is gone through again.

        Parameters
        ----------
        layer
            One that :meth:`are_there_for` accepts.
        frames, about
            Its labels.
        config
            How they are linked.
        """
        find, series = self._finder(layer), self._series(layer)
        if series is not None:
            _, clustering = self._session.of_layer(str(layer.metadata[OBJECTS_OF]))
            return self._links.link(
                (series, clustering),
                lambda: gather(series, clustering, config),
                frames,
                about,
                config,
            )
        if find is None:
            raise ValueError("ask are_there_for() before")
        return self._links.link(
            layer, lambda: find_evidence(lambda: find(config)), frames, about, config
        )

    def _finder(self, layer: napari.layers.Labels) -> Find | None:
        found = self._found
        return found[1] if found is not None and found[0] is layer else None

    def _series(self, layer: napari.layers.Labels) -> EmbeddingSeries | None:
        """Return the embeddings that a layer's objects came from, one a time point, if at hand."""
        found_in = str(layer.metadata.get(OBJECTS_OF, ""))
        if not found_in or self._finder(layer) is not None:
            return None
        series, _ = self._session.of_layer(found_in)
        fits = series is not None and series.axes == TIME and len(series) > 1
        return series if fits else None
