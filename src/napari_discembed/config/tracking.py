"""How objects are linked through time: one config a method, of only what the method reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from napari_discembed.config.base import Config, config_of_method

LinkMethod: TypeAlias = Literal["overlap", "lap", "candidates", "motion", "pairs", "rosette"]
_METHOD = "How objects are linked through time."


WITHOUT_DIVISIONS = 0.25
"""Share of the least overlap that is enough where nothing divides (benchmarks/LOG.md, 120)."""


class LinkingConfig(Config):
    """What all methods read.

    Make one by :func:`linking_config`, or by the class of a method.
    """

    method: LinkMethod = Field(title="Method", description=_METHOD)
    min_overlap: float = Field(
        0.2,
        gt=0,
        lt=1,
        title="Overlap",
        description="Intersection over union that two objects of frames in a row need to be one; "
        "where nothing divides a quarter of it is enough.",
    )

    @property
    def divides(self) -> bool:
        """Whether objects divide in two."""
        return False

    @property
    def grows(self) -> bool:
        """Whether objects grow so much that each frame has a scale of its own."""
        return False

    @property
    def least_overlap(self) -> float:
        """What two objects need: less where no child could be taken for its parent."""
        return self.min_overlap if self.divides else WITHOUT_DIVISIONS * self.min_overlap


class _WithDivisions(LinkingConfig):
    """What methods read of objects that divide."""

    divisions: bool = Field(True, title="Divisions", description="Whether objects divide in two.")

    @property
    def divides(self) -> bool:
        """Whether objects divide in two."""
        return self.divisions


class OverlapConfig(_WithDivisions):
    """Greedy: the pair that overlaps most first. Nothing is looked for where it moved to."""

    method: Literal["overlap"] = Field("overlap", title="Method", description=_METHOD)


class LinkingWithGaps(LinkingConfig):
    """What methods read that look for what overlaps nothing."""

    reach: float = Field(
        1.0,
        ge=0,
        le=20,
        title="Reach",
        description="How far an object that overlaps none is looked for, in its diameters.",
    )
    gap: int = Field(
        2, ge=0, le=50, title="Gap", description="Frames that an object may be missing."
    )


class LapConfig(_WithDivisions, LinkingWithGaps):
    """The best assignment of each two frames in a row, drift of the neighbours taken off.

    In movies where objects overlap little from frame to frame, less overlap is asked for.
    """

    method: Literal["lap"] = Field("lap", title="Method", description=_METHOD)


class CandidatesConfig(_WithDivisions, LinkingWithGaps):
    """Of nested masks those that persist through the frames, and their links."""

    method: Literal["candidates"] = Field("candidates", title="Method", description=_METHOD)
    solver: Literal["greedy", "exact"] = Field(
        "greedy",
        title="Solver",
        description="greedy: the surest first; exact: integer programming, slower.",
    )


class MotionConfig(_WithDivisions, LinkingWithGaps):
    """By votes of pixels for where their object was: of a model with a motion head."""

    method: Literal["motion"] = Field("motion", title="Method", description=_METHOD)
    min_overlap: float = Field(
        0.2,
        gt=0,
        lt=1,
        title="Votes",
        description="Share of an object's pixels that must vote for what it is linked to.",
    )


class PairsConfig(_WithDivisions, LinkingWithGaps):
    """By the groups that the pixels of two frames in a row make as one set (Payer 2018)."""

    method: Literal["pairs"] = Field("pairs", title="Method", description=_METHOD)


class RosetteConfig(LinkingWithGaps):
    """Leaves of one plant from above: by overlap and by how leaves around its middle grow."""

    method: Literal["rosette"] = Field("rosette", title="Method", description=_METHOD)

    @property
    def grows(self) -> bool:
        """Whether objects grow so much that each frame has a scale of its own: leaves do."""
        return True


AnyLinkingConfig: TypeAlias = Annotated[
    OverlapConfig | LapConfig | CandidatesConfig | MotionConfig | PairsConfig | RosetteConfig,
    Field(discriminator="method"),
]
"""The field of a config that holds the config of any method."""

_CLASSES: dict[str, type[LinkingConfig]] = {
    "overlap": OverlapConfig,
    "lap": LapConfig,
    "candidates": CandidatesConfig,
    "motion": MotionConfig,
    "pairs": PairsConfig,
    "rosette": RosetteConfig,
}
LINK_METHODS = tuple(_CLASSES)


def linking_config(method: str = "lap", **settings: object) -> LinkingConfig:
    """Return the config of a method of linking.

    Parameters
    ----------
    method
        One of :data:`LINK_METHODS`.
    **settings
        Fields of the method's config.

    Raises
    ------
    InputError
        If there is no such method, it does not read a setting, or a value is out of its bounds.
    """
    return config_of_method(_CLASSES, method, settings)


def linking_of(
    method: LinkMethod | LinkingConfig | None, settings: Mapping[str, object] | None = None
) -> LinkingConfig:
    """Return the config that a person says: a method's name, a config, or nothing for the usual.

    Parameters
    ----------
    method
        Name or config; None for ``"lap"``.
    settings
        Fields of the config that differ.

    Raises
    ------
    InputError
        As :func:`linking_config`.
    """
    if isinstance(method, LinkingConfig):
        return linking_config(**{**method.model_dump(), **(settings or {})})
    return linking_config(method or "lap", **(settings or {}))
