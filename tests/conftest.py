"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import settings

# The nets are tiny: one thread is faster than two that wait for each other on a busy machine,
# and no deadline, since a busy machine is not a failure.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start
settings.register_profile("quiet", deadline=None, max_examples=25)
settings.load_profile("quiet")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real labelled images, which is no part of the repository."""
    folder = Path(os.environ.get("DISCEMBED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}; set DISCEMBED_DATA to their folder")
    return folder


@pytest.fixture
def write_ome_set() -> Callable[..., None]:
    """Return a writer of OME files of 8 by 9 pixels that are one set.

    They are times of one image or, with ``positions``, an image each, the pixels of the first
    0.25 micrometers wide, of the second 0.5, and so on. Grey is 10 in the first, 20 in the second.
    With ``described_by_first`` the others only name the first file, as those of Micro-Manager.
    """
    return _write_ome_set


def _write_ome_set(
    folder: Path, names: Sequence[str], *, positions: bool = False, described_by_first: bool = False
) -> None:
    ids = [f"urn:uuid:{i:08d}-1111-1111-1111-111111111111" for i in range(len(names))]

    def image(number: int, n: int, data: str) -> str:
        size = 0.25 * (number + 1)
        return (
            f'<Image ID="Image:{number}" Name="Pos{number}"><Pixels ID="Pixels:{number}" '
            f'DimensionOrder="XYZCT" SizeC="1" SizeT="{n}" SizeX="9" SizeY="8" SizeZ="1" '
            f'Type="uint16" PhysicalSizeX="{size}" PhysicalSizeY="{size}">'
            f'<Channel ID="Channel:{number}:0" SamplesPerPixel="1"/>{data}</Pixels></Image>'
        )

    def plane(i: int, time: int) -> str:
        where = f'<UUID FileName="{names[i]}">{ids[i]}</UUID>'
        return f'<TiffData FirstT="{time}" IFD="0" PlaneCount="1">{where}</TiffData>'

    n = len(names)
    if positions:
        images = "".join(image(i, 1, plane(i, 0)) for i in range(n))
    else:
        images = image(0, n, "".join(plane(i, i) for i in range(n)))
    first = f'<BinaryOnly MetadataFile="{names[0]}" UUID="{ids[0]}"/>'
    for i, name in enumerate(names):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/'
            f'Schemas/OME/2016-06" UUID="{ids[i]}">'
            f"{first if i and described_by_first else images}</OME>"
        )
        pixels = np.full((8, 9), 10 * (i + 1), np.uint16)
        tifffile.imwrite(folder / name, pixels, description=xml.encode(), metadata=None)


@pytest.fixture
def write_ome_zarr() -> Callable[..., Path]:
    """Return a writer of OME-Zarr images of levels that are half as fine each."""
    return _write_ome_zarr


def _write_ome_zarr(
    path: Path,
    data: np.ndarray,
    letters: str = "YX",
    *,
    zarr_format: int = 3,
    levels: int = 1,
    scale: Sequence[float] | None = None,
    unit: str | None = "micrometer",
    chunks: int = 16,
    **changes: object,
) -> Path:
    """Write an image; `changes` replace what its multiscale says, None takes it away."""
    import zarr

    group = zarr.create_group(str(path), zarr_format=zarr_format)
    kinds = {"T": "time", "C": "channel"}
    datasets = []
    for level in range(levels):
        step = tuple(slice(None, None, 2**level if a in "YX" else 1) for a in letters)
        keys = {} if zarr_format == 3 else {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
        part = data[step]
        array = group.create_array(
            str(level), shape=part.shape, dtype=part.dtype,
            chunks=tuple(min(n, chunks) for n in part.shape), **keys,
        )  # fmt: skip
        array[...] = part
        sizes = scale or [1.0] * len(letters)
        sizes = [s * 2**level if a in "YX" else s for s, a in zip(sizes, letters, strict=False)]
        datasets.append(
            {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": sizes}]}
        )
    named = [
        {"name": a.lower(), "type": kinds.get(a, "space")}
        | ({"unit": unit} if a in "ZYX" and unit else {})
        for a in letters
    ]
    multiscale = {"name": "drawn", "axes": named, "datasets": datasets}
    if zarr_format == 2:
        multiscale["version"] = "0.4"
    multiscale = {k: v for k, v in {**multiscale, **changes}.items() if v is not None}
    about = {"multiscales": [multiscale]}
    group.attrs.update(about if zarr_format == 2 else {"ome": {"version": "0.5", **about}})
    return path
