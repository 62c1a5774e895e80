"""The network and its file."""

from napari_discembed.catalogue import ModelEntry, list_models, user_folder
from napari_discembed.models.adapt import adapt_channels, grow, inflate
from napari_discembed.models.checkpoint import Model, ModelCard, load_model_file, save_model
from napari_discembed.models.network import EmbeddingNet, Output
from napari_discembed.models.registry import load_model
from napari_discembed.models.unet import UNet

__all__ = [
    "EmbeddingNet",
    "Model",
    "ModelCard",
    "ModelEntry",
    "Output",
    "UNet",
    "adapt_channels",
    "grow",
    "inflate",
    "list_models",
    "load_model",
    "load_model_file",
    "save_model",
    "user_folder",
]
