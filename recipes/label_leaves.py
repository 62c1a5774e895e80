"""Make label images of rosettes from strokes, and pictures to check them by.

    python recipes/label_leaves.py show  PHOTOGRAPH [--crop Y0 X0 Y1 X1] [--output FILE]
    python recipes/label_leaves.py build --data FOLDER

The strokes lie in ``recipes/data/rosettes_mit/NAME.json``, in pixels of the photograph, y first:

``leaves``
    One entry a leaf, petiole included. ``line``: along the midrib, from the end of the petiole to
    the tip, well inside the leaf. ``outline`` (optional): a polygon that is the leaf where it and
    the plant overlap, whatever the strokes give; later entries lie on earlier ones.
``greenness``
    The plant is where Lab's -a* is above this; 14 if left out.
``add``, ``remove``
    Polygons that are plant, or are not, whatever their colour.

Each pixel of the plant goes to the stroke that reaches it over the lowest ridge of brightness
(seeded watershed). What no stroke reaches is background. ``show`` draws the photograph enlarged,
with a grid in its pixels, beside the same with the labels on it; ``build`` writes all label images
beside their strokes, from a folder that holds ``photographs`` and ``timelapse``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage.color import label2rgb, rgb2lab
from skimage.draw import line as line_pixels
from skimage.draw import polygon
from skimage.filters import gaussian, sobel
from skimage.morphology import remove_small_holes
from skimage.segmentation import find_boundaries, watershed

HERE = Path(__file__).parent / "data" / "rosettes_mit"
GREENNESS = 14.0
COMPACTNESS = 1e-4
LONG_SIDE = 1400
GRID = 10
Labels = NDArray[np.uint8]


def read(path: Path) -> NDArray[np.uint8]:
    """Return a photograph ``(Y, X, 3)``."""
    return np.asarray(Image.open(path).convert("RGB"))


def strokes_of(photograph: Path) -> dict[str, Any]:
    """Return what has been drawn on a photograph; nothing where that is nothing."""
    path = HERE / f"{photograph.stem}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"leaves": []}


def plant_mask(picture: NDArray[np.uint8], strokes: dict[str, Any]) -> NDArray[np.bool_]:
    """Return where the plant is, by its colour and what was said of it."""
    lab = rgb2lab(gaussian(picture, 0.5, channel_axis=-1))
    mask = -lab[..., 1] > strokes.get("greenness", GREENNESS)
    mask = remove_small_holes(mask, max_size=12)
    for key, value in (("add", True), ("remove", False)):
        for outline in strokes.get(key, []):
            mask[_inside(outline, mask.shape)] = value
    return mask


def labels_of(
    picture: NDArray[np.uint8], strokes: dict[str, Any], mask: NDArray[np.bool_]
) -> Labels:
    """Return the leaves ``(Y, X)`` of a plant's mask, numbered as the strokes are."""
    height, width = picture.shape[:2]
    seeds = np.zeros((height, width), dtype=np.int32)
    for number, leaf in enumerate(strokes["leaves"], start=1):
        points = leaf.get("line", [])
        for start, stop in zip(points, points[1:] or points, strict=False):
            rows, columns = line_pixels(*np.round(start).astype(int), *np.round(stop).astype(int))
            rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
            seeds[rows, columns] = number
    light = gaussian(rgb2lab(picture)[..., 0] / 100, 0.7)
    labels = watershed(sobel(light), seeds, mask=mask | (seeds > 0), compactness=COMPACTNESS)
    for number, leaf in enumerate(strokes["leaves"], start=1):
        if "outline" in leaf:
            inside = _inside(leaf["outline"], mask.shape)
            labels[inside & mask] = number
    return labels.astype(np.uint8)


