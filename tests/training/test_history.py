"""What happened during a training."""

from __future__ import annotations

import numpy as np

from napari_discembed.training.history import MOST_RECORDS, History


def test_of_a_long_training_every_other_record_is_kept() -> None:
    history = History()
    for step in range(1, 2 * MOST_RECORDS):
        history.add({"step": step})
    kept = [record["step"] for record in history.steps]
    assert len(kept) <= MOST_RECORDS
    assert (kept[-1], min(np.diff(kept))) == (2 * MOST_RECORDS - 1, 1)
    assert max(np.diff(kept)) <= 4
