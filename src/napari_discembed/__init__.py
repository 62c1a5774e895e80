"""Instance segmentation by pixel embeddings: paint a few objects, fine-tune, count.

Importing this package loads neither torch nor Qt: the public names arrive when first used.

>>> from napari_discembed import load_model, measure, run, segment
>>> segmentation = run(segment(array, load_model("generalist")))  # doctest: +SKIP
>>> measure(segmentation).count  # doctest: +SKIP
24
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_discembed.config import (
        AugmentationConfig,
        ClusteringConfig,
        NetworkConfig,
        TilingConfig,
        TrainingConfig,
    )
    from napari_discembed.errors import DiscembedError
    from napari_discembed.finetuning import finetune
    from napari_discembed.io.images import read_image
    from napari_discembed.io.labels import read_labels, write_labels
    from napari_discembed.io.tables import write_table
    from napari_discembed.models import (
        Model,
        ModelCard,
        list_models,
        load_model,
        save_model,
    )
    from napari_discembed.pipeline import cluster, embed, measure, segment
    from napari_discembed.progress import Job, Progress, run
    from napari_discembed.types import (
        Embedding,
        Image,
        Margins,
        ObjectTable,
        Provenance,
        Segmentation,
    )

__version__ = "0.1.0"

_HOME = {
    "config": ("AugmentationConfig", "ClusteringConfig", "NetworkConfig", "TilingConfig", "TrainingConfig"),
    "errors": ("DiscembedError",),
    "finetuning": ("finetune",),
    "io.images": ("read_image",),
    "io.labels": ("read_labels", "write_labels"),
    "io.tables": ("write_table",),
    "models": ("Model", "ModelCard", "list_models", "load_model", "save_model"),
    "pipeline": ("cluster", "embed", "measure", "segment"),
    "progress": ("Job", "Progress", "run"),
    "types": ("ObjectTable", "Embedding", "Image", "Margins", "Provenance", "Segmentation"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AugmentationConfig",
    "ClusteringConfig",
    "DiscembedError",
    "Embedding",
    "Image",
    "Job",
    "Margins",
    "Model",
    "ModelCard",
    "NetworkConfig",
    "ObjectTable",
    "Progress",
    "Provenance",
    "Segmentation",
    "TilingConfig",
    "TrainingConfig",
    "cluster",
    "embed",
    "finetune",
    "list_models",
    "load_model",
    "measure",
    "read_image",
    "read_labels",
    "run",
    "save_model",
    "segment",
    "write_labels",
    "write_table",
]


def __getattr__(name: str) -> object:
    """Import a public name where it is first used."""
    if name not in _MODULE_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, those not yet loaded included."""
    return sorted({*globals(), *__all__})
