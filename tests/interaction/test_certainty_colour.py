"""Certainty as a colour."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.interaction.certainty_colour import SCALE, colours, word

DICHROMATS = {  # Vienot, Brettel and Mollon 1999; Machado, Oliveira and Fernandes 2009
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def test_the_ends_and_the_middle_have_the_colours_of_the_scale() -> None:
    found = colours([0, 0.5, 1])
    np.testing.assert_allclose(found[:, :3], SCALE)
    assert found[:, 3].tolist() == [1, 1, 1]


def test_what_is_beyond_the_scale_or_no_number_is_at_its_ends() -> None:
    np.testing.assert_allclose(colours([-1, np.nan, 7])[:, :3], SCALE[[0, 0, 2]])


@pytest.mark.parametrize("kind", DICHROMATS)
def test_those_who_see_few_colours_tell_unsure_from_sure(kind: str) -> None:
    seen = colours([0, 0.5, 1])[:, :3] @ np.array(DICHROMATS[kind]).T
    for i, j in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(seen[i] - seen[j]).max() > 0.3


def test_a_word_says_how_sure() -> None:
    words = [word(x) for x in (0, 0.49, 0.5, 0.74, 0.75, 1)]
    assert words == ["unsure"] * 2 + ["fairly sure"] * 2 + ["sure"] * 2