def _inside(outline: list[list[float]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, dtype=bool)
    inside[polygon(*np.transpose(outline), shape)] = True
    return inside


def check_picture(
    picture: NDArray[np.uint8],
    labels: Labels,
    mask: NDArray[np.bool_],
    crop: tuple[int, int, int, int],
) -> Image.Image:
    """Return the photograph, enlarged, beside the same with the labels and their numbers.

    Plant that no stroke reaches has a red edge.
    """
    top, left, bottom, right = crop
    part, own = picture[top:bottom, left:right], labels[top:bottom, left:right]
    zoom = max(1, LONG_SIDE // (2 * (right - left)), min(LONG_SIDE // (bottom - top), 12))
    zoom = min(zoom, max(1, 2000 // (2 * (right - left))))
    large = np.asarray(
        Image.fromarray(part).resize((zoom * part.shape[1], zoom * part.shape[0]), 3)
    )
    big = np.kron(own, np.ones((zoom, zoom), np.uint8))
    tinted = label2rgb(big, large, alpha=0.2, bg_label=0, saturation=1)
    tinted[find_boundaries(big, mode="inner")] = (1, 1, 1)
    left_over = np.kron((mask & (labels == 0))[top:bottom, left:right], np.ones((zoom, zoom), bool))
    tinted[find_boundaries(left_over, mode="inner")] = (1, 0, 0)
    sheet = Image.fromarray(np.hstack([large, (255 * tinted).astype(np.uint8)]))
    draw = ImageDraw.Draw(sheet)
    for half in (0, large.shape[1]):
        _draw_grid(draw, crop, zoom, half)
    for number in np.unique(own)[1:]:
        inner = ndimage.distance_transform_edt(own == number)
        y, x = np.unravel_index(inner.argmax(), inner.shape)
        at = (large.shape[1] + zoom * x, zoom * y)
        draw.text(at, str(number), fill="white", stroke_width=2, stroke_fill="black", anchor="mm")
    return sheet


def _draw_grid(
    draw: ImageDraw.ImageDraw, crop: tuple[int, int, int, int], zoom: int, at: int
) -> None:
    top, left, bottom, right = crop
    for y in range(-(-top // GRID) * GRID, bottom, GRID):
        strong = y % (5 * GRID) == 0
        draw.line(
            [(at, zoom * (y - top)), (at + zoom * (right - left), zoom * (y - top))],
            fill=(255, 255, 0) if strong else (90, 90, 90),
        )
        draw.text((at + 2, zoom * (y - top) + 1), str(y), fill="yellow")
    for x in range(-(-left // GRID) * GRID, right, GRID):
        strong = x % (5 * GRID) == 0
        draw.line(
            [(at + zoom * (x - left), 0), (at + zoom * (x - left), zoom * (bottom - top))],
            fill=(255, 255, 0) if strong else (90, 90, 90),
        )
        draw.text((at + zoom * (x - left) + 2, 2), str(x), fill="cyan")


def around_plant(mask: NDArray[np.bool_], margin: int = 6) -> tuple[int, int, int, int]:
    """Return a box around the largest green region and what is near it."""
    found, count = ndimage.label(ndimage.binary_dilation(mask, iterations=3))
    if not count:
        return (0, 0, *mask.shape)
    largest = np.bincount(found.ravel())[1:].argmax() + 1
    rows, columns = ndimage.find_objects((found == largest).astype(np.uint8))[0]
    return (
        max(0, rows.start - margin),
        max(0, columns.start - margin),
        min(mask.shape[0], rows.stop + margin),
        min(mask.shape[1], columns.stop + margin),
    )


def show(photograph: Path, crop: tuple[int, int, int, int] | None, output: Path) -> None:
    """Write the picture to check a photograph's labels by, and say what they are."""
    picture, strokes = read(photograph), strokes_of(photograph)
    mask = plant_mask(picture, strokes)
    labels = labels_of(picture, strokes, mask)
    check_picture(picture, labels, mask, crop or around_plant(mask)).save(output)
    areas = np.bincount(labels.ravel(), minlength=len(strokes["leaves"]) + 1)[1:]
    print(f"{len(areas)} leaves of {areas.tolist()} pixels in {output}")
    for number, leaf in enumerate(strokes["leaves"], start=1):
        outside = [
            p for p in leaf.get("line", []) if labels[tuple(np.round(p).astype(int))] != number
        ]
        if outside:
            print(f"leaf {number}: {outside} of its line are not in it")


def build(data: Path) -> None:
    """Write the label image of each photograph that has strokes."""
    for path in sorted([*data.glob("photographs/*"), *data.glob("timelapse/*")]):
        strokes = strokes_of(path)
        if strokes["leaves"]:
            picture = read(path)
            labels = labels_of(picture, strokes, plant_mask(picture, strokes))
            Image.fromarray(labels).save(HERE / f"{path.stem}.png", optimize=True)
            print(f"{path.stem}: {labels.max()} leaves")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("show", help="a picture to check labels by")
    one.add_argument("photograph", type=Path)
    one.add_argument("--crop", type=int, nargs=4, metavar=("Y0", "X0", "Y1", "X1"))
    one.add_argument("--output", type=Path, default=Path("check.png"))
    every = commands.add_parser("build", help="all label images")
    every.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.command == "build":
        build(arguments.data)
    else:
        crop = None if arguments.crop is None else tuple(arguments.crop)
        show(arguments.photograph, crop, arguments.output)


if __name__ == "__main__":
    main()
