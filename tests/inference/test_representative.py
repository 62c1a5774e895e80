"""Where the scale of a large image is looked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from napari_discembed.errors import FileNote
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.inference import representative
from napari_discembed.inference.representative import (
    estimate_scale_of_parts,
    representative_windows,
)
from napari_discembed.inference.scale import ScaleEstimate
from napari_discembed.models import Model
from napari_discembed.progress import Job, Progress, run
from napari_discembed.types import Axes, Image


def slide(side: int = 6200) -> Image:
    """Return a slide of 9 parts, empty but for its last three."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[2 * side // 3 :, :] = np.tile(np.uint8([0, 255]), side // 2)
    return Image(LazyArray.of(pixels), Axes("YX"))  # type: ignore[arg-type]


def test_parts_are_looked_at_in_which_there_is_something() -> None:
    windows = representative_windows(slide())
    assert len(set(map(str, windows))) == 3
    assert windows[0][0].start > 4000
    assert all(s.stop - s.start == 2048 for window in windows for s in window)
    small = Image(np.zeros((50, 300), np.uint8), Axes("YX"))
    assert representative_windows(small) == [(slice(0, 50), slice(0, 300))]


def test_the_scale_is_the_median_of_the_parts_where_it_is_told(
    make_model: Callable[..., Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [(10.0, None), (99.0, "in doubt"), (30.0, None)]
    seen: list[Image] = []

    def estimate(model: Model, part: Image, **_: object) -> Job[ScaleEstimate]:
        yield Progress(0.5)
        seen.append(part)
        diameter, doubt = told[len(seen) - 1]
        return ScaleEstimate(diameter, None, doubt)

    monkeypatch.setattr(representative, "estimate_scale", estimate)
    model = make_model(in_channels=1)
    assert run(estimate_scale_of_parts(model, slide())) == 20.0
    assert all(isinstance(part.data, np.ndarray) for part in seen)
    seen.clear()
    told[:] = [(10.0, "they are dots")] * 3
    with pytest.warns(FileNote, match="in 3 parts of it, as in one they are dots"):
        assert run(estimate_scale_of_parts(model, slide())) == 10.0
