"""What was embedded in a session: kept, so that an image that is come back to is as it was left."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from napari_discembed.config import ClusteringConfig
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Image

MOST_BYTES = 2**30
"""Of all embeddings that are kept together; the last one is kept whatever its size."""


@dataclass(frozen=True, slots=True)
class LayerReading:
    """Which layer an image is of, and how that is read.

    Attributes
    ----------
    layer_id
        Unique id of the image layer.
    axes
        Of the layer's pixels.
    channel
        That is taken alone; None for all.
    """

    layer_id: str
    axes: Axes
    channel: int | None = None


@dataclass(slots=True, eq=False)
class Kept:
    """An image's embeddings by a model, and how a person grouped them last.

    Attributes
    ----------
    reading, image
        Whose they are.
    model
        Name or file of the model.
    diameter
        That was typed, in image pixels; None where it was estimated.
    series
        The embeddings.
    config
        How they were grouped last; None before they were shown.
    """

    reading: LayerReading
    image: Image
    model: str
    diameter: float | None
    series: EmbeddingSeries
    config: ClusteringConfig | None = None

    @property
    def n_bytes(self) -> int:
        """Size of the embeddings."""
        return sum(m.nbytes for embedding in self.series for m in embedding.maps.values())


class Shelf:
    """The embeddings of a session by image and model; of too many, those used last are kept."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[LayerReading, str], Kept] = OrderedDict()

    def put(self, kept: Kept) -> None:
        """Keep embeddings, in place of those of the same image by the same model."""
        self._kept.pop((kept.reading, kept.model), None)
        self._kept[kept.reading, kept.model] = kept
        while (
            len(self._kept) > 1 and sum(k.n_bytes for k in self._kept.values()) > self._most_bytes
        ):
            self._kept.popitem(last=False)

    def find(self, reading: LayerReading, model: str) -> Kept | None:
        """Return what is kept of an image and a model, or None."""
        found = self._kept.get((reading, model))
        if found is not None:
            self._kept.move_to_end((reading, model))
        return found

    def last_of(self, layer_id: str) -> Kept | None:
        """Return what was used last of an image layer, or None."""
        of_layer = (k for k in reversed(self._kept.values()) if k.reading.layer_id == layer_id)
        return next(of_layer, None)

    def layers(self) -> set[str]:
        """Return the ids of the image layers of which anything is kept."""
        return {reading.layer_id for reading, _ in self._kept}

    def forget(self, *, layer_id: str = "", model: str = "") -> None:
        """Drop what is of an image layer whose pixels have changed, or of a model that has."""
        for reading, of_model in list(self._kept):
            if layer_id == reading.layer_id or model == of_model:
                del self._kept[reading, of_model]
