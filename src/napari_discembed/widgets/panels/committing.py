"""Objects that are found, put into the labels of a layer, with the kinds of their numbers."""

from __future__ import annotations

import numpy as np

from napari_discembed.clustering import label_dtype
from napari_discembed.errors import InputError
from napari_discembed.imaging import object_sizes
from napari_discembed.interaction import edit
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import IntArray


def type_of(objects: IntArray, series: EmbeddingSeries) -> np.dtype[np.generic]:
    """Return the type of labels that holds the numbers of found objects.

    Parameters
    ----------
    objects
        ``(*frames, *S)``, numbered anew in each frame.
    series
        Embeddings that they were found in.
    """
    counts = [len(object_sizes(objects[i])) for i in series.indices()]
    return np.dtype(label_dtype(sum(counts) if series.kinds else max(counts)))


def pasted(
    before: IntArray, objects: IntArray, series: EmbeddingSeries, *, only_empty: bool
) -> tuple[IntArray, dict[int, str]]:
    """Put found objects into labels.

    Where the model tells several kinds, no number is given in two frames.

    Parameters
    ----------
    before, objects
        ``(*frames, *S)``: what is there, and what was found, numbered anew in each frame.
    series
        Embeddings that the objects were found in.
    only_empty
        As for :func:`~napari_discembed.interaction.edit.paste`.

    Returns
    -------
    The labels, and the name of the kind of each number that came new; none of one kind.

    Raises
    ------
    InputError
        If the labels' type cannot count that far.
    """
    new = np.empty_like(before)
    kinds: dict[int, str] = {}
    top = int(before.max(initial=0)) if only_empty and series.kinds else 0
    for i in series.indices():
        new[i] = edit.paste(before[i], objects[i], only_empty=only_empty)
        classes = series.classes(i, objects[i]) if series.kinds else None
        if classes is None:
            continue
        fresh = (new[i] > 0) & (before[i] == 0) if only_empty else new[i] > 0
        if not fresh.any():
            continue
        shift = top - (int(before[i].max(initial=0)) if only_empty else 0)
        highest = int(new[i][fresh].max()) + shift
        if highest > np.iinfo(before.dtype).max:
            raise InputError(
                f"{highest} objects do not fit the Labels layer's type {before.dtype}. Commit "
                "into a new layer."
            )
        numbers = new[i][fresh].astype(np.int64) + shift
        each, first = np.unique(numbers, return_index=True)
        owners = objects[i][fresh][first]
        names = [series.kinds[c - 1].name for c in classes[owners - 1].tolist()]
        kinds |= dict(zip(each.tolist(), names, strict=True))
        new[i][fresh] = numbers
        top = highest
    return new, kinds
