"""Fine-tuning: from a few labelled objects to the network that finds the rest."""

from napari_discembed.finetuning.bandwidth import tune_bandwidth
from napari_discembed.finetuning.fit import finetune
from napari_discembed.finetuning.live import Painted, finetune_live
from napari_discembed.finetuning.starts import new_network

__all__ = ["Painted", "finetune", "finetune_live", "new_network", "tune_bandwidth"]
