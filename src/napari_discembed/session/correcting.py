"""How many corrections each image of a session needed, and what they say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from psygnal import Signal

from napari_discembed.interaction.corrections import (
    Corrections,
    LabelledPixels,
    compare,
    known_pixels,
    with_one_meaning,
)
from napari_discembed.types import Index, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Objects of an image, and what a person did with them.

    Attributes
    ----------
    name
        Of the image.
    found
        ``(*frames, *S)``: the objects as they were found.
    n_frames
        How many first axes are frames.
    accepted
        Frame and number of objects of which a person said that they are right.
    checked
        Whether a person checked the whole image.
    counted
        The corrections so far.
    """

    name: str
    found: IntArray = field(repr=False)
    n_frames: int = 0
    accepted: frozenset[tuple[Index, int]] = frozenset()
    checked: bool = False
    counted: Corrections = field(default_factory=Corrections)

    @property
    def tells(self) -> bool:
        """Whether its number of corrections says anything: somebody looked at the objects."""
        return self.checked or bool(self.accepted) or self.counted.total > 0

    def count(self, now: IntArray) -> Corrections:
        """Count the corrections that made the present objects.

        Where there is none, finding them was undone: nothing was corrected.
        """
        total = Corrections()
        if now.shape != self.found.shape or not now.any():
            return total
        for index in self._frames():
            total += compare(self.found[index], now[index]).corrections
        return total

    def known(self, now: IntArray) -> LabelledPixels:
        """Return what a person said of the image, and nothing that the model alone claims."""
        if self.checked:
            return LabelledPixels(now, complete=True)
        if now.shape != self.found.shape or not now.any():
            return LabelledPixels(np.zeros_like(now))
        parts = []
        for index in self._frames():
            accepted = {number for where, number in self.accepted if where == index}
            parts.append(known_pixels(self.found[index], now[index], accepted))
        labels, _, background = with_one_meaning(parts)
        return LabelledPixels(np.stack(labels).reshape(now.shape), background)

    def with_added(self, now: IntArray, new: IntArray) -> Corrected:
        """Return it after objects were found where there were none: there, they are as found.

        Parameters
        ----------
        now, new
            ``(*frames, *S)``: the labels before and after they were put in.
        """
        apart = int(self.found.max(initial=0))
        added = np.where(new > 0, new.astype(np.int64) + apart, 0)
        found = np.where(now != new, added, self.found)
        return replace(self, found=_small(found), checked=False)

    def _frames(self) -> Iterator[Index]:
        return np.ndindex(self.found.shape[: self.n_frames])


def _small(labels: IntArray) -> IntArray:
    """Return labels in as few bytes as hold their numbers: many images are kept."""
    return labels.astype(np.min_scalar_type(int(labels.max(initial=0))))


class Correcting:
    """What was corrected in a session, by the key of the labels, in the order it was begun.

    Attributes
    ----------
    changed
        Emitted with the key of what changed.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._images: dict[str, Corrected] = {}

    def of(self, key: str) -> Corrected | None:
        """Return what is known of some labels; None where nothing is."""
        return self._images.get(key)

    def begin(self, key: str, name: str, found: IntArray, n_frames: int = 0) -> Corrected:
        """Take labels as they were found; what was known of them before is forgotten."""
        one = Corrected(name, _small(found), n_frames)
        self._put(key, one)
        return one

    def add(self, key: str, now: IntArray, new: IntArray) -> None:
        """Take note that objects were found in known labels, where there were none."""
        self._put(key, self._images[key].with_added(now, new))

    def count(self, key: str, counted: Corrections) -> None:
        """Take note of how many corrections there are."""
        if counted != self._images[key].counted:
            self._put(key, replace(self._images[key], counted=counted))

    def accept(self, key: str, index: Index, number: int) -> None:
        """Take note that an object is right."""
        one = self._images[key]
        self._put(key, replace(one, accepted=one.accepted | {(index, number)}))

    def check(self, key: str, checked: bool) -> None:
        """Take note that the whole image was checked, or was not."""
        if checked != self._images[key].checked:
            self._put(key, replace(self._images[key], checked=checked))

    def told(self) -> list[tuple[str, Corrected]]:
        """Return the images whose number of corrections says anything, by their keys."""
        return [(key, one) for key, one in self._images.items() if one.tells]

    def _put(self, key: str, one: Corrected) -> None:
        self._images[key] = one
        self.changed.emit(key)
