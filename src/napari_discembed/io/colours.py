"""Colours of a TIFF as they are meant: palette, inverted greys, inks, alpha, layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError

PHOTOMETRIC = tifffile.PHOTOMETRIC
_READ = frozenset({0, 1, 2, 3, 4, 5, 6})
JPEG = frozenset({6, 7, 33007, 34892})
"""Compressions that change pixel values, and whose decoder gives RGB."""
PERHAPS_LOSSY = frozenset({33003, 33004, 33005, 34712, 34887, 34927, 50001, 50002, 52546})
"""Compressions that may change them: JPEG 2000, LERC, WebP, JPEG XL."""
_ALPHA = (1, 2)
"""ExtraSamples of TIFF 6.0: associated and unassociated alpha; 0 is any other data."""


def refuse_unknown_colours(path: Path, page: Any) -> None:  # noqa: ANN401 - a TiffPage
    """Refuse colour models that are not read.

    Raises
    ------
    FileFormatError
        If the page is a raw picture of a camera, or in a colour model such as Lab.
    """
    model = int(page.photometric)
    jpeg = int(page.compression) in JPEG
    inks = model == PHOTOMETRIC.SEPARATED and page.samplesperpixel not in (4, 5)
    raw = "DNGVersion" in page.tags or model in (32803, 34892)
    if raw:
        raise FileFormatError(
            f"{path}: a raw picture of a camera. Develop it to a TIFF or PNG of 8 or 16 bits."
        )
    if model not in _READ or (model == PHOTOMETRIC.YCBCR and not jpeg) or inks:
        name = getattr(page.photometric, "name", str(model))
        raise FileFormatError(
            f"{path}: expected grey, RGB, palette or CMYK colours, got {name}. Save it as RGB."
        )


def true_colours(
    data: NDArray[Any],
    axes: str,
    page: Any,  # noqa: ANN401 - a TiffPage
    *,
    is_lut: bool,
) -> tuple[NDArray[Any], str]:
    """Return pixels as they are meant to be seen.

    Parameters
    ----------
    data
        As they are stored.
    axes
        A letter an axis, ``S`` for the samples of a pixel.
    page
        That says what they mean.
    is_lut
        Whether a palette may be a look-up table that only colours intensities, as ImageJ has it.

    Returns
    -------
    The pixels and their axes: grey, or colours along a last axis ``C``; more samples than a
    colour has are channels, before Y.
    """
    model = int(page.photometric)
    if model == PHOTOMETRIC.PALETTE and page.colormap is not None:
        return _from_palette(data, axes, np.asarray(page.colormap), is_lut=is_lut)
    # tifffile calls any array of truths so, and means no inversion.
    by_tifffile = int(page.bitspersample) == 1 and str(page.software).startswith("tifffile")
    if model == PHOTOMETRIC.MINISWHITE and not by_tifffile:
        data = _inverted(data, int(page.bitspersample))
    if "S" not in axes:
        return data, axes
    at, n = axes.index("S"), data.shape[axes.index("S")]
    extra = tuple(int(e) for e in page.extrasamples)
    if model == PHOTOMETRIC.SEPARATED:
        return _from_inks(np.moveaxis(data, at, -1)), axes.replace("S", "") + "C"
    if model in (0, 1) and n == 2 and extra[:1] and extra[0] in _ALPHA:
        return data[(slice(None),) * at + (0,)], axes.replace("S", "")
    colour = n == 3 or (n == 4 and model not in (0, 1) and extra[:1] != (0,))
    if colour:
        return np.moveaxis(data, at, -1), axes.replace("S", "") + "C"
    rest = axes.replace("S", "")
    y = rest.index("Y")
    return np.moveaxis(data, at, y), rest[:y] + "C" + rest[y:]


def palette_indices(
    data: NDArray[Any],
    page: Any,  # noqa: ANN401 - a TiffPage
) -> NDArray[Any]:
    """Return labels of a page with a palette: its greys, if all are, or the indices."""
    if int(page.photometric) != PHOTOMETRIC.PALETTE or page.colormap is None:
        return data
    table = _bytes(np.asarray(page.colormap))
    grey = (table == table[:1]).all()
    return table[0][data] if grey else data


def _from_palette(
    data: NDArray[Any], axes: str, colormap: NDArray[Any], *, is_lut: bool
) -> tuple[NDArray[Any], str]:
    table = _bytes(colormap)
    weights = np.array([0.299, 0.587, 0.114])
    if is_lut and (np.diff(weights @ colormap) >= 0).all():
        return data, axes
    if (table == table[:1]).all():
        return table[0][data], axes
    return table.T[data], axes + "C"


def _bytes(colormap: NDArray[Any]) -> NDArray[Any]:
    """Return a palette of 16 bits, or of 8 as some programs write it, as bytes ``(3, N)``."""
    shift = 8 if colormap.max(initial=0) > 255 else 0
    return (colormap >> shift).astype(np.uint8)


def _inverted(data: NDArray[Any], bits: int) -> NDArray[Any]:
    if data.dtype.kind == "b":
        return ~data
    if data.dtype.kind == "u":
        return np.asarray(data.dtype.type(2**bits - 1) - data)
    return -data if data.dtype.kind == "f" else ~data


def _from_inks(data: NDArray[Any]) -> NDArray[Any]:
    """Return RGB ``(..., 3)`` of cyan, magenta, yellow and black ``(..., 4)``."""
    most = float(np.iinfo(data.dtype).max) if data.dtype.kind in "ui" else 1.0
    inks = data[..., :4].astype(np.float32) / most
    rgb = (1 - inks[..., :3]) * (1 - inks[..., 3:]) * most
    return np.rint(rgb).astype(data.dtype) if data.dtype.kind in "ui" else rgb
