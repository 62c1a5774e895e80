"""Importing the package is cheap, and its public names are there."""

from __future__ import annotations

import subprocess
import sys

import napari_discembed


def test_importing_the_package_loads_neither_torch_nor_qt() -> None:
    code = (
        "import sys, napari_discembed;"
        "heavy = {'torch', 'qtpy', 'napari', 'PyQt6', 'scipy', 'skimage'} & set(sys.modules);"
        "print(*heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_every_public_name_can_be_imported() -> None:
    for name in napari_discembed.__all__:
        assert getattr(napari_discembed, name) is not None


def test_the_list_of_names_is_the_one_that_is_loaded_lazily() -> None:
    assert sorted(napari_discembed._MODULE_OF) == napari_discembed.__all__
