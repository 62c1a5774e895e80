"""The command ``discembed``. Each command is a file; torch is loaded by those that need it."""

from __future__ import annotations

import os
import sys

_MANY_VALUES = {"--images", "--labels", "--classes", "--validation-images", "--validation-labels"}
_TRAINING_COMMANDS = {"finetune", "train"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0: done. 1: an error, told in one line (``--debug`` for the trace). 2: misspelt options.
    130: interrupted.
    """
    from pydantic import ValidationError

    from napari_discembed.cli.app import app
    from napari_discembed.cli.console import notes_told, say
    from napari_discembed.config.base import first_problem
    from napari_discembed.errors import DiscembedError

    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or bool(os.environ.get("DISCEMBED_DEBUG"))
    words = [word for word in words if word != "--debug"]
    if words and words[0] in _TRAINING_COMMANDS:
        words = spread(words)
    try:
        with notes_told():
            app(args=words, prog_name="discembed")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (DiscembedError, OSError, MemoryError) as error:
        if debug:
            raise
        say(f"error: {str(error) or type(error).__name__}")
        return 1
    except ValidationError as error:
        if debug:
            raise
        say(f"error: {first_problem(error)}")
        return 1
    return 0


def spread(words: list[str]) -> list[str]:
    """Repeat an option before each of its values: ``--images a b`` to ``--images a --images b``.

    The option parser takes one value an option, but a shell expands ``--images *.png`` to many.
    """
    spread_out: list[str] = []
    option, taken = None, 0
    for word in words:
        if word.startswith("-") and word != "-":
            option, taken = (word, 0) if word in _MANY_VALUES else (None, 0)
        elif option is not None:
            taken += 1
            if taken > 1:
                spread_out.append(option)
        spread_out.append(word)
    return spread_out
