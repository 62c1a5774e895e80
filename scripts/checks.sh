#!/bin/sh
# Every check, in the order of how soon they fail.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
step() { printf '\n== %s\n' "$1"; }

step "format and lint"
$bin/ruff format --check src tests benchmarks
$bin/ruff check src tests benchmarks
step "types"
$bin/mypy
step "import layers"
$bin/lint-imports
step "workflow and manifest"
$bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml
$bin/npe2 validate napari-discembed
step "the wheel, installed without Qt and napari"
sh scripts/headless.sh
step "tests"
if [ -n "${DISPLAY:-}" ] || [ "$(uname)" != Linux ]; then
    $bin/python -m pytest -q
elif command -v xvfb-run >/dev/null 2>&1; then
    xvfb-run -a -s "-screen 0 1600x1000x24" $bin/python -m pytest -q
else
    echo "No screen and no xvfb-run: the tests of the plugin are left out. Install xvfb to run them."
    $bin/python -m pytest -q --ignore=tests/widgets
fi
