"""What programs of microscopes, slide scanners and maps write of pixel sizes, in their own ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tifffile

from napari_discembed.io.calibration import MICROMETER, canonical_unit
from napari_discembed.io.found import Calibration, Length

_MAP_UNITS = {9001: "meter", 9002: "foot"}
_SAYING = {
    "metaseries": "a MetaMorph file", "fei": "a file of an FEI microscope",
    "sem": "a file of a Zeiss electron microscope", "sis": "an Olympus SIS file",
    "micromanager": "a Micro-Manager file", "geotiff": "a map (GeoTIFF)", "lsm": "an LSM file",
    "stk": "an STK file", "svs": "an Aperio slide", "qpi": "a PerkinElmer slide",
    "fluoview": "a FluoView file", "scanimage": "a ScanImage file", "andor": "an Andor file",
    "philips": "a Philips slide", "bif": "a Ventana slide", "scn": "a Leica slide",
    "tvips": "a TVIPS file", "indica": "an Indica Labs file", "nih": "an NIH Image file",
    "mdgel": "a Molecular Dynamics gel file",
}  # fmt: skip
"""Kinds of TIFF that have a way of their own, by tifffile's names of them."""


def program_calibration(file: tifffile.TiffFile) -> Calibration | None:
    """Return the pixel sizes that such a program wrote; None where none did.

    What cannot be read counts as not written: :func:`not_heeded` says so.
    """
    for read in _READERS:
        try:
            found = read(file)
        except Exception:  # noqa: BLE001 - tifffile raises nearly all over a garbled text
            continue
        if found is not None:
            return found
    return None


def not_heeded(file: tifffile.TiffFile, calibration: Calibration) -> str:
    """Say of which program the file is, where that may know pixel sizes and none were found."""
    if calibration.lengths:
        return ""
    kind = next((what for name, what in _SAYING.items() if getattr(file, f"is_{name}")), "")
    return f"it is {kind}, of which no pixel size is read: sizes are in pixels." if kind else ""


def _of_lsm(file: tifffile.TiffFile) -> Calibration | None:
    metadata = file.lsm_metadata if file.is_lsm else None
    if not metadata:
        return None
    found = {
        axis: Length.of(metadata[f"VoxelSize{axis}"], 1e6)
        for axis in "XYZ"
        if metadata.get(f"VoxelSize{axis}")
    }
    return Calibration(found, MICROMETER)


def _of_stk(file: tifffile.TiffFile) -> Calibration | None:
    metadata = file.stk_metadata if file.is_stk else None
    if not metadata or not metadata.get("XCalibration"):
        return None
    found = {a: Length.of(metadata.get(f"{a}Calibration", "")) for a in "XY"}
    distance = metadata.get("ZDistance")
    if distance is not None and len(distance) and distance[0]:
        found["Z"] = Length.of(distance[0])
    return Calibration(found, canonical_unit(metadata.get("CalibrationUnits")))


def _of_svs(file: tifffile.TiffFile) -> Calibration | None:
    if not file.is_svs:
        return None
    described = tifffile.tifffile.svs_description_metadata(file.pages.first.description)
    return _square(described.get("MPP"), MICROMETER)


def _of_metaseries(file: tifffile.TiffFile) -> Calibration | None:
    plane = (file.metaseries_metadata or {}).get("PlaneInfo", {})
    sizes = {a: plane.get(f"spatial-calibration-{a.lower()}") for a in "XY"}
    if not plane.get("spatial-calibration-state") or not all(sizes.values()):
        return None
    unit = canonical_unit(plane.get("spatial-calibration-units"))
    return Calibration({a: Length.of(size) for a, size in sizes.items()}, unit)


def _of_fei(file: tifffile.TiffFile) -> Calibration | None:
    scan = (file.fei_metadata or {}).get("Scan", {})
    return _both(scan.get("PixelWidth"), scan.get("PixelHeight"), "meter")


def _of_sem(file: tifffile.TiffFile) -> Calibration | None:
    said = list((file.sem_metadata or {}).get("ap_image_pixel_size") or [])
    return _square(said[1], canonical_unit(said[2])) if len(said) == 3 else None


def _of_sis(file: tifffile.TiffFile) -> Calibration | None:
    metadata = file.sis_metadata or {}
    return _both(metadata.get("pixelsizex"), metadata.get("pixelsizey"), "meter")


def _of_map(file: tifffile.TiffFile) -> Calibration | None:
    metadata: Mapping[str, Any] = file.geotiff_metadata or {}
    unit = _MAP_UNITS.get(int(metadata.get("ProjLinearUnitsGeoKey", 0)))
    scale = list(metadata.get("ModelPixelScale") or [])
    return None if unit is None or len(scale) < 2 else _both(scale[0], scale[1], unit)


def _of_micromanager(file: tifffile.TiffFile) -> Calibration | None:
    if not file.is_micromanager or file.is_imagej:  # whose description says it, with the depth
        return None
    said = file.pages.first.tags.valueof("MicroManagerMetadata") or {}
    return _square(said.get("PixelSizeUm"), MICROMETER)  # 0 where nobody calibrated it


def _square(size: object, unit: str) -> Calibration | None:
    return _both(size, size, unit)


def _both(x: object, y: object, unit: str) -> Calibration | None:
    if not x or not y:
        return None
    return Calibration({"X": Length.of(x), "Y": Length.of(y)}, unit)


_READERS: tuple[Callable[[tifffile.TiffFile], Calibration | None], ...] = (
    _of_lsm, _of_stk, _of_svs, _of_metaseries, _of_fei, _of_sem, _of_sis, _of_map,
    _of_micromanager,
)  # fmt: skip
