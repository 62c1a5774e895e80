"""What a dock needs soon is loaded beside the interface, not before it is shown."""

from __future__ import annotations

import subprocess
import sys

import pytest

from napari_discembed.widgets.warming import SOON, warm_up


@pytest.mark.parametrize("dock", ["segment", "finetune", "count", "correct", "track"])
def test_a_dock_is_imported_without_what_is_slow_to_load(dock: str) -> None:
    slow = {"torch", *(module for module, _ in SOON)}
    code = (
        f"import sys, napari.layers; before = set(sys.modules);"
        f"import napari_discembed.widgets.docks.{dock};"
        f"print(sorted({slow!r} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_needed_soon_is_there() -> None:
    warm_up()
    assert {module for module, _ in SOON} <= set(sys.modules)
