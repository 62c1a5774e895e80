"""Change the source one operator at a time, and list the changes that no test notices.

    python scripts/mutation.py [--again] [--tests PATH]... [PATH]...

Each PATH is a file or package under ``src/napari_discembed``; it is tested by the folder of the
same name under ``tests`` unless told otherwise. ``--again`` tries what survived the last run of
the same paths. The mutants are mutmut's, set up in ``pyproject.toml``, and lie in ``mutants``.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

PACKAGE = Path("src/napari_discembed")
MUTANTS = Path("mutants")
DEFAULT = ("losses", "clustering", "metrics", "inference/tiling.py")
SLOW = ("clustering", "inference")
CAUGHT = ("killed", "timeout", "segfault")


def main() -> int:
    """Run mutmut, print its table and the survivors."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    arguments.add_argument("--tests", action="append", type=Path, metavar="PATH")
    arguments.add_argument("--again", action="store_true", help="only what survived the last run")
    chosen = arguments.parse_args()
    os.chdir(Path(__file__).parents[1])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    paths = [p if p.exists() else PACKAGE / p for p in chosen.paths or map(Path, DEFAULT)]
    missing = [p for p in [*paths, *(chosen.tests or [])] if not p.exists()]
    if missing:
        arguments.error(f"no such file or folder: {', '.join(map(str, missing))}")
    forget(everything=not chosen.again)
    run(paths, chosen.tests or sorted({tests_of(p) for p in paths}))
    return report()


def tests_of(path: Path) -> Path:
    """Return the tests of a source file or package."""
    inner = path.resolve().relative_to(PACKAGE.resolve())
    mirror = Path("tests", inner.parent, f"test_{inner.stem}.py")
    folder = Path("tests", inner if path.is_dir() else inner.parent)
    # The tests of siblings often serve each other, but some folders' take long.
    return mirror if inner.parts[0] in SLOW and mirror.exists() else folder


def forget(*, everything: bool) -> None:
    """Drop the last run, or only what the tests of now may change about it."""
    if everything:
        shutil.rmtree(MUTANTS, ignore_errors=True)
        return
    shutil.rmtree(MUTANTS / "tests", ignore_errors=True)
    (MUTANTS / "mutmut-stats.json").unlink(missing_ok=True)
    from mutmut.stats import status_by_exit_code as status

    for file in MUTANTS.rglob("*.meta"):
        data = json.loads(file.read_text())
        codes = data["exit_code_by_key"]
        data["exit_code_by_key"] = {k: v if status[v] in CAUGHT else None for k, v in codes.items()}
        file.write_text(json.dumps(data))


def run(paths: list[Path], tests: list[Path]) -> None:
    """Let mutmut make the mutants of the paths and try the tests on each."""
    sys.argv[:] = ["mutmut"]
    from mutmut import __main__ as mutmut
    from mutmut import configuration

    include_properties()
    configuration._config = replace(
        configuration.config(),
        only_mutate=[f"{p}/*" if p.is_dir() else str(p) for p in paths],
        pytest_add_cli_args_test_selection=[str(t) for t in tests],
    )
    here = Path.cwd()
    mutmut._run((), max_children=1)
    os.chdir(here)


def include_properties() -> None:
    """Mutate properties too, which mutmut leaves out as it does all decorated functions."""
    import libcst as cst
    from mutmut.mutation import file_mutation

    visitor = file_mutation.MutationVisitor
    skip, arrange = visitor._skip_node_and_children, file_mutation.function_trampoline_arrangement

    def is_property(node: cst.CSTNode) -> bool:
        decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
        names = [d.decorator.value for d in decorators if isinstance(d.decorator, cst.Name)]
        return names == ["property"] and len(decorators) == 1

    def skip_but_properties(self: Any, node: cst.CSTNode) -> Any:
        return skip(self, node.with_changes(decorators=[]) if is_property(node) else node)

    def arrange_with_properties(function: cst.FunctionDef, *args: Any, **kwargs: Any) -> Any:
        declared, methods, assigned, names = arrange(function, *args, **kwargs)
        if is_property(function):
            # The first chooses among the others, which it calls as functions.
            methods = [methods[0], *(m.with_changes(decorators=[]) for m in methods[1:])]
        return declared, methods, assigned, names

    visitor._skip_node_and_children = skip_but_properties
    file_mutation.function_trampoline_arrangement = arrange_with_properties


def report() -> int:
    """Print the table and the survivors; return 1 where the score is below 85 %."""
    from mutmut.stats import status_by_exit_code as status

    rows, survivors = [], []
    for meta in sorted((MUTANTS / PACKAGE).rglob("*.meta")):
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        if not codes:
            continue
        source = meta.with_suffix("").relative_to(MUTANTS)
        missed = [key for key, code in codes.items() if status[code] not in CAUGHT]
        rows.append((str(source.relative_to(PACKAGE)), len(codes), len(missed)))
        survivors += [f"{change(source, key)}  ({status[codes[key]]})" for key in missed]
    print("\n".join(["", *survivors, ""]))
    rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    print(f"{'file':32}{'mutants':>9}{'caught':>9}{'survived':>10}{'score':>8}")
    for name, count, missed in rows:
        share = (count - missed) / max(1, count)
        print(f"{name:32}{count:9}{count - missed:9}{missed:10}{share:8.1%}")
    return int(share < 0.85)


def change(source: Path, key: str) -> str:
    """Return the line that a mutant changes, before and after."""
    name = key.rpartition(".")[2]
    function = name.partition("__mutmut_")[0]
    mutated = MUTANTS / source
    spans = json.loads(mutated.with_name(f"{mutated.name}.spans").read_text())["spans"]
    lines = mutated.read_text().splitlines()
    before, after = (body(lines, spans[n]) for n in (f"{function}__mutmut_orig", name))
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    i, j, k, m = next(s[1:] for s in steps if s[0] != "equal")
    line = first_line(source, function) + i
    old, new = (" ".join(s.strip() for s in part) for part in (before[i:j], after[k:m]))
    return f"{source}:{line}\n  - {old}\n  + {new}"


def body(lines: list[str], span: list[int]) -> list[str]:
    """Return a function's lines from its ``def`` on, which alone is always another."""
    part = lines[span[0] - 1 : span[1]]
    start = next(i for i, line in enumerate(part) if line.lstrip().startswith("def "))
    return [part[start].partition("(")[2], *part[start + 1 :]]


def first_line(source: Path, function: str) -> int:
    """Return where the ``def`` of a function is, named ``x_name`` or ``xǁClassǁname``."""
    scope: list[ast.stmt] = ast.parse(source.read_text()).body
    if "ǁ" in function:
        _, owner, name = function.split("ǁ")
        scope = next(n.body for n in scope if isinstance(n, ast.ClassDef) and n.name == owner)
    else:
        name = function.removeprefix("x_")
    return next(n.lineno for n in scope if isinstance(n, ast.FunctionDef) and n.name == name)


if __name__ == "__main__":
    sys.exit(main())
