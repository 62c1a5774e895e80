"""The network and its file."""

from napari_discembed.catalogue import ModelEntry, list_models, user_folder
from napari_discembed.models.backbones import EfficientUNet, UNet
from napari_discembed.models.card import LICENCE, ModelCard
from napari_discembed.models.checkpoint import Model, load_model_file, save_model
from napari_discembed.models.effort import check_embedding, check_step
from napari_discembed.models.exchange.export import ModelFormat, export_model
from napari_discembed.models.folding import fold_batch_norm
from napari_discembed.models.heads import Head
from napari_discembed.models.library import load_model
from napari_discembed.models.network import EmbeddingNet
from napari_discembed.models.surgery import (
    adapt_channels,
    inflate,
    widen_network,
    with_classes,
)

__all__ = [
    "LICENCE",
    "EfficientUNet",
    "EmbeddingNet",
    "Head",
    "Model",
    "ModelCard",
    "ModelEntry",
    "ModelFormat",
    "UNet",
    "adapt_channels",
    "check_embedding",
    "check_step",
    "export_model",
    "fold_batch_norm",
    "inflate",
    "list_models",
    "load_model",
    "load_model_file",
    "save_model",
    "user_folder",
    "widen_network",
    "with_classes",
]
