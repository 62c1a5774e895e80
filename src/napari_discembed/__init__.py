"""Instance segmentation by pixel embeddings: paint a few objects, fine-tune, count.

Importing this package loads neither torch nor Qt: the public names arrive when first used.

>>> from napari_discembed import segment
>>> result = segment(array, "nuclei")  # doctest: +SKIP
>>> result.count, result.labels, result.table()  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_discembed import jobs
    from napari_discembed.api import (
        cluster,
        count_groups,
        embed,
        finetune,
        link,
        measure,
        segment,
        track,
    )
    from napari_discembed.config import (
        AugmentationConfig,
        ClusteringConfig,
        FinetuningConfig,
        GroupingConfig,
        LinkingConfig,
        NetworkConfig,
        TilingConfig,
        TrainingConfig,
        clustering_config,
        linking_config,
    )
    from napari_discembed.errors import DiscembedError
    from napari_discembed.io.ctc import read_ctc
    from napari_discembed.io.images import read_image
    from napari_discembed.io.instances import (
        read_all_instances,
        read_instances,
        write_instances,
    )
    from napari_discembed.io.labels import read_labels, read_segmentation, write_labels
    from napari_discembed.io.tables import write_table
    from napari_discembed.models import (
        Model,
        ModelCard,
        export_model,
        list_models,
        load_model,
        save_model,
    )
    from napari_discembed.pipeline import candidates
    from napari_discembed.progress import Job, Progress, run
    from napari_discembed.results import Result, TrackResult
    from napari_discembed.tracking.adopting import read_geff
    from napari_discembed.types import (
        Candidates,
        Embedding,
        Image,
        Instances,
        Margins,
        ObjectTable,
        Provenance,
        Segmentation,
        Tracks,
    )

__version__ = "0.2.0.dev0"

_HOME = {
    "": ("jobs",),
    "api": (
        "cluster",
        "count_groups",
        "embed",
        "finetune",
        "link",
        "measure",
        "segment",
        "track",
    ),
    "config": (
        "AugmentationConfig",
        "ClusteringConfig",
        "FinetuningConfig",
        "GroupingConfig",
        "NetworkConfig",
        "TilingConfig",
        "LinkingConfig",
        "TrainingConfig",
        "clustering_config",
        "linking_config",
    ),
    "errors": ("DiscembedError",),
    "io.ctc": ("read_ctc",),
    "io.images": ("read_image",),
    "io.instances": ("read_all_instances", "read_instances", "write_instances"),
    "io.labels": ("read_labels", "read_segmentation", "write_labels"),
    "io.tables": ("write_table",),
    "models": ("Model", "ModelCard", "export_model", "list_models", "load_model", "save_model"),
    "pipeline": ("candidates",),
    "progress": ("Job", "Progress", "run"),
    "results": ("Result", "TrackResult"),
    "tracking.adopting": ("read_geff",),
    "types": (
        "Candidates",
        "Embedding",
        "Image",
        "Instances",
        "Margins",
        "ObjectTable",
        "Provenance",
        "Segmentation",
        "Tracks",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

_RENAMED = {
    "AugmentConfig": "AugmentationConfig",
    "ClusterConfig": "clustering_config(method, ...)",
    "Counts": "ObjectTable",
    "ModelConfig": "NetworkConfig",
    "TileConfig": "TilingConfig",
    "TrainConfig": "TrainingConfig",
    "fit": "finetune",
}
"""Names of release 0.1, and what they are called now."""

__all__ = [
    "AugmentationConfig",
    "Candidates",
    "ClusteringConfig",
    "DiscembedError",
    "Embedding",
    "FinetuningConfig",
    "GroupingConfig",
    "Image",
    "Instances",
    "Job",
    "LinkingConfig",
    "Margins",
    "Model",
    "ModelCard",
    "NetworkConfig",
    "ObjectTable",
    "Progress",
    "Provenance",
    "Result",
    "Segmentation",
    "TilingConfig",
    "TrackResult",
    "Tracks",
    "TrainingConfig",
    "candidates",
    "cluster",
    "clustering_config",
    "count_groups",
    "embed",
    "export_model",
    "finetune",
    "jobs",
    "link",
    "linking_config",
    "list_models",
    "load_model",
    "measure",
    "read_all_instances",
    "read_ctc",
    "read_geff",
    "read_image",
    "read_instances",
    "read_labels",
    "read_segmentation",
    "run",
    "save_model",
    "segment",
    "track",
    "write_instances",
    "write_labels",
    "write_table",
]


def __getattr__(name: str) -> object:
    """Import a public name where it is first used."""
    if name in _RENAMED:
        msg = f"module {__name__!r} has no {name!r} any more: it is called {_RENAMED[name]} now"
        raise AttributeError(msg)
    if name not in _MODULE_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    home = _MODULE_OF[name]
    if not home:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, those not yet loaded included."""
    return sorted({*globals(), *__all__})
