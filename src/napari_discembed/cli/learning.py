"""What ``train`` and ``finetune`` share: files in, config, Ctrl-C, a saved model out."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from napari_discembed.cli.console import answer, answer_json, run_with_bar, say
from napari_discembed.config import Config, NetworkConfig, TrainingConfig, validated
from napari_discembed.config.training import RENAMED
from napari_discembed.errors import InputError
from napari_discembed.files import sweep_partials
from napari_discembed.progress import Job, finish_when
from napari_discembed.types import Image

if TYPE_CHECKING:
    from types import FrameType

    from napari_discembed.models import Model

ConfigT = TypeVar("ConfigT", bound=Config)
T = TypeVar("T")
BUDGETS = ("steps", "epochs", "seconds")

SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other training setting, such as batch_size=8 or head_weights.foreground=2.",
    ),
]
NetworkOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        metavar="NAME=VALUE",
        help="From scratch only: a setting of the network, such as embedding_dim=8.",
    ),
]
SeedOption: TypeAlias = Annotated[int, typer.Option(min=0, help="Seed of the random generator.")]
ResumeOption: TypeAlias = Annotated[
    bool, typer.Option("--resume", help="Go on where a killed training of this output stopped.")
]
OutputFile: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="NAME.safetensors", help="The model to write.")
]


def settings(base: ConfigT, given: Sequence[str] | None, **known: object) -> ConfigT:
    """Return the config with the options given on the command line.

    Parameters
    ----------
    base
        What holds where nothing is given.
    given
        ``name=value`` texts; a dotted name is a setting within one, such as
        ``augmentation.rotate=0``; a value is JSON where it can be, a word else.
    **known
        Options of their own; None where not given.

    Raises
    ------
    InputError
        If a name is unknown or of release 0.1, or a value out of its bounds.
    """
    changes = {name: value for name, value in known.items() if value is not None}
    pairs = [_pair(text) for text in given or ()]
    values: dict[str, Any] = base.model_dump()
    if {*changes, *(name for name, _ in pairs)} & {*BUDGETS}:
        values |= dict.fromkeys(BUDGETS)
    values |= changes
    for name, value in pairs:
        if isinstance(base, TrainingConfig):
            _refuse_old_spelling(name, value)
        *path, last = name.split(".")
        place = values
        for part in path:
            if part == "backbone" and isinstance(place.get(part), str):  # by its kind alone
                place[part] = {"kind": place[part]}
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise InputError(f"{name}: {part} has no settings within.")
        place[last] = _value(value)
    return validated(type(base), values)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"{text}: expected NAME=VALUE, such as batch_size=8.")
    return name.strip(), value.strip()


def _refuse_old_spelling(name: str, value: str) -> None:
    first, dot, rest = name.partition(".")
    if first in RENAMED:
        new = RENAMED[first]
        raise InputError(f"{first} is called {new} now: --set {new}{dot}{rest}={value}")


def network(
    images: Sequence[Image], given: Sequence[str] | None, start: Model | None, **known: object
) -> NetworkConfig | None:
    """Return the network to build, with the options of ``--network``; None to keep the start's.

    Raises
    ------
    InputError
        If there are options although training starts from a model, whose network is as it is.
    """
    from napari_discembed.finetuning import new_network

    if given and start is not None:
        raise InputError(
            "--network describes a new network: it goes with --model none, not with a model to "
            "start from."
        )
    return None if start is not None else settings(new_network(images), given, **known)


def _value(text: str) -> Any:  # noqa: ANN401 - JSON is what it is
    try:
        return json.loads(text)
    except ValueError:
        return text


def run_until_interrupted(job: Job[T], title: str, *, quiet: bool) -> T:
    """Run a training under a bar; the first Ctrl-C asks for its end, the second one forces it.

    Raises
    ------
    KeyboardInterrupt
        If it was forced.
    """
    with _first_interrupt_asks() as asked:
        return run_with_bar(finish_when(job, lambda: bool(asked)), title, quiet=quiet)


@contextmanager
def _first_interrupt_asks() -> Iterator[list[bool]]:
    """Yield a list that is empty until Ctrl-C asks for the end."""
    asked: list[bool] = []

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        say("Stopping; keeping the best so far. Ctrl-C again to give up.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def state_path(output: Path) -> Path:
    """Return where the resumable state of a training lies: beside the model it will write."""
    return output.with_name(f"{output.stem}.state.safetensors")


def check_output(output: Path) -> None:
    """Refuse a name that no model can have, before an hour of training.

    Raises
    ------
    InputError
        If it does not end in ``.safetensors``, or is a file of another program.
    """
    if output.suffix != ".safetensors":
        raise InputError(f"--output {output}: expected a name that ends in .safetensors.")
    output.parent.mkdir(parents=True, exist_ok=True)
    sweep_partials(output.parent)
    if output.exists() and not _is_ours(output):
        raise InputError(
            f"{output} is there and is no model of this program. Choose another --output."
        )


def _is_ours(path: Path) -> bool:
    """Tell whether a file is empty, or begins as the models do that are written here."""
    with path.open("rb") as file:
        begin = file.read(1_000_000)
    return not begin or b'"discembed' in begin


def tell_start(output: Path, *, resume: bool) -> None:
    """Say where a training starts, if that may not be where one thinks."""
    state = state_path(output)
    if resume and not state.exists():
        say(f"Nothing to resume: there is no {state}. The training starts anew.")
    elif state.exists() and not resume:
        say(f"The interrupted training in {state} is replaced; --resume would go on with it.")


def save(output: Path, model: Model, *, as_json: bool) -> None:
    """Write the model, drop the state that is no longer needed, and say so."""
    from napari_discembed.models import save_model

    card = save_model(output, model)
    state_path(output).unlink(missing_ok=True)
    if as_json:
        answer_json({"output": str(output), "card": card.model_dump(mode="json")})
        return
    answer(f"{output}: {card.description}")
    for name, value in card.metrics.items():
        answer(f"  {name}: {value}")
    answer(f"Next: discembed segment IMAGES --model {output} --output results")
