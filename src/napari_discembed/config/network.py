"""The network: a backbone, its heads, and the space it embeds pixels into.

Release 0.1 described a network by one flat set of settings. Those short spellings still make a
:class:`NetworkConfig` (``NetworkConfig.model_validate({"features": (16, 32), "classes": 2})``):
the command line and old model cards use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from napari_discembed.config.backbones import (
    KIND,
    BackboneConfig,
    HourglassConfig,
    UNetConfig,
)
from napari_discembed.config.base import Config, validated
from napari_discembed.types.space import (
    ORTHOGONAL,
    CosineSpace,
    EmbeddingSpace,
    EuclideanSpace,
    Margins,
)

Coordinates: TypeAlias = Literal["none", "input", "semiconv"]


class EmbeddingHeadConfig(Config):
    """The head that gives each pixel its point in embedding space."""

    kind: Literal["embedding"] = Field("embedding", title="Kind", description=KIND)
    dim: int = Field(
        2, ge=1, le=64, title="Embedding dimensions", description="E, the size of a pixel's point."
    )
    coordinates: Coordinates = Field(
        "semiconv",
        title="Coordinates",
        description="none; input: as extra input channels (De Brabandere 2017); semiconv: added "
        "to the output (Novotny 2018).",
    )
    units_per_diameter: float = Field(
        7.0,
        gt=0,
        le=100,
        title="Units per diameter",
        description="Semi-convolutional only: embedding units that one object diameter spans.",
    )


class ForegroundHeadConfig(Config):
    """The head that tells objects, and kinds of them, from background."""

    kind: Literal["foreground"] = Field("foreground", title="Kind", description=KIND)
    classes: int = Field(
        1, ge=1, le=255, title="Classes", description="Foreground classes, background not counted."
    )


class SeedinessHeadConfig(Config):
    """The head that tells how central each pixel is in its object."""

    kind: Literal["seediness"] = Field("seediness", title="Kind", description=KIND)


class MotionHeadConfig(Config):
    """The head that tells where each pixel's object was in the frame before."""

    kind: Literal["motion"] = Field("motion", title="Kind", description=KIND)


HeadConfig: TypeAlias = Annotated[
    EmbeddingHeadConfig | ForegroundHeadConfig | SeedinessHeadConfig | MotionHeadConfig,
    Field(discriminator="kind"),
]


def _usual_heads() -> dict[str, HeadConfig]:
    return {
        "embedding": EmbeddingHeadConfig(),
        "foreground": ForegroundHeadConfig(),
        "seediness": SeedinessHeadConfig(),
    }


class EuclideanConfig(Config):
    """Euclidean embedding space with the margins of the discriminative loss."""

    kind: Literal["euclidean"] = Field("euclidean", title="Kind", description=KIND)
    delta_v: float = Field(
        0.5, gt=0, title="Pull margin", description="Pixels come this close to their mean."
    )
    delta_d: float = Field(
        1.5, gt=0, title="Push margin", description="Means go apart to twice this distance."
    )


class CosineConfig(Config):
    """Embedding space of directions, for the cosine embedding loss (Payer et al. 2018)."""

    kind: Literal["cosine"] = Field("cosine", title="Kind", description=KIND)
    delta_v: float = Field(
        0.5,
        gt=0,
        lt=ORTHOGONAL,
        title="Pull margin",
        description="Distance, on the unit sphere, up to which pixels are near their mean.",
    )


SpaceConfig: TypeAlias = Annotated[EuclideanConfig | CosineConfig, Field(discriminator="kind")]


