"""The description of an OME-TIFF: the pixel size of each image, and the files of its set."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from napari_discembed.io.calibration import MICROMETER, MICROMETERS, PIXEL, canonical_unit
from napari_discembed.io.found import Calibration, Length


def ome_root(xml: str | None) -> ElementTree.Element | None:
    """Return the root of an OME description; None where it is none."""
    try:
        return ElementTree.fromstring(xml) if xml else None
    except ElementTree.ParseError:
        return None


def ome_calibration(xml: str | None, series: int, names: list[str]) -> Calibration:
    """Return the pixel sizes of one series, in micrometers.

    Parameters
    ----------
    xml
        The description.
    series
        Its number among `names`.
    names
        Of all series that are read. Where images of the description have no pixels, their
        numbers differ, and the name decides.

    Returns
    -------
    Nothing where the description does not say which image the series is, or its unit is no length.
    """
    root = ome_root(xml)
    images = [] if root is None else [e for e in root if _tag(e) == "Image"]
    if len(images) != len(names):
        images = [e for e in images if e.get("Name", "") == names[series]]
        series = 0 if len(images) == 1 else len(images)
    if not series < len(images):
        return Calibration()
    pixels = next((e for e in images[series] if _tag(e) == "Pixels"), None)
    return Calibration() if pixels is None else _of_pixels(pixels)


def _of_pixels(pixels: ElementTree.Element) -> Calibration:
    found = {}
    for axis in "XYZ":
        size = pixels.get(f"PhysicalSize{axis}")
        unit = canonical_unit(pixels.get(f"PhysicalSize{axis}Unit", MICROMETER))
        if size is None:
            continue
        if unit not in MICROMETERS:  # "pixel" and "reference frame" are no lengths
            return Calibration()
        value = Length.of(size, MICROMETERS[unit]).value
        found[axis] = Length(value, f"{size} {unit}")
    return Calibration(found, MICROMETER if found else PIXEL)


def missing_files(xml: str | None, folder: Path) -> list[str]:
    """Return the names of files that a description names and that are not in the folder."""
    root = ome_root(xml)
    if root is None:
        return []
    own = root.get("UUID")
    named = {
        e.get("FileName", ""): None for e in root.iter() if _tag(e) == "UUID" and e.text != own
    }
    return [name for name in named if name and not (folder / name).is_file()]


def described_elsewhere(xml: str | None) -> str:
    """Return the name of the companion file that describes this one; empty where none does."""
    root = ome_root(xml)
    found = [] if root is None else [e for e in root if _tag(e) == "BinaryOnly"]
    return found[0].get("MetadataFile", "another file") if found else ""


def _tag(element: Any) -> str:  # noqa: ANN401 - an Element
    return str(element.tag).rpartition("}")[2]
