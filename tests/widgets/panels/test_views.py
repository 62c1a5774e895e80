"""Views of the embedding as layers."""

from __future__ import annotations

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, embedding_of, give, squares


def test_views_come_and_go_with_their_boxes(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    for box in dock.views.boxes.values():
        box.setChecked(True)
    wait(lambda: len(dock.viewer.layers) == 5)  # no seediness in this embedding
    names = {layer.name for layer in dock.viewer.layers}
    assert names == {
        f"cells{x}" for x in ("", " | objects", " | colours", " | channels", " | foreground")
    }
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    wait(lambda: dock.objects.is_idle)
    dock.views.boxes["channels"].setChecked(False)
    assert len(dock.viewer.layers) == 4
