"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
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
