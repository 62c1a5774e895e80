"""A large stored image, segmented as a whole in a process of its own."""

from __future__ import annotations

import itertools
from pathlib import Path

from pydantic import Field

from napari_discembed.config import TilingConfig
from napari_discembed.config.base import Config
from napari_discembed.config.clustering import AnyClusteringConfig
from napari_discembed.files import data_folder
from napari_discembed.io.ome_zarr.label_target import label_path
from napari_discembed.session.remote import RemoteJob

LABEL_NAME = "discembed"
"""Of the labels, and the first part of the names of others."""
_TARGET = "napari_discembed.session.slide_process:segment_slide"


class SlideRequest(Config):
    """What is asked of the process."""

    image: Path = Field(description="The OME-Zarr image.")
    label_name: str = Field(description="Of the labels that are written into it.")
    model: str = Field(description="Name or file of the model.")
    config: AnyClusteringConfig = Field(description="How to group.")
    diameter: float | None = Field(None, description="Of objects, in pixels; None to measure it.")
    tile: TilingConfig = Field(description="Tile size and device.")
    axes: str = Field("", description="Of the image, as a person read it.")
    channel: int | None = Field(None, description="To take alone; None for all.")

    @property
    def folder(self) -> Path:
        """Where what is done of the image lies until it is whole."""
        return data_folder() / "slides"

    def remote(self) -> RemoteJob:
        """Return the process, whose job is of the number of objects.

        What was done when it is stopped, or killed, is not done again: ask for the same once more.
        """
        return RemoteJob(_TARGET, self.model_dump_json(), log=self.folder / "slide.log")


def free_label_name(image: Path) -> str:
    """Return a name of which an image has no labels yet."""
    others = (f"{LABEL_NAME}-{number}" for number in itertools.count(2))
    names = itertools.chain([LABEL_NAME], others)
    return next(name for name in names if not label_path(image, name).exists())
