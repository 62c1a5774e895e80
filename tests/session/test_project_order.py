"""The orders in which the images of a project are listed."""

import pytest

from napari_discembed.session.project_files import Entry
from napari_discembed.session.project_order import Order, sorted_names


def entry(count, unsure=None, wrong=None):
    return Entry(rows=[{"count": count}], unsure=unsure, wrong=wrong)


ENTRIES = {
    "a": Entry(),
    "b": entry(10, unsure=1, wrong=2.0),
    "c": entry(1, unsure=1, wrong=0.5),
    "d": entry(10, unsure=9),
    "e": entry(10, unsure=3, wrong=2.0),
}


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Order.by_name, "abcde"),
        (Order.by_count, "bdeca"),
        # 10/12, 1.5/3, 3/12 twice; nothing is known of the last
        (Order.by_doubt, "dcbea"),
    ],
)
def test_images_are_listed_by_what_is_asked_for_and_equal_ones_by_name(order, names):
    assert "".join(sorted_names(ENTRIES, order)) == names
