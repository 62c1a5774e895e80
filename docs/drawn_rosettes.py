"""Draw the page of drawn rosettes of the docs.

    python docs/drawn_rosettes.py docs/pictures/drawn_rosettes.png

Everything on it is drawn by ``discembed synth rosettes``; no photograph is shown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from napari_discembed.datasets.synthetic import generate

ROWS, COLUMNS, TILE = 3, 5, 180


def page(seed: int) -> Picture.Image:
    """Return the page, in 256 colours, since a PNG of all of them is five times as large."""
    tiles = [
        np.asarray(Picture.fromarray(sample.image).resize((TILE, TILE)))
        for sample in generate("rosettes", ROWS * COLUMNS, seed)
    ]
    rows = [np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)]
    whole = Picture.fromarray(np.concatenate(rows))
    palette = whole.quantize(256, kmeans=4)
    return whole.quantize(palette=palette, dither=Picture.Dither.FLOYDSTEINBERG)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=8)
    arguments = parser.parse_args()
    page(arguments.seed).save(arguments.output, optimize=True)
