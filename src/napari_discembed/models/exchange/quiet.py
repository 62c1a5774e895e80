"""What the exporters need, and what they say to their own developers."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from torch.jit._trace import TracerWarning

from napari_discembed.errors import MissingDependencyError

_CHATTY = "torch.onnx._internal.exporter._registration"
"""The logger that tells of each library that PyTorch's exporter could use and does not find."""


def require(libraries: tuple[str, ...], purpose: str) -> None:
    """Refuse to begin where a library is missing.

    Raises
    ------
    MissingDependencyError
        If one is, with how to install it.
    """
    for name in libraries:
        package = name.partition(".")[0]
        if find_spec(package) is None or find_spec(name) is None:
            raise MissingDependencyError(
                f"Exporting to {purpose} needs {name}: pip install 'napari-discembed[exchange]'."
            )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back what concerns the exporters and not who exports.

    PyTorch advises ``torch.export`` in place of TorchScript, which bioimage.io and deepImageJ read;
    and where code branches on the number of channels, which a network does not change.
    """
    logger = logging.getLogger(_CHATTY)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for kind in (DeprecationWarning, FutureWarning, TracerWarning):
                warnings.simplefilter("ignore", kind)
            yield
    finally:
        logger.setLevel(level)