class NetworkConfig(Config):
    """A backbone with heads, and the space it maps pixels into."""

    ndim: Literal[2, 3] = Field(2, title="Dimensions", description="2 for images, 3 for volumes.")
    in_channels: int = Field(3, ge=1, le=64, title="Channels", description="Input channels.")
    asinh_channel: bool = Field(
        False,
        title="Lift faint objects",
        description="Show the network a logarithmic copy of each channel too, in which objects "
        "that are dim beside bright ones stand out.",
    )
    diameter: float = Field(
        24.0,
        ge=4,
        le=512,
        title="Object diameter",
        description="Pixels; images are resampled so that their objects have this diameter.",
    )
    backbone: BackboneConfig = Field(
        default_factory=UNetConfig, title="Backbone", description="What gives each pixel features."
    )
    heads: dict[str, HeadConfig] = Field(
        default_factory=_usual_heads,
        title="Heads",
        description="What is made of the features, by name; embedding and foreground are needed.",
    )
    space: SpaceConfig = Field(
        default_factory=EuclideanConfig, title="Space", description="What the embedding lies in."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_short_spellings(cls, values: Any) -> Any:  # noqa: ANN401 - pydantic's own
        return nested(values) if isinstance(values, Mapping) else values

    @model_validator(mode="after")
    def _fits(self) -> NetworkConfig:
        head = self.heads.get("embedding")
        if not isinstance(head, EmbeddingHeadConfig):
            msg = f"expected a head 'embedding' of kind 'embedding', got heads {self.heads}"
            raise ValueError(msg)
        if not isinstance(self.heads.get("foreground"), ForegroundHeadConfig):
            msg = f"expected a head 'foreground' of kind 'foreground', got heads {self.heads}"
            raise ValueError(msg)
        motion = [n for n, other in self.heads.items() if isinstance(other, MotionHeadConfig)]
        if motion and (motion != ["motion"] or not isinstance(self.backbone, HourglassConfig)):
            msg = (
                "expected one head of kind 'motion', called 'motion', and backbone 'hourglass', "
                f"which remembers the frame before, got heads {', '.join(self.heads)} and backbone "
                f"{self.backbone.kind!r}"
            )
            raise ValueError(msg)
        if head.coordinates == "semiconv" and head.dim < self.ndim:
            msg = (
                f"expected embedding_dim of at least {self.ndim} to add {self.ndim} coordinates "
                f"to, got {head.dim}"
            )
            raise ValueError(msg)
        if head.coordinates == "semiconv" and isinstance(self.space, CosineConfig):
            msg = (
                "expected coordinates 'none' or 'input' in cosine space, where places cannot be "
                "added to directions, got 'semiconv'"
            )
            raise ValueError(msg)
        return self

    @classmethod
    def of(cls, **short: object) -> NetworkConfig:
        """Return a network from short spellings, such as ``embedding_dim=4, classes=2``."""
        return validated(cls, short)

    def with_short(self, **short: object) -> NetworkConfig:
        """Return a copy with some settings changed, by their short spellings."""
        return validated(type(self), {**self.model_dump(), **short})

    @property
    def embedding(self) -> EmbeddingHeadConfig:
        """The config of the embedding head."""
        head = self.heads["embedding"]
        if not isinstance(head, EmbeddingHeadConfig):  # the validator has seen to that
            raise TypeError(head)
        return head

    @property
    def classes(self) -> int:
        """The number of foreground classes, K."""
        head = self.heads["foreground"]
        return head.classes if isinstance(head, ForegroundHeadConfig) else 1

    @property
    def embedding_space(self) -> EmbeddingSpace:
        """The space that losses and clusterers ask."""
        if isinstance(self.space, CosineConfig):
            return CosineSpace(self.space.delta_v)
        margins = Margins(pull=self.space.delta_v, push=self.space.delta_d)
        return EuclideanSpace(margins, has_coordinates=self.embedding.coordinates == "semiconv")


_SHORT: dict[str, tuple[str, ...]] = {
    "faint": ("asinh_channel",),
    "features": ("backbone", "features"),
    "embedding_dim": ("heads", "embedding", "dim"),
    "coordinates": ("heads", "embedding", "coordinates"),
    "units_per_diameter": ("heads", "embedding", "units_per_diameter"),
    "classes": ("heads", "foreground", "classes"),
    "space_kind": ("space", "kind"),
    "delta_v": ("space", "delta_v"),
    "delta_d": ("space", "delta_d"),
}
"""Short spellings, and where each setting is."""

SHORT_NAMES = (*_SHORT, "seediness")


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested settings of a network of which some are spelt short.

    Parameters
    ----------
    values
        Settings of :class:`NetworkConfig`, and any of :data:`SHORT_NAMES`, which prevail. A
        backbone may be its kind alone.
    """
    found = {name: value for name, value in values.items() if name not in SHORT_NAMES}
    if isinstance(found.get("backbone"), str):
        found["backbone"] = {"kind": found["backbone"]}
    if isinstance(found.get("space"), Mapping):
        found["space"] = {"kind": "euclidean", **found["space"]}
    short = {name: values[name] for name in SHORT_NAMES if name in values}
    if not short:
        return found
    for part in ("backbone", "space"):
        if part in found or any(_SHORT[n][0] == part for n in short if n in _SHORT):
            found[part] = _plain(found.get(part, {}))
    found.get("backbone", {}).setdefault("kind", "unet")
    found.get("space", {}).setdefault("kind", "euclidean")
    default = {name: {"kind": name} for name in ("embedding", "foreground", "seediness")}
    heads = found["heads"] = {k: _plain(v) for k, v in found.get("heads", default).items()}
    if not short.pop("seediness", "seediness" in heads):
        heads.pop("seediness", None)
    elif "seediness" in values:
        heads.setdefault("seediness", {"kind": "seediness"})
    for name, value in short.items():
        *path, last = _SHORT[name]
        place = found
        for key in path:
            place = place[key]
        place[last] = value
    return found


def _plain(values: Any) -> dict[str, Any]:  # noqa: ANN401 - a config or plain values
    return values.model_dump() if isinstance(values, Config) else dict(values)
