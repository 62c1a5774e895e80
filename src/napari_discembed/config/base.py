"""The base of every configuration, and how old spellings are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_discembed.errors import InputError

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]
ConfigT = TypeVar("ConfigT", bound="Config")


class Config(BaseModel):
    """Settings as data: frozen, bounded, each with a title and a help text.

    One configuration serves the command line, the forms of the plugin, the model cards and the
    provenance of a result. An unknown name is an error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    if not TYPE_CHECKING:  # it would hide the names of the settings

        def __init__(self, /, **values: object) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise InputError(first_problem(error)) from error

        # So that pydantic makes configs within configs by itself, and names the whole place.
        __init__.__pydantic_base_init__ = True

    def changed(self, **changes: object) -> Self:
        """Return a copy with some settings changed, checked as if it were made anew.

        Raises
        ------
        InputError
            If a name is unknown or a value out of its bounds.
        """
        return validated(type(self), {**self.model_dump(), **changes})

    @classmethod
    def known_fields(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of some values that this release knows: a newer one may say more."""
        return {name: value for name, value in values.items() if name in cls.model_fields}


def validated(kind: type[ConfigT], values: Mapping[str, Any]) -> ConfigT:
    """Return a config of plain values.

    Raises
    ------
    InputError
        If a name is unknown or a value out of its bounds; names the first.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InputError(first_problem(error)) from error


def config_of_method(
    classes: Mapping[str, type[ConfigT]], method: str, settings: Mapping[str, object]
) -> ConfigT:
    """Return the config of one of several methods, each of which reads settings of its own.

    Parameters
    ----------
    classes
        Config class of each method.
    method
        Its name.
    settings
        Fields of its config.

    Raises
    ------
    InputError
        If there is no such method, it does not read a setting, or a value is out of its bounds.
    """
    kind = class_of_method(classes, method)
    unread = [name for name in settings if name not in kind.model_fields]
    if unread:
        raise InputError(
            f"The method {method!r} reads no {', '.join(unread)}. It reads "
            f"{', '.join(name for name in kind.model_fields if name != 'method')}."
        )
    return validated(kind, settings)


def class_of_method(classes: Mapping[str, type[ConfigT]], method: str) -> type[ConfigT]:
    """Return the config class of a method.

    Raises
    ------
    InputError
        If there is no such method.
    """
    if method not in classes:
        raise InputError(f"Expected a method out of {', '.join(classes)}, got {method!r}.")
    return classes[method]


def first_problem(error: ValidationError) -> str:
    """Return the first problem that pydantic found, in a sentence."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"])) or "settings"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}."
