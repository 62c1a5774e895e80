"""How pixels are grouped into objects: one config a method, of only what the method reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from napari_discembed.config.base import Config, class_of_method, config_of_method
from napari_discembed.types.space import EmbeddingSpace

GROUPED = "How pixels are grouped."
Method: TypeAlias = Literal["density", "mean_shift", "greedy", "hdbscan", "learned", "seeded"]


class ClusteringConfig(Config):
    """What all methods read.

    Make one by :func:`clustering_config`, or by the class of a method.
    """

    method: Method = Field(title="Method", description=GROUPED)
    bandwidth: float | None = Field(
        None,
        gt=0,
        le=100,
        title="Bandwidth",
        description="Embedding units; larger merges more. Empty: what suits the model's margins.",
    )
    foreground_threshold: float = Field(
        0.5, ge=0, le=1, title="Foreground", description="Probability above which a pixel counts."
    )
    min_size: int | None = Field(
        None,
        ge=0,
        le=10_000_000,
        title="Smallest object",
        description="In pixels of the image. Empty: a fiftieth of a typical object.",
    )
    fill_holes: bool = Field(True, title="Fill holes", description="Close holes in objects.")
    split_parts: bool = Field(
        False, title="Split parts", description="Make unconnected parts objects of their own."
    )

    def with_method(self, method: Method) -> ClusteringConfig:
        """Return the config of another method, with the settings that mean the same in both.

        A bandwidth is not carried over to or from a method for which it means something else:
        HDBSCAN cuts its own hierarchy, and what was learnt needs none.
        """
        if method == self.method:
            return self
        shared = set(config_class(method).model_fields) & set(type(self).model_fields)
        other = {"hdbscan", "learned"} & {method, self.method}
        left_out = {"method"} | ({"bandwidth"} if other else set())
        kept = {name: getattr(self, name) for name in shared - left_out}
        return config_class(method).model_validate(kept)


class UnseededConfig(ClusteringConfig):
    """What methods read that find the objects themselves."""

    seed_threshold: float = Field(
        0.2, ge=0, le=1, title="Seeds", description="Seediness an object must reach at its best."
    )
    object_threshold: float = Field(
        0.8,
        ge=0,
        le=1,
        title="How sure",
        description="Mean foreground probability an object must have; less where nine tenths of "
        "the image's median object is less. 0 keeps all.",
    )


class _MergeMargin(UnseededConfig):
    """What methods read that join near modes."""

    merge_margin: float | None = Field(
        None,
        ge=0,
        le=100,
        title="Merge margin",
        description="Modes closer than this become one, in embedding units. Empty: the model's.",
    )


class DensityConfig(_MergeMargin):
    """Density peaks, joined by persistence."""

    method: Literal["density"] = Field("density", title="Method", description=GROUPED)


class MeanShiftConfig(_MergeMargin):
    """Mean shift from seeds."""

    method: Literal["mean_shift"] = Field("mean_shift", title="Method", description=GROUPED)


class GreedyConfig(UnseededConfig):
    """One object after another."""

    method: Literal["greedy"] = Field("greedy", title="Method", description=GROUPED)


class HdbscanConfig(UnseededConfig):
    """Clusters of varying density."""

    method: Literal["hdbscan"] = Field("hdbscan", title="Method", description=GROUPED)
    bandwidth: float | None = Field(
        None,
        gt=0,
        le=100,
        title="Bandwidth",
        description="Distance at which the hierarchy is cut, in embedding units; larger merges "
        "more. Empty: each cluster where it is the most stable.",
    )
    max_points: int = Field(
        20_000,
        ge=100,
        le=1_000_000,
        title="Sample",
        description="Pixels that are clustered; the rest are assigned.",
    )
    coordinates: float = Field(
        0.0,
        ge=0,
        le=100,
        title="Coordinates",
        description="Weight of the pixel coordinates beside the embedding (Payer 2018).",
    )


class LearnedConfig(ClusteringConfig):
    """Nested candidates, each judged by what was learnt of masks."""

    method: Literal["learned"] = Field("learned", title="Method", description=GROUPED)
    quality_threshold: float = Field(
        0.5,
        ge=0,
        le=1,
        title="How sure",
        description="Overlap with one object that must be expected of each.",
    )


class SeededConfig(ClusteringConfig):
    """An object for each point that a person gave."""

    method: Literal["seeded"] = Field("seeded", title="Method", description=GROUPED)


AnyClusteringConfig: TypeAlias = Annotated[
    DensityConfig | MeanShiftConfig | GreedyConfig | HdbscanConfig | LearnedConfig | SeededConfig,
    Field(discriminator="method"),
]
"""The field of a config that holds the config of any method."""

_CLASSES: dict[str, type[ClusteringConfig]] = {
    "density": DensityConfig,
    "mean_shift": MeanShiftConfig,
    "greedy": GreedyConfig,
    "hdbscan": HdbscanConfig,
    "learned": LearnedConfig,
    "seeded": SeededConfig,
}
METHODS = tuple(_CLASSES)


def config_class(method: str) -> type[ClusteringConfig]:
    """Return the config class of a method.

    Raises
    ------
    InputError
        If there is no such method.
    """
    return class_of_method(_CLASSES, method)


def clustering_config(method: str = "density", **settings: object) -> ClusteringConfig:
    """Return the config of a method.

    Parameters
    ----------
    method
        One of :data:`METHODS`.
    **settings
        Fields of the method's config.

    Raises
    ------
    InputError
        If the method does not read a setting, or a value is out of its bounds.
    """
    return config_of_method(_CLASSES, method, settings)


def suited_config(space: EmbeddingSpace) -> ClusteringConfig:
    """Return the usual config of the method that suits a space."""
    return clustering_config(space.method, **space.method_settings)


def read_clustering(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a stored config without those that its method does not read.

    Release 0.1 wrote every setting for every method, and a newer one may write more.
    """
    return config_class(str(values.get("method", "density"))).known_fields(values)
