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
