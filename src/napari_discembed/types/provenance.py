"""Where a result comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    version
        Of napari-discembed.
    model
        The model's name.
    weights_hash
        SHA-256 of the weights, hexadecimal.
    config
        The settings of every step so far, as plain JSON values.
    """

    version: str = ""
    model: str = ""
    weights_hash: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    def with_step(self, name: str, settings: object) -> Provenance:
        """Return the provenance after one more step."""
        return replace(self, config={**self.config, name: settings})
