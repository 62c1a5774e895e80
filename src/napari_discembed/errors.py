"""Errors: each says what was expected, what arrived and what to do."""

from __future__ import annotations


class DiscembedError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(DiscembedError, ValueError):
    """An image, a label image or an option does not fit what was asked."""


class TrainingDataError(InputError):
    """The training set cannot teach: too small, empty, or of one object only."""


class FileFormatError(DiscembedError, ValueError):
    """A file is empty, truncated or not of the format its name promises."""


class CheckpointError(FileFormatError):
    """A model file is damaged, of another version, or no model at all."""


class ModelNotFoundError(DiscembedError, FileNotFoundError):
    """No shipped or saved model has this name."""


class MissingDependencyError(DiscembedError, ImportError):
    """An optional library is needed for what was asked."""


class OutOfMemoryError(DiscembedError, MemoryError):
    """The network does not fit into the device's memory, however small the tiles."""


class FileNote(UserWarning):
    """What a file says of itself and what was made of it, where a person should know."""
