"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# Two threads on two cores, and no deadline: a busy machine is not a failure.
torch.set_num_threads(min(2, os.cpu_count() or 1))
settings.register_profile("quiet", deadline=None, max_examples=25)
settings.load_profile("quiet")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real labelled images, which is no part of the repository."""
    folder = Path(os.environ.get("DISCEMBED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}; set DISCEMBED_DATA to their folder")
    return folder
