"""Models on disk: one safetensors file whose header holds the card. Never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from napari_discembed.catalogue import CARD
from napari_discembed.config import ClusteringConfig, LearnedConfig, NetworkConfig
from napari_discembed.config.base import first_problem
from napari_discembed.errors import CheckpointError, InputError
from napari_discembed.mining import Judge
from napari_discembed.models.card import FORMAT, TASK, ModelCard, migrate_card
from napari_discembed.models.network import EmbeddingNet
from napari_discembed.models.tensors import write_tensors

HASH = "sha256"
"""Key of the hash of a file's text and tensors, in its header."""
JUDGE = "judge."
"""What the names of a judge's tensors begin with."""
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A network and its card.

    Attributes
    ----------
    net
        The network.
    card
        What it is, where it comes from and how good it is.
    learnt
        Of a fine-tuning that kept its start: what was learnt all the same. It is not saved.
    judge
        Tells how well a candidate mask covers one object; None where the model has none.
    """

    net: EmbeddingNet
    card: ModelCard
    learnt: Model | None = None
    judge: Judge | None = None

    @property
    def config(self) -> NetworkConfig:
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

    def for_grouping(self, config: ClusteringConfig | None) -> Model:
        """Return the model as it suits labels alone: without its judge unless they are its choice.

        Parameters
        ----------
        config
            How pixels are grouped; None for what the card recommends.
        """
        chosen = config or self.card.learned
        return self if isinstance(chosen, LearnedConfig) else replace(self, judge=None)

    def save(self, path: str | Path) -> Path:
        """Write the model to one ``.safetensors`` file, whole or not at all."""
        save_model(Path(path), self)
        return Path(path)


def weights_hash(weights: dict[str, Tensor]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and values, hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def content_hash(text: str, tensors: dict[str, Tensor]) -> str:
    """Return the SHA-256 of a text and of tensors, hexadecimal."""
    return hashlib.sha256(f"{text}\n{weights_hash(tensors)}".encode()).hexdigest()


def save_model(path: Path, model: Model) -> ModelCard:
    """Write a model to one file, whole or not at all.

    Returns
    -------
    The card as written, with the hash of the weights and the time.
    """
    weights = {k: v.detach().cpu().contiguous() for k, v in model.net.state_dict().items()}
    if model.judge is not None:
        own = model.judge.state_dict().items()
        weights |= {JUDGE + k: v.detach().cpu().contiguous() for k, v in own}
    card = model.card.model_copy(
        update={
            "config": model.net.config,
            "judge": None if model.judge is None else model.judge.card,
            "weights_sha256": weights_hash(weights),
            "created": model.card.created or datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    text = card.model_dump_json()
    write_tensors(Path(path), weights, {CARD: text, HASH: content_hash(text, weights)})
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
            about = file.metadata() or {}
            card, stored_format = _read_card(path, about)
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
    # A changed digit of the card would give other objects, without a word; 0.1 wrote no hash.
    if HASH in about and about[HASH] != content_hash(about[CARD], weights):
        raise CheckpointError(
            f"{path}: the model's card is not as it was written. Copy or download the model again."
        )
    judge = _read_judge(path, card, weights)
    weights = {k: v for k, v in weights.items() if not k.startswith(JUDGE)}
    weights = migrate_weights(weights, card.config, stored_format)
    _check_weights(path, weights, skeleton(card.config))
    net = EmbeddingNet(card.config)
    net.load_state_dict(weights)
    return Model(net.eval(), card, judge=judge)


def _read_judge(path: Path, card: ModelCard, weights: Mapping[str, Tensor]) -> Judge | None:
    """Return the judge of a file; None where it has none, or one of another release."""
    if card.judge is None or card.judge != Judge.card:
        return None
    own = {k.removeprefix(JUDGE): v for k, v in weights.items() if k.startswith(JUDGE)}
    judge = Judge()
    _check_weights(path, own, judge)
    judge.load_state_dict(own)
    return judge.eval()


def skeleton(config: NetworkConfig) -> EmbeddingNet:
    """Return a network whose weights have shapes and no memory."""
    with torch.device("meta"):
        return EmbeddingNet(config)


def _check_weights(path: Path, weights: Mapping[str, Tensor], expected: nn.Module) -> None:
    """Refuse weights of other shapes before a network of the card's size is made, and NaN."""
    shapes = {name: value.shape for name, value in expected.state_dict().items()}
    if {name: value.shape for name, value in weights.items()} != shapes:
        raise CheckpointError(
            f"{path}: the weights do not fit the network that the card describes. "
            "The file was changed by another program; use the original."
        )
    broken = [name for name, value in weights.items() if not torch.isfinite(value).all()]
    if broken:
        raise CheckpointError(
            f"{path}: expected weights that are finite numbers, got NaN or infinite ones in "
            f"{broken[0]}. The training that made it failed: train again."
        )


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
            f"{path}: not a model. Expected a .safetensors file or a package for bioimage.io "
            "(.zip), as napari-discembed writes them."
        )


def migrate_weights(
    weights: Mapping[str, Tensor], config: NetworkConfig, stored_format: int
) -> dict[str, Tensor]:
    """Return weights of an earlier format under the names of this one.

    Format 1 had one layer for all heads, whose rows are the heads' in the order of the
    configuration.

    Parameters
    ----------
    weights
        By name.
    config
        Of the network.
    stored_format
        Of the file that they come from.
    """
    if stored_format == FORMAT:
        return dict(weights)
    channels = {name: head.channels for name, head in skeleton(config).named_heads().items()}
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        part, _, rest = name.partition(".")
        if part == "head" and len(value) == sum(channels.values()):
            pieces = torch.split(value, list(channels.values()))
            for head, piece in zip(channels, pieces, strict=True):
                found[f"heads.{head}.projection.{rest}"] = piece.contiguous()
        else:
            found[f"backbone.{rest}" if part == "unet" else name] = value
    return found


def _read_card(path: Path, metadata: dict[str, str]) -> tuple[ModelCard, int]:
    """Return the card, and the format of the file."""
    if CARD not in metadata:
        raise CheckpointError(
            f"{path}: a safetensors file without a model card. Expected one written by "
            "napari-discembed."
        )
    try:
        values = json.loads(metadata[CARD])
        version = values["format"]
        if not isinstance(version, int):
            raise TypeError(version)
        if not 1 <= version <= FORMAT:
            raise CheckpointError(
                f"{path}: expected model format 1 to {FORMAT}, got {version}. "
                + ("Update napari-discembed." if version > FORMAT else "Use the original file.")
            )
        if values.get("task", TASK) != TASK:
            raise CheckpointError(
                f"{path}: expected a model for {TASK}, got one for {values['task']}. Choose "
                "another."
            )
        return ModelCard.model_validate(migrate_card(values)), version
    except CheckpointError:
        raise
    except ValidationError as error:
        raise CheckpointError(
            f"{path}: the model's card cannot be read ({first_problem(error)}) Use the original "
            "file."
        ) from error
    except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{path}: the model's card cannot be read. Use the original file."
        ) from error
