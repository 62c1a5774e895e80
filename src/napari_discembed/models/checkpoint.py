"""Models on disk: one safetensors file whose header holds the card. Never a pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from napari_discembed import __version__
from napari_discembed.config import ClusterConfig, Config, ModelConfig
from napari_discembed.errors import CheckpointError
from napari_discembed.files import atomic_path
from napari_discembed.models.network import EmbeddingNet

FORMAT = 1
_CARD = "discembed_card"
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


class ModelCard(Config):
    """What a model is, where it comes from and how good it is."""

    # A card of a newer release may say more: it is still readable.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    format: int = Field(FORMAT, description="Version of the file format.")
    name: str = Field(description="Of the model.")
    description: str = Field("", description="What it is for, in a sentence.")
    config: ModelConfig = Field(description="The network.")
    cluster: ClusterConfig = Field(
        default_factory=ClusterConfig, description="Recommended clustering."
    )
    image_diameter: float | None = Field(
        None, description="Typical object diameter in the training images, in image pixels."
    )
    mix: tuple[float, ...] | None = Field(
        None,
        description="Weight of each channel in the grey image that the network is shown in place "
        "of the channels; none where it is shown the channels.",
    )
    training: dict[str, Any] = Field(default_factory=dict, description="Data and recipe.")
    metrics: dict[str, float] = Field(default_factory=dict, description="Measured scores.")
    licence: str = Field("BSD-3-Clause", description="SPDX identifier, of the weights.")
    weights_sha256: str = Field("", description="Hash of the weights.")
    package_version: str = Field(__version__, description="Of napari-discembed.")
    created: str = Field("", description="UTC, ISO 8601.")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A network and its card."""

    net: EmbeddingNet
    card: ModelCard

    @property
    def config(self) -> ModelConfig:
        """The network's config."""
        return self.net.config

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    @property
    def image_diameter(self) -> float:
        """The objects' diameter to expect in an image: as fine-tuned, or the network's own."""
        return self.card.image_diameter or self.config.diameter


def weights_hash(weights: dict[str, Tensor]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and values, hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def save_model(path: Path, model: Model) -> ModelCard:
    """Write a model to one file, whole or not at all.

    Returns
    -------
    The card as written, with the hash of the weights and the time.
    """
    weights = {k: v.detach().cpu().contiguous() for k, v in model.net.state_dict().items()}
    card = model.card.model_copy(
        update={
            "config": model.net.config,
            "weights_sha256": weights_hash(weights),
            "created": model.card.created or datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    with atomic_path(Path(path)) as partial:
        save_file(weights, partial, metadata={_CARD: card.model_dump_json()})
    return card


def load_model_file(path: Path) -> Model:
    """Read a model, checking that it is one, whole, and of a version this release knows.

    Raises
    ------
    CheckpointError
        If it is not; the message says what the file is and what to do.
    """
    path = Path(path)
    _refuse_other_formats(path)
    try:
        with safe_open(path, framework="pt") as file:
            card = _read_card(path, file.metadata() or {})
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(
            f"{path}: damaged or cut short ({error}). Copy or download the model again."
        ) from error
    if card.weights_sha256 != weights_hash(weights):
        raise CheckpointError(
            f"{path}: the weights do not match the hash on the model's card. Copy or download "
            "the model again."
        )
    net = EmbeddingNet(card.config)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"{path}: the weights do not fit the network that the card describes. "
            "The file was changed by another program; use the original."
        ) from error
    return Model(net.eval(), card)


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(9)
    if not start:
        raise CheckpointError(f"{path}: the file is empty. Copy or download the model again.")
    if start.startswith(_PICKLES):
        raise CheckpointError(
            f"{path}: a pickled PyTorch file, which could run any program when opened and is "
            "never unpickled here. Expected a .safetensors model written by napari-discembed."
        )
    if len(start) < 9 or start[8:9] != b"{":
        raise CheckpointError(
            f"{path}: not a model. Expected a .safetensors file written by napari-discembed."
        )


def _read_card(path: Path, metadata: dict[str, str]) -> ModelCard:
    if _CARD not in metadata:
        raise CheckpointError(
            f"{path}: a safetensors file without a model card. Expected one written by "
            "napari-discembed."
        )
    try:
        values = json.loads(metadata[_CARD])
        version = values["format"]
        if version != FORMAT:
            raise CheckpointError(
                f"{path}: expected model format {FORMAT}, got {version}. "
                + ("Update napari-discembed." if version > FORMAT else "Train the model again.")
            )
        return ModelCard.model_validate(values)
    except (ValidationError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path}: the model's card cannot be read. Use the original file."
        ) from error
