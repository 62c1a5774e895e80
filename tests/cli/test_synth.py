"""``discembed synth``."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.cli import main


@pytest.mark.parametrize("kind", ["sticks", "rosettes", "cells"])
def test_synth_writes_images_and_labels(kind: str, tmp_path: Path) -> None:
    words = ["synth", kind, "--count", "2", "--seed", "3", "--output", str(tmp_path)]
    assert main(words) == 0
    images, labels = (sorted((tmp_path / k).iterdir()) for k in ("images", "labels"))
    assert [p.stem for p in images] == [p.stem for p in labels] == [f"{kind}_0000", f"{kind}_0001"]
