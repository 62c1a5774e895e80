"""Nested candidates, judged: perceive many masks, say how good each is (PEP 2022)."""

from napari_discembed.mining.judge import THRESHOLDS, Judge
from napari_discembed.mining.scoring import judge_candidates, judged, perceive

__all__ = ["THRESHOLDS", "Judge", "judge_candidates", "judged", "perceive"]
